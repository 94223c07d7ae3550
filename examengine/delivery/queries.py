"""Reads of attempts, their journals and what may be shown of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import defer, joinedload

from examengine.accounts.models import Person
from examengine.bank import queries as bank
from examengine.core.db import MICRO, session
from examengine.core.errors import Missing, SignedOut
from examengine.core.i18n import N_
from examengine.delivery import journal, states, timing
from examengine.delivery.models import Attempt, AttemptEvent, ItemResponse, Pause, RejectedSave, Save
from examengine.delivery.tokens import Token
from examengine.exams import accommodations
from examengine.exams import queries as exams
from examengine.exams.models import Accommodation, Enrolment
from examengine.itemtypes.base import Presentation


def closed() -> ColumnElement[bool]:
    """A condition: submitted or expired. The states are written out, so that partial indexes are found by it."""
    return Attempt.state.in_(bindparam("closed", states.CLOSED, expanding=True, literal_execute=True, unique=True))


class Slot(NamedTuple):
    """A slot of a dealt paper; `slot` counts from 1."""

    slot: int
    section: int
    version_id: int
    points: Decimal
    order: tuple[int, ...]


def slots(paper: Mapping[str, Any]) -> list[Slot]:
    """The slots of a stored paper."""
    return [
        Slot(n, row["section"], row["version"], row["points"] * MICRO, tuple(row["order"]))
        for n, row in enumerate(paper["slots"], 1)
    ]


@dataclass(frozen=True)
class Shown:
    """A question as it may be shown: no key anywhere near."""

    version_id: int
    language: str
    label: str
    presentation: Presentation


def find_shown(version_ids: Iterable[int]) -> Mapping[int, Shown]:
    """Item versions as they may be shown, by id."""
    return {
        version: Shown(version, made.language, made.kind.label, made.kind.present(made.content))
        for version, made in bank.frozen(version_ids).items()
    }


def present(paper: Mapping[str, Any]) -> list[tuple[Slot, Shown]]:
    """The slots of a paper with their questions as they may be shown."""
    dealt = slots(paper)
    shown = find_shown(slot.version_id for slot in dealt)
    return [(slot, shown[slot.version_id]) for slot in dealt]


def get_attempt(attempt_id: int) -> Attempt:
    """Raises Missing."""
    found = session.get(Attempt, attempt_id)
    if found is None:
        raise Missing
    return found


def get_own(attempt_id: int, person_id: int) -> Attempt:
    """The person's own attempt with its sitting. Raises Missing for anybody else's."""
    query = (
        select(Attempt)
        .where(Attempt.id == attempt_id, Attempt.person_id == person_id)
        .options(joinedload(Attempt.sitting, innerjoin=True))
    )
    found = session.scalar(query)
    if found is None:
        raise Missing
    return found


def get_with_token(token: Token) -> Attempt:
    """The token's attempt. Raises SignedOut when the person's sessions have ended, Missing."""
    query = (
        select(Attempt, Person.session_version, Person.active)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.id == token.attempt, Attempt.person_id == token.person)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise Missing
    attempt, version, active = row
    if not active or version != token.session_version:
        raise SignedOut(N_("You have been logged out. Your unsent answers are kept in this browser."))
    return attempt


_JOURNAL = (
    select(Save.epoch, Save.seq, Save.body, Save.sha256, Save.received_at, Save.late)
    .where(Save.attempt_id == bindparam("attempt"))
    .order_by(Save.epoch, Save.seq)
)


def find_rows(attempt_id: int) -> list[journal.Row]:
    """The attempt's journal."""
    return [journal.Row(*row) for row in session.execute(_JOURNAL, {"attempt": attempt_id})]


