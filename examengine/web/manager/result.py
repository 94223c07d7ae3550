"""One person's result, question by question, with what each score rests on."""

from __future__ import annotations

from flask import render_template

from examengine.accounts import queries as people
from examengine.core import audit, clock
from examengine.delivery import queries as delivery
from examengine.delivery import states
from examengine.exams import queries as exams
from examengine.grading import correction_queries
from examengine.results import queries as results
from examengine.results.correction_pages import find_history
from examengine.web.manager import blueprint
from examengine.web.manager.access import hidden_items, visible_sitting
from examengine.web.manager.evidence import evidence_of
from examengine.web.shell.correcting import KINDS, told
from examengine.web.shell.looks import log_look


@blueprint.get("/manage/attempts/<int:attempt_id>")
def result(attempt_id: int) -> str:
    """The result with scores, rules and evidence; the look is logged. What is partly marked is never shown."""
    sat = delivery.get_attempt(attempt_id)
    visible_sitting(sat.sitting_id)
    owner = sat.person_id
    log_look(lambda by, now: audit.record(now, by, "result.look", "attempt", attempt_id, person=owner))
    attempt = delivery.get_attempt(attempt_id)
    found = results.find_result(attempt_id)
    answers = results.find_judged(attempt_id, hidden_items()) if found else []
    return render_template(
        "manager/result.html",
        attempt=attempt,
        sitting=visible_sitting(attempt.sitting_id),
        person=people.get_person(attempt.person_id),
        result=found,
        answers=[(answer, [] if answer.hidden else evidence_of(answer)) for answer in answers],
        others=delivery.find_own_attempts(attempt.person_id, [attempt.sitting_id]),
        terms=exams.get_deal(attempt.revision_id).plan.terms,
        states=states.WORDS,
        competencies=results.competency_titles(found.breakdown) if found else {},
        history=[(row, told(row)) for row in find_history(attempt, clock.now(), released_only=False)],
        corrected=correction_queries.find_by_ids({n for a in answers for n in a.evidence.get("corrections", ())}),
        kinds=KINDS,
    )
