"""Reads of appeals: whether one may be made, what waits, what fresh marks gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import joinedload, selectinload

from examengine.accounts.models import Person
from examengine.accounts.queries import named
from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.pages import SIZE, Page
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.grading import fresh
from examengine.grading import queries as grading
from examengine.grading.fresh import Outcome
from examengine.grading.models import MarkingCase
from examengine.results.models import Appeal, AppealSlot, Release, Result

OPEN = ("open", "marking")


@dataclass(frozen=True)
class Chance:
    """Whether a result may be contested now."""

    result: Result | None
    """The released row that would be contested."""
    until: datetime | None
    """None: never."""
    open: Appeal | None


def chance(attempt: Attempt, now: datetime) -> Chance:
    """The released row of an attempt, until when it may be contested, and an open appeal.

    Counted from the latest release that is not itself the outcome of an appeal: an answer does not begin a new term.
    """
    if attempt.state == "void":
        return Chance(None, None, None)
    answered = select(Appeal.outcome_id).where(Appeal.attempt_id == attempt.id, Appeal.outcome_id.is_not(None))
    query = (
        select(Result)
        .join(Release, Release.result_id == Result.id)
        .where(Result.attempt_id == attempt.id)
        .order_by(Result.revision.desc())
    )
    result = session.scalar(query.limit(1))
    base = session.scalar(query.where(Result.id.not_in(answered)).limit(1))
    days = exams.get_deal(attempt.revision_id).plan.terms.appeal_days
    end = until(base.release.at, days) if base is not None and base.release else None
    going = select(Appeal).where(Appeal.attempt_id == attempt.id, Appeal.state.in_(OPEN))
    return Chance(result, end, session.scalar(going))


def until(released_at: datetime, days: int) -> datetime | None:
    """How long a result that went out then may be contested; None: not at all."""
    return released_at + timedelta(days=days) if days else None


def get_appeal(appeal_id: int) -> Appeal:
    """Raises Missing."""
    found = session.get(Appeal, appeal_id)
    if found is None:
        raise Missing
    return found


def find_own(attempt_id: int, person_id: int) -> Sequence[Appeal]:
    """A person's appeals about an attempt of hers, latest first, with the rows before and after."""
    query = select(Appeal).where(Appeal.attempt_id == attempt_id, Appeal.person_id == person_id)
    query = query.options(joinedload(Appeal.contested), joinedload(Appeal.outcome))
    return session.scalars(query.order_by(Appeal.id.desc())).all()


def find_outcomes(appeal: Appeal) -> Mapping[int, Outcome | None]:
    """By slot: what the fresh look gave; None while it is awaited."""
    sent = {remark.case_id for remark in appeal.remarks}
    found = fresh.find_outcomes([case for case in grading.find_cases([appeal.attempt_id]) if case.id in sent])
    return {remark.slot: found.get(remark.case_id) for remark in appeal.remarks}


def change(outcomes: Iterable[Outcome]) -> Decimal:
    """By how many points the fresh marks together move the result."""
    return sum((outcome.after - outcome.before for outcome in outcomes), Decimal(0))


def _awaits_graders() -> ColumnElement[bool]:
    """A condition: a fresh mark, or the lead's decision on one, is missing still."""
    return (
        select(AppealSlot.slot)
        .join(MarkingCase, MarkingCase.id == AppealSlot.case_id)
        .where(AppealSlot.appeal_id == Appeal.id, MarkingCase.state.in_(("appeal", "lead")))
        .exists()
    )


STAGES = ("open", "marking", "ready", "closed")


def _at_stage(stage: str) -> ColumnElement[bool]:
    return {
        "open": Appeal.state == "open",
        "marking": and_(Appeal.state == "marking", _awaits_graders()),
        "ready": and_(Appeal.state == "marking", ~_awaits_graders()),
        "closed": Appeal.state.in_(("answered", "rejected", "withdrawn")),
    }[stage]


@dataclass(frozen=True)
class Line:
    """An appeal in the manager's list."""

    appeal: Appeal
    person: Person
    title: str
    percent: Decimal
    """Of the contested row."""
    ready: bool
    """Whether all fresh marks are there."""


def _seen(person_id: int, excluded: Collection[int]) -> Select[Appeal, Person, str, Decimal, bool]:
    return (
        select(Appeal, Person, Sitting.title, Result.percent, _at_stage("ready"))
        .join(Person, Person.id == Appeal.person_id)
        .join(Result, Result.id == Appeal.result_id)
        .join(Sitting, Sitting.id == Result.sitting_id)
        .where(Appeal.person_id != person_id, Appeal.exam_id.not_in(excluded))
    )


def find_lines(
    person_id: int, excluded: Collection[int], *, stage: str = "", words: str = "", page: int = 1
) -> Page[Line]:
    """Appeals that the manager may see, those that wait longest first; closed ones after them, latest first."""
    query = _seen(person_id, excluded)
    if stage in STAGES:
        query = query.where(_at_stage(stage))
    if words:
        query = query.where(named(words))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Appeal.id).subquery())) or 0
    page = max(1, min(page, -(-total // SIZE)))
    waits = sql_case((Appeal.state.in_(OPEN), Appeal.id))  # these first, the oldest on top
    query = query.order_by(waits.is_(None), waits, Appeal.id.desc())
    rows = session.execute(query.limit(SIZE).offset((page - 1) * SIZE))
    return Page([Line(*row) for row in rows], page, SIZE, total)


def count_stages(person_id: int, excluded: Collection[int]) -> Mapping[str, int]:
    """How many appeals are at each of STAGES."""
    base = _seen(person_id, excluded).with_only_columns(func.count())
    counts = (base.where(_at_stage(stage)).scalar_subquery() for stage in STAGES)
    return dict(zip(STAGES, session.execute(select(*counts)).one(), strict=True))


def load_appeal(appeal_id: int) -> Appeal:
    """With the answers sent to fresh graders and the ledger rows before and after. Raises Missing."""
    query = select(Appeal).where(Appeal.id == appeal_id)
    query = query.options(selectinload(Appeal.remarks), joinedload(Appeal.contested), joinedload(Appeal.outcome))
    found = session.scalar(query)
    if found is None:
        raise Missing
    return found
