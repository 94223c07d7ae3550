"""A grader is on leave: what is hers goes to a stand-in or back to the pool, now and while the leave lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import aliased

from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.exams.actions import checked_reason
from examengine.grading import queries
from examengine.grading.models import GraderLeave, MarkingCase, MarkingTask
from examengine.notices import actions as notices

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Handed:
    """What became of somebody's tasks."""

    given: int
    """Now wait for the stand-in."""
    pooled: int
    """Back in the pool: nobody was named, or she may not mark these answers."""


def find_leaves(exam_id: int, now: datetime) -> Sequence[GraderLeave]:
    """Leaves of the exam's graders that last or are to come, next first."""
    query = select(GraderLeave).where(GraderLeave.exam_id == exam_id, GraderLeave.until_at > now)
    return session.scalars(query.order_by(GraderLeave.from_at, GraderLeave.id)).all()


def _tasks_of(exam_id: int, person_id: int) -> Sequence[MarkingTask]:
    """Tasks that she holds or that wait for her, locked."""
    hers = or_(
        and_(MarkingTask.state == "claimed", MarkingTask.holder_id == person_id),
        and_(MarkingTask.state == "open", MarkingTask.assigned_id == person_id),
    )
    query = select(MarkingTask).where(MarkingTask.exam_id == exam_id, hers).order_by(MarkingTask.id)
    query = query.with_for_update(of=MarkingTask)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def hand_over(exam_id: int, person_id: int, to_id: int | None, now: datetime, by: int | None, reason: str) -> Handed:
    """Give what she holds, and what waits for her, to another grader of the exam, or back to the pool (None).

    Blind rules hold: what the other may not mark goes to the pool. Raises Invalid, also for who is no grader of it.
    """
    reason = checked_reason(reason)
    if to_id is not None:
        _check_stand_in(exam_id, person_id, to_id, now)
    return _pass(_tasks_of(exam_id, person_id), to_id, now, by, reason)


def _check_stand_in(exam_id: int, person_id: int, to_id: int, now: datetime) -> None:
    graders = {person.id for person in exams.find_duties(exam_id)["grader"] if person.active}
    if to_id == person_id or to_id not in graders:
        raise Invalid(N_("The stand-in must be another grader of this exam."))
    if exam_id in queries.find_away(to_id, now) or exam_id in exams.find_conflicts(to_id, now):
        raise Invalid(N_("The stand-in is on leave, or sits this exam herself."))


def _pass(tasks: Sequence[MarkingTask], to_id: int | None, now: datetime, by: int | None, reason: str) -> Handed:
    if not tasks:
        return Handed(0, 0)
    ids = [task.id for task in tasks]
    given = _allowed(ids, to_id) if to_id is not None else []
    pooled = sorted(set(ids) - set(given))
    free = {"state": "open", "holder_id": None, "lease_until": None}
    details = {
        task.id: {
            "before": task.holder_id or task.assigned_id,
            "after": to_id if task.id in given else None,
        }
        for task in tasks
    }
    for chosen, who in ((given, to_id), (pooled, None)):
        session.execute(update(MarkingTask).where(MarkingTask.id.in_(chosen)).values(**free, assigned_id=who))
    audit.record_all(now, by, "task.assign", "marking_task", details, reason)
    if given and to_id is not None:
        title = exams.get_exam(tasks[0].exam_id).title
        notices.tell([to_id], "marking.assigned", now, tasks[0].exam_id, title=title)
    session.flush()
    return Handed(len(given), len(pooled))


def _allowed(task_ids: Sequence[int], person_id: int) -> list[int]:
    """Those of the tasks that the person may mark: one of a case and round, none where one waits for her already."""
    other = aliased(MarkingTask)
    same = and_(other.case_id == MarkingTask.case_id, other.round == MarkingTask.round, other.id != MarkingTask.id)
    waits = select(other.id).where(same, other.state == "open", other.assigned_id == person_id).exists()
    query = (
        select(MarkingTask.id, MarkingTask.case_id, MarkingTask.round)
        .join(MarkingCase, MarkingCase.id == MarkingTask.case_id)
        .where(MarkingTask.id.in_(task_ids), queries.may_mark(person_id), ~waits)
        .order_by(MarkingTask.id)
    )
    first: dict[tuple[int, int], int] = {}
    for task_id, case_id, number in session.execute(query):
        first.setdefault((case_id, number), task_id)
    return list(first.values())


