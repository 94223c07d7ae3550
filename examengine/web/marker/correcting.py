"""The lead's override of a score that stands: other points for one answer, blind as the desk is."""

from __future__ import annotations

from functools import partial

from flask import render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.grading import corrections, queries
from examengine.grading.models import Correction, MarkingCase
from examengine.web.marker import blueprint
from examengine.web.marker.desk import own_case
from examengine.web.shell import correcting
from examengine.web.shell.correcting import ReasonForm, ScoreForm
from examengine.web.shell.people import me

Page = Response | str | tuple[str, int]


@blueprint.route("/marking/desk/<int:case_id>/correction", methods=["GET", "POST"])
def override(case_id: int) -> Page:
    """Other points for a decided answer; saving prepares the preview."""
    case, form = _decided(case_id), ScoreForm()
    if form.validate_on_submit():
        try:
            made = corrections.plan_score(case.attempt_id, case.slot, form.given, clock.now(), me().id, as_lead=True)
            back = url_for("marker.correction", case_id=case_id, correction_id=made.id)
            return correcting.prepare(made, back)
        except (Invalid, Conflict) as problem:
            form.refuse(problem)
    score = queries.latest_scores([case.attempt_id]).get(case.attempt_id, {}).get(case.slot)
    page = render_template("marker/override.html", case=case, form=form, score=score)
    return (page, 422) if form.errors else page


@blueprint.get("/marking/desk/<int:case_id>/corrections/<int:correction_id>")
def correction(case_id: int, correction_id: int) -> str:
    """What it changes, without a name."""
    return _page(case_id, correction_id, ReasonForm())


@blueprint.post("/marking/desk/<int:case_id>/corrections/<int:correction_id>/<any(apply, undo, discard, renew):act>")
def correction_act(case_id: int, correction_id: int, act: str) -> Page:
    """Apply, undo, discard, or prepare anew."""
    _of_case(case_id, correction_id)
    form, back = ReasonForm(), url_for("marker.correction", case_id=case_id, correction_id=correction_id)
    done = correcting.press(correction_id, act, form, back)
    return done if done is not None else (_page(case_id, correction_id, form), 422)


def _decided(case_id: int) -> MarkingCase:
    case = own_case(case_id)
    if case.state != "resolved":
        raise Missing
    return case


def _of_case(case_id: int, correction_id: int) -> Correction:
    case, found = _decided(case_id), corrections.get_correction(correction_id)
    if (found.attempt_id, found.slot) != (case.attempt_id, case.slot):
        raise Missing
    return found


def _page(case_id: int, correction_id: int, form: ReasonForm) -> str:
    found, case = _of_case(case_id, correction_id), own_case(case_id)
    act = partial(url_for, "marker.correction_act", case_id=case_id, correction_id=correction_id)
    crumbs = [
        (gettext("Lead's desk"), url_for("marker.desk")),
        (gettext("Answer %(code)s", code=case.code), url_for("marker.case", case_id=case_id)),
    ]
    seen = correcting.facts(found, form, names=False)
    return render_template("correction.html", **seen, act_url=act, crumbs=crumbs)
