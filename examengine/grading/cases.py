"""Marking cases as they come and go: opened for graders, shut when nobody is needed, open again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from examengine.bank.queries import Frozen
from examengine.core import audit, codes
from examengine.core.db import session
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.plans import MarkingPolicy
from examengine.grading import resolution, rounds
from examengine.grading.models import MarkingCase, MarkingTask

OPEN = ("waiting", "lead", "appeal")


def open_cases(
    attempt: Attempt, people: Iterable[tuple[int, Any, Frozen, Decimal]], now: datetime, *, again: bool = False
) -> None:
    """A case with its tasks for each answer (slot, value, version, maximum) for people; `again`: after the scoring."""
    deal = exams.get_deal(attempt.revision_id)
    policy: MarkingPolicy = deal.plan.terms.marking
    for slot, value, version, maximum in people:
        case = MarkingCase(
            attempt_id=attempt.id,
            slot=slot,
            answer=rounds.fingerprint(value),
            exam_id=deal.exam_id,
            version_id=version.version_id,
            candidate_id=attempt.person_id,
            code=f"{codes.readable(2)}-{codes.readable(3)}",
            maximum=maximum,
            tolerance=resolution.tolerance(maximum, policy.tolerance, policy.step),
            step=policy.step,
            wanted=policy.markers,
            method=policy.method,
            created_at=now,
            again=again,
        )
        session.add(case)
        session.flush()
        rounds.add_tasks(case, policy.markers, now, after=0)
    session.flush()


def by_slot(attempt_id: int) -> Mapping[int, MarkingCase]:
    """The cases of an attempt, without their marks."""
    return {
        case.slot: case for case in session.scalars(select(MarkingCase).where(MarkingCase.attempt_id == attempt_id))
    }


def shut(case: MarkingCase, now: datetime) -> None:
    """A correction decides the answer: nobody need mark it. Marks that were given stay."""
    case.shut_from, case.state, case.again = case.state, "void", False
    free = update(MarkingTask).where(MarkingTask.case_id == case.id, MarkingTask.state.in_(("open", "claimed")))
    session.execute(free.values(state="void", holder_id=None, lease_until=None))
    session.flush()
    audit.record(now, None, "case.shut", "marking_case", case.id, before=case.shut_from)


def reopen(case: MarkingCase, now: datetime) -> None:
    """People are needed again: the case goes on where it stood."""
    case.state, case.shut_from, case.again = case.shut_from or "waiting", None, True
    back = update(MarkingTask).where(MarkingTask.case_id == case.id, MarkingTask.state == "void")
    back = back.where(MarkingTask.round == case.round)
    session.execute(back.values(state="open"))
    session.flush()
    audit.record(now, None, "case.reopen", "marking_case", case.id, after=case.state)
