"""After the exam: result and record."""

from __future__ import annotations

from flask import render_template, request

from examengine.core import clock
from examengine.delivery import queries
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.records import queries as records
from examengine.results import contested
from examengine.results import queries as results
from examengine.results.appeals import FEWEST
from examengine.results.correction_pages import find_history
from examengine.web.candidate import blueprint
from examengine.web.candidate.forms import AppealForm, appeal_form
from examengine.web.shell.correcting import told
from examengine.web.shell.people import me
from examengine.web.shell.timelines import timeline_of


@blueprint.get("/attempts/<int:attempt_id>/result")
def result(attempt_id: int) -> str:
    """Points, pass, breakdown and, question by question, what may be shown."""
    return result_page(queries.get_own(attempt_id, me().id))


def result_page(attempt: Attempt, form: AppealForm | None = None) -> str:
    """The page; `form`: an appeal that came back with errors."""
    now = clock.now()
    released = results.find_released(attempt.id) if attempt.state != "void" else None
    answers = results.review(attempt, now) if released else []
    history = find_history(attempt, now, released_only=True) if released else []
    chance = contested.chance(attempt, now)
    return render_template(
        "candidate/result.html",
        attempt=attempt,
        result=released,
        answers=answers,
        chance=chance,
        appeals=contested.find_own(attempt.id, attempt.person_id),
        form=form or appeal_form(len(answers), blank=True),
        fewest=FEWEST,
        now=now,
        deal=exams.get_deal(attempt.revision_id),
        competencies=results.competency_titles(),
        history=[(row, told(row)) for row in history],
    )


@blueprint.get("/record")
def record() -> str:
    """One's own record as a timeline."""
    page = records.find_entries(me().id, request.args.get("page", 1, int))
    return render_template("candidate/record.html", page=page, entries=timeline_of(page.rows, own=True))
