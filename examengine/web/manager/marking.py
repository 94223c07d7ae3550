"""How far the marking of an exam is, who marks, and about when it is done."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import render_template

from examengine.core import clock
from examengine.exams import queries as exams
from examengine.grading import queries as grading
from examengine.grading.leave import find_leaves
from examengine.itemtypes import get as kind_of
from examengine.web.manager import blueprint
from examengine.web.manager.access import hidden_items, visible_exam

WINDOWS = (timedelta(days=1), timedelta(days=7))
FEWEST = 3
SHORTEST = timedelta(minutes=10)


@blueprint.get("/manage/exams/<int:exam_id>/marking")
def progress(exam_id: int) -> str:
    """Cases and marks, by question and by grader; what lies on the lead's desk."""
    exam = visible_exam(exam_id)
    done, now, duties = grading.progress(exam_id), clock.now(), exams.find_duties(exam_id)
    return render_template(
        "manager/progress.html",
        exam=exam,
        progress=done,
        done_at=_done_at(exam_id, done.wanted - done.marks, now),
        items=grading.item_progress(exam_id, hidden_items()),
        lines=grading.marker_lines(exam_id),
        desk=grading.find_lead_cases(exam_id, hidden_items()),
        duties=duties,
        graders={person.id for person in duties["grader"]},
        away={row.person_id: row.until_at for row in find_leaves(exam_id, now) if row.from_at <= now},
        kind_of=kind_of,
    )


def _done_at(exam_id: int, missing: int, now: datetime) -> datetime | None:
    """About when the missing marks will be given, at the pace of the last day, else week; None: too early to say."""
    for window in WINDOWS:
        count, first = grading.find_pace(exam_id, now - window)
        if count >= FEWEST and first is not None and missing > 0:
            return now + max(now - first, SHORTEST) * missing / count
    return None
