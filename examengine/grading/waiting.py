"""Telling graders that answers wait for them: once an hour at the most, and only of new ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from examengine.accounts.models import Person
from examengine.core.db import session
from examengine.exams.models import ExamDuty
from examengine.grading import queries
from examengine.grading.models import MarkingTask
from examengine.notices import actions as notices
from examengine.notices.queries import last_told

KIND = "marking.task"
PAUSE = timedelta(hours=1)


def find_graders(now: datetime, limit: int) -> Sequence[int]:
    """Graders of exams with answers that came after they were told last, more than an hour ago."""
    newest = (
        select(MarkingTask.exam_id, func.max(MarkingTask.created_at).label("at"))
        .where(MarkingTask.state == "open")
        .group_by(MarkingTask.exam_id)
        .subquery()
    )
    query = (
        select(ExamDuty.person_id, func.max(newest.c.at).label("at"))
        .join(newest, newest.c.exam_id == ExamDuty.exam_id)
        .join(Person, Person.id == ExamDuty.person_id)
        .where(ExamDuty.duty == "grader", Person.active)
        .group_by(ExamDuty.person_id)
        .order_by(ExamDuty.person_id)
    )
    rows = session.execute(query).all()
    told = last_told([row.person_id for row in rows], KIND)
    waits = [
        row.person_id
        for row in rows
        if row.person_id not in told or (told[row.person_id] <= now - PAUSE and told[row.person_id] < row.at)
    ]
    return waits[:limit]


def tell(person_id: int, now: datetime) -> bool:
    """Tell a grader how many answers she may mark, if any of them is new to her."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())  # one loop at a time
    last = last_told([person_id], KIND).get(person_id)
    if last is not None and last > now - PAUSE:
        return False
    hidden = queries.find_barred(person_id, now)
    found = queries.open_tasks(person_id, hidden)
    if not any(last is None or task.created_at > last for task in found):
        return False
    notices.tell([person_id], KIND, now, count=sum(pile.open for pile in queries.find_piles(person_id, hidden)))
    return True