def set_leave(
    exam_id: int,
    person_id: int,
    from_at: datetime,
    until_at: datetime,
    stand_in_id: int | None,
    now: datetime,
    by: int,
    reason: str,
) -> tuple[GraderLeave, Handed]:
    """A leave from marking an exam. What is hers goes over at once if it has begun, else when it begins.

    Raises Invalid (times, stand-in, no grader), Conflict (another leave at that time).
    """
    reason = checked_reason(reason)
    if person_id not in {person.id for person in exams.find_duties(exam_id)["grader"]}:
        raise Invalid(N_("Only who grades this exam can be on leave from it."))
    if not from_at < until_at or until_at <= now or until_at - from_at > LONGEST:
        raise Invalid(N_("A leave ends after it begins, in the time to come, and lasts a year at the most."))
    if stand_in_id is not None:
        _check_stand_in(exam_id, person_id, stand_in_id, now)
    exams.hold_exams([exam_id])
    if any(
        leave.person_id == person_id and leave.from_at < until_at and from_at < leave.until_at
        for leave in find_leaves(exam_id, now)
    ):
        raise Conflict(N_("There is a leave at that time already. End it first."))
    leave = GraderLeave(
        exam_id=exam_id,
        person_id=person_id,
        stand_in_id=stand_in_id,
        from_at=from_at,
        until_at=until_at,
        reason=reason,
        by_id=by,
        created_at=now,
    )
    session.add(leave)
    session.flush()
    audit.record(
        now,
        by,
        "grader.leave",
        "exam",
        exam_id,
        reason,
        person=person_id,
        stand_in=stand_in_id,
        after=[str(from_at), str(until_at)],
    )
    handed = _pass(_tasks_of(exam_id, person_id), stand_in_id, now, by, reason) if from_at <= now else Handed(0, 0)
    return leave, handed


def end_leave(exam_id: int, person_id: int, leave_id: int, now: datetime, by: int) -> GraderLeave:
    """She is back, or will not go. Raises Missing (also for somebody else's), Conflict (it is over)."""
    query = select(GraderLeave).where(GraderLeave.id == leave_id, GraderLeave.exam_id == exam_id)
    leave = session.scalar(query.where(GraderLeave.person_id == person_id).with_for_update())
    if leave is None:
        raise Missing
    if leave.until_at <= now:
        raise Conflict(N_("This leave is over."))
    before = [str(leave.from_at), str(leave.until_at)]
    leave.from_at, leave.until_at = min(leave.from_at, now), now
    session.flush()
    after = [str(leave.from_at), str(now)]
    audit.record(now, by, "grader.back", "exam", exam_id, person=leave.person_id, before=before, after=after)
    return leave


def pass_on(task_id: int, now: datetime) -> int:
    """A task of somebody who is on leave, or grades no more, goes to the stand-in or the pool. Idempotent."""
    query = select(MarkingTask).where(MarkingTask.id == task_id).with_for_update(of=MarkingTask)
    task = session.scalar(query.execution_options(populate_existing=True))
    if task is None or not queries.find_stranded(now, 1, task_id):
        return 0
    person_id = task.holder_id or task.assigned_id or 0
    leave = queries.find_away(person_id, now).get(task.exam_id)
    stand_in = leave.stand_in_id if leave else None
    if stand_in is not None:
        try:
            _check_stand_in(task.exam_id, person_id, stand_in, now)
        except Invalid:
            stand_in = None
    _pass([task], stand_in, now, None, leave.reason if leave else "")
    return 1
