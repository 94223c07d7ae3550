"""The lead's desk: answers on which the graders do not agree."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_
from examengine.delivery.conflicts import find_hidden
from examengine.exams import queries as exams
from examengine.grading import actions, queries
from examengine.grading.models import Mark, MarkingCase
from examengine.results import queries as results
from examengine.web.marker import blueprint
from examengine.web.marker.forms import DecisionForm
from examengine.web.marker.frame import LEAD, sections
from examengine.web.shell.language import say, show_points
from examengine.web.shell.people import me

RULES = {
    "all": N_("all marks agree within the tolerance"),
    "majority": N_("the largest group of marks that agree"),
    "closest": N_("the group of marks that lie closest together"),
    "union": N_("two groups of marks, close enough to count together"),
    "lead": N_("decided by the lead"),
}


@blueprint.get("/marking/desk")
def desk() -> str:
    """What waits for her as lead or deputy, and borderline results."""
    person, now = me(), clock.now()
    hidden = find_hidden(person.id, now)
    leads = set(exams.find_exams_of_duty(person.id, LEAD)) - hidden.exams
    cases = queries.find_desk(person.id, hidden)
    return render_template(
        "marker/desk.html",
        tabs=sections(person.id),
        leads=leads,
        rows=[(case, _totals(queries.standing_marks(case))) for case in cases],
        names=queries.name_cases(cases),
        borderline=results.find_borderline(leads, person.id),
    )


def _totals(marks: list[Mark]) -> list[Decimal]:
    return sorted(mark.total for mark in marks)


@blueprint.route("/marking/desk/<int:case_id>", methods=["GET", "POST"], endpoint="case")
def decide(case_id: int) -> Response | str | tuple[str, int]:
    """The answer with all its marks side by side; the decision."""
    case = own_case(case_id)
    form = DecisionForm(case)
    if not form.is_submitted():
        return _page(case, form)
    if not form.validate():
        return _page(case, form), 422
    try:
        total = Decimal(form.total.data)
        actions.adjudicate(case.id, me().id, total, form.reason.data or "", form.comment.data or "", clock.now())
    except (Conflict, Invalid) as problem:
        form.refuse(problem)
        return _page(case, form), problem.status
    words = {"code": case.code, "points": show_points(total), "maximum": show_points(case.maximum)}
    flash(gettext("Answer %(code)s is decided: %(points)s of %(maximum)s points.", **words), "ok")
    return redirect(url_for("marker.desk"), 303)


@blueprint.post("/marking/desk/<int:case_id>/names")
def names(case_id: int) -> str:
    """Who the graders are; the look is logged. Shown in the answer to this request only."""
    case = own_case(case_id)
    actions.reveal(case, me().id, clock.now())
    return _page(case, DecisionForm(case), queries.marker_names(case))


def own_case(case_id: int) -> MarkingCase:
    """A case that is, or was, for her to decide; while graders are at it, it is not. Raises Missing."""
    case, person, now = queries.get_case(case_id), me(), clock.now()
    barred = case.candidate_id == person.id or find_hidden(person.id, now).has(case.exam_id, case.version_id)
    if barred or not queries.may_lead(case.exam_id, person.id) or case.state not in ("lead", "resolved"):
        raise Missing
    return case


def _page(case: MarkingCase, form: DecisionForm, known: Mapping[int, str] | None = None) -> str:
    marks = queries.standing_marks(case) if case.state == "lead" else queries.current_marks(case)
    totals = _totals(marks)
    first = list(dict.fromkeys(mark.marker_id for mark in case.marks))
    letters = {marker: chr(ord("A") + place) for place, marker in enumerate(first)}
    score = None
    if case.state == "resolved":
        score = queries.latest_scores([case.attempt_id])[case.attempt_id][case.slot]
    return render_template(
        "marker/case.html",
        case=case,
        name=queries.name_cases([case])[case.id],
        script=queries.get_script(case),
        marks=sorted(((letters[mark.marker_id], mark) for mark in marks), key=lambda row: row[0]),
        apart=totals[-1] - totals[0] if totals else Decimal(0),
        score=score,
        rule=say(RULES.get(score.evidence.get("rule", ""), "")) if score else "",
        decision=queries.find_adjudication(case.id),
        form=form,
        names=known,
    )
