"""Rounds of a case: the answer that is judged, the tasks of its graders, and a new round when the answer changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from examengine.core import codes
from examengine.core.db import dumps, session
from examengine.grading import allocation, queries
from examengine.grading.models import MarkingCase, MarkingTask, Score


def fingerprint(value: Any) -> str:
    """Of an answer: tells whether graders have judged this one."""
    return codes.sha256(dumps(value))


def add_tasks(
    case: MarkingCase,
    count: int,
    now: datetime,
    *,
    after: int | None = None,
    of_round: int | None = None,
    **facts: Any,
) -> None:
    """So many open tasks of a round (default: the present one); `after`: the last ordinal, where it is known."""
    if after is None:
        last = select(func.max(MarkingTask.ordinal)).where(MarkingTask.case_id == case.id)
        after = session.scalar(last) or 0
    session.add_all(
        MarkingTask(
            case_id=case.id,
            ordinal=ordinal,
            exam_id=case.exam_id,
            version_id=case.version_id,
            round=of_round or case.round or 1,
            shuffle=allocation.shuffle_key(),
            created_at=now,
            **facts,
        )
        for ordinal in range(after + 1, after + count + 1)
    )


def count_tasks(case: MarkingCase) -> int:
    """Tasks of the present round, void ones apart."""
    query = select(func.count()).select_from(MarkingTask).where(MarkingTask.case_id == case.id)
    return session.scalar(query.where(MarkingTask.round == case.round, MarkingTask.state != "void")) or 0


def locked_cases(attempt_id: int) -> Sequence[MarkingCase]:
    """The attempt's cases, locked in one order, with their marks: graders wait."""
    query = select(MarkingCase).where(MarkingCase.attempt_id == attempt_id).order_by(MarkingCase.id)
    query = query.options(selectinload(MarkingCase.marks)).with_for_update(of=MarkingCase)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _void_tasks(*case_ids: int) -> None:
    waiting = MarkingTask.case_id.in_(case_ids), MarkingTask.state.in_(("open", "claimed"))
    session.execute(update(MarkingTask).where(*waiting).values(state="void", holder_id=None, lease_until=None))


def shut(case: MarkingCase) -> None:
    """Nobody marks the answer any more; the marks that there are stay."""
    case.state, case.contested_round = "void", None
    case.shut_from, case.again = None, False
    _void_tasks(case.id)


def suspend(attempt_id: int) -> None:
    """The attempt goes on: its answers are not to be marked until it is closed again."""
    cases = locked_cases(attempt_id)
    for case in cases:
        case.state = "void"
    _void_tasks(*(case.id for case in cases))
    session.flush()


def renew(case: MarkingCase, value: Any, standing: Score | None, now: datetime) -> bool:
    """After a further closing: the same answer is where it was, another one is judged anew. Whether to resolve it.

    `standing`: the score that stands; where the machine gave it, the answer was another one in between.
    """
    digest = fingerprint(value)
    same = digest == case.answer or (case.answer is None and not case.marks)
    if same and case.state != "void":
        return False
    if same and case.resolved_at is not None and standing is not None and standing.source != "machine":
        case.state = "resolved"
        return False
    if not same or case.resolved_at is not None:
        _void_tasks(case.id)
        case.round += 1
        case.resolved_at = case.low = case.high = None
    case.state, case.answer = "waiting", digest
    given = len(queries.current_marks(case))
    if given < case.wanted:
        add_tasks(case, case.wanted - given, now)
    session.flush()
    return True