def find_last_saved(attempt_id: int) -> tuple[int, int, datetime] | None:
    """Epoch, seq and time of the newest journal row."""
    query = (
        select(Save.epoch, Save.seq, Save.received_at)
        .where(Save.attempt_id == attempt_id)
        .order_by(Save.epoch.desc(), Save.seq.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def find_open(person_id: int) -> Attempt | None:
    """An open attempt of the person, if there is one."""
    query = select(Attempt).where(Attempt.person_id == person_id, Attempt.state.in_(states.OPEN)).limit(1)
    return session.scalar(query)


def find_own_attempts(person_id: int, sitting_ids: Collection[int]) -> Sequence[Attempt]:
    """The person's attempts in these sittings, in order."""
    query = (
        select(Attempt)
        .where(Attempt.person_id == person_id, Attempt.sitting_id.in_(sitting_ids))
        .order_by(Attempt.sitting_id, Attempt.number)
    )
    return session.scalars(query).all()


def find_attempts(sitting_id: int) -> Sequence[Attempt]:
    """All attempts of a sitting."""
    query = select(Attempt).where(Attempt.sitting_id == sitting_id).order_by(Attempt.person_id, Attempt.number)
    return session.scalars(query).all()


def find_begun(sitting_id: int) -> frozenset[int]:
    """Ids of the people who have begun in a sitting."""
    return frozenset(session.scalars(select(Attempt.person_id).where(Attempt.sitting_id == sitting_id).distinct()))


def count_saves(attempt_ids: Collection[int]) -> Mapping[int, tuple[int, datetime]]:
    """By attempt: number of saves and time of the newest."""
    query = (
        select(Save.attempt_id, func.count(), func.max(Save.received_at))
        .where(Save.attempt_id.in_(attempt_ids))
        .group_by(Save.attempt_id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def find_overdue(now: datetime, limit: int) -> Sequence[int]:
    """Attempts whose deadline and slack are over."""
    query = (
        select(Attempt.id)
        .where(Attempt.state == "in_progress", Attempt.deadline_at < now - timing.SLACK)
        .order_by(Attempt.deadline_at)
        .limit(limit)
    )
    return session.scalars(query).all()


def find_absent(sitting_id: int, limit: int) -> Sequence[int]:
    """Enrolments of a sitting whose people never began."""
    begun = select(Attempt.id).where(Attempt.enrolment_id == Enrolment.id).exists()
    query = select(Enrolment.id).where(Enrolment.sitting_id == sitting_id, Enrolment.state == "enrolled", ~begun)
    return session.scalars(query.order_by(Enrolment.id).limit(limit)).all()


def find_missed(sitting_id: int) -> Sequence[int]:
    """People enrolled in a sitting without an attempt there that counts: none at all, or void ones only."""
    counts = select(Attempt.id).where(Attempt.enrolment_id == Enrolment.id, Attempt.state != "void").exists()
    query = (
        select(Enrolment.person_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.sitting_id == sitting_id, Enrolment.state != "left", Person.active, ~counts)
        .order_by(Person.name, Person.id)
    )
    return session.scalars(query).all()


def find_responses(attempt_id: int) -> Sequence[ItemResponse]:
    """The responses of a closed attempt by slot."""
    query = select(ItemResponse).where(ItemResponse.attempt_id == attempt_id).order_by(ItemResponse.slot)
    return session.scalars(query).all()


def find_events(attempt_ids: Collection[int]) -> Sequence[AttemptEvent]:
    """What happened to attempts, in order."""
    query = select(AttemptEvent).where(AttemptEvent.attempt_id.in_(attempt_ids)).order_by(AttemptEvent.id)
    return session.scalars(query).all()


def find_rejected(sitting_id: int) -> Sequence[RejectedSave]:
    """Saves of a sitting's attempts that came too late."""
    query = (
        select(RejectedSave)
        .join(Attempt, Attempt.id == RejectedSave.attempt_id)
        .where(Attempt.sitting_id == sitting_id)
        .order_by(RejectedSave.id)
        .limit(500)
    )
    return session.scalars(query).all()


def deadline_of(attempt: Attempt, now: datetime) -> datetime:
    """The deadline as the ledgers have it (extra time, pauses)."""
    enrolment = exams.get_enrolment(attempt.enrolment_id)
    extra = accommodations.total((row.extra_s, row.extra_close_s) for row in enrolment.accommodations)
    pauses = session.execute(select(Pause.from_at, Pause.until_at).where(Pause.attempt_id == attempt.id))
    return timing.deadline(
        attempt.started_at,
        exams.get_deal(attempt.revision_id).plan.terms.time_limit_s,
        extra.limit_s,
        enrolment.sitting.hard_close_at,
        extra.close_s,
        timing.paused(pauses, now),
    )


def remaining_ms(attempt: Attempt, now: datetime) -> int:
    """What is left of the attempt's time; while paused what was left then."""
    if attempt.state == "paused":
        return 1000 * (attempt.remaining_s or 0)
    if attempt.state != "in_progress" or attempt.deadline_at is None:
        return 0
    return timing.remaining_ms(attempt.deadline_at, now)


def find_begun_sittings(sitting_ids: Collection[int]) -> frozenset[int]:
    """Which of the sittings somebody has begun."""
    return frozenset(session.scalars(select(Attempt.sitting_id).where(Attempt.sitting_id.in_(sitting_ids)).distinct()))


def count_attempts() -> Mapping[str, int]:
    """By state: how many attempts there are."""
    return {row[0]: row[1] for row in session.execute(select(Attempt.state, func.count()).group_by(Attempt.state))}


def watch(sitting_id: int) -> Sequence[Attempt]:
    """All attempts of a sitting without their papers: for the invigilator's table."""
    query = select(Attempt).where(Attempt.sitting_id == sitting_id).options(defer(Attempt.paper))
    return session.scalars(query.order_by(Attempt.person_id, Attempt.number)).all()


def count_rejected(attempt_ids: Collection[int]) -> Mapping[int, int]:
    """By attempt: how many late saves wait to be admitted."""
    query = (
        select(RejectedSave.attempt_id, func.count())
        .where(RejectedSave.attempt_id.in_(attempt_ids))
        .group_by(RejectedSave.attempt_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def find_late(attempt_ids: Collection[int]) -> Sequence[RejectedSave]:
    """The attempts' saves that came too late and may be admitted."""
    query = select(RejectedSave).where(RejectedSave.attempt_id.in_(attempt_ids)).order_by(RejectedSave.id)
    return session.scalars(query).all()


def get_rejected(rejected_id: int) -> RejectedSave:
    """Raises Missing."""
    found = session.get(RejectedSave, rejected_id)
    if found is None:
        raise Missing
    return found


def find_limited(attempt_ids: Collection[int]) -> frozenset[int]:
    """Which of the attempts have reached a limit of saves."""
    query = select(AttemptEvent.attempt_id).where(AttemptEvent.kind == "limit")
    return frozenset(session.scalars(query.where(AttemptEvent.attempt_id.in_(attempt_ids))))


def deadlines_of(sitting_id: int, moments: Mapping[int, datetime]) -> Mapping[int, datetime]:
    """By attempt of a sitting: the deadline as the ledgers have it at its moment; four statements for all."""
    sitting = exams.get_sitting(sitting_id)
    limit_of = {}
    facts = select(Attempt.id, Attempt.enrolment_id, Attempt.started_at, Attempt.revision_id)
    rows = session.execute(facts.where(Attempt.id.in_(moments))).all()
    for revision in {row[3] for row in rows}:
        limit_of[revision] = exams.get_deal(revision).plan.terms.time_limit_s
    extras: dict[int, list[tuple[int, int | None]]] = {}
    given = select(Accommodation.enrolment_id, Accommodation.extra_s, Accommodation.extra_close_s)
    for enrolment, extra_s, close_s in session.execute(
        given.where(Accommodation.enrolment_id.in_([row[1] for row in rows]))
    ):
        extras.setdefault(enrolment, []).append((extra_s, close_s))
    pauses: dict[int, list[tuple[datetime, datetime | None]]] = {}
    stopped = select(Pause.attempt_id, Pause.from_at, Pause.until_at).where(Pause.attempt_id.in_(moments))
    for attempt_id, from_at, until_at in session.execute(stopped):
        pauses.setdefault(attempt_id, []).append((from_at, until_at))
    found = {}
    for attempt_id, enrolment, started_at, revision in rows:
        extra = accommodations.total(extras.get(enrolment, ()))
        paused = timing.paused(pauses.get(attempt_id, ()), moments[attempt_id])
        found[attempt_id] = timing.deadline(
            started_at, limit_of[revision], extra.limit_s, sitting.hard_close_at, extra.close_s, paused
        )
    return found


def attempts_of(person_ids: Collection[int]) -> Select[int]:
    """A query of the ids of these people's attempts."""
    return select(Attempt.id).where(Attempt.person_id.in_(person_ids))


def find_begun_of(person_id: int) -> frozenset[int]:
    """Ids of the sittings that the person has begun."""
    return frozenset(session.scalars(select(Attempt.sitting_id).where(Attempt.person_id == person_id).distinct()))
