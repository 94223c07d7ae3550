"""Verbs on attempts: take over, submit, close; pause, resume, void and whatever an invigilator may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import defer

from examengine.accounts.models import Person
from examengine.bank import queries as bank
from examengine.core import audit, codes
from examengine.core.brief import WouldWait, would_wait
from examengine.core.db import insert_rows, session
from examengine.core.errors import Conflict, Invalid, Locked, Missing, SignedOut
from examengine.core.i18n import N_
from examengine.delivery import closing, journal, queries, states, timing
from examengine.delivery.closing import Given
from examengine.delivery.models import Attempt, AttemptEvent, ItemResponse, Pause, RejectedSave, Save
from examengine.delivery.tokens import Token

OPEN = Attempt.state.in_(states.OPEN)


class Closing(NamedTuple):
    """An attempt whose row is locked, with the responses of its closing; None when it was closed before."""

    attempt: Attempt
    responses: Sequence[Given] | None


def locked(attempt_id: int) -> Attempt:
    """The attempt with its row locked until the transaction ends: saves wait or are refused. Raises Missing."""
    query = select(Attempt).where(Attempt.id == attempt_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise Missing
    return found


def locked_among(attempt_ids: Collection[int]) -> Sequence[Attempt]:
    """Those of the attempts that there are, their rows locked in one order until the transaction ends."""
    query = select(Attempt).where(Attempt.id.in_(attempt_ids)).order_by(Attempt.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def take_over(attempt_id: int, person_id: int, holder: str, now: datetime) -> Attempt:
    """Give the pen to this browser; the old page's token is dead. Raises Missing, Conflict (closed)."""
    attempt = locked(attempt_id)
    if attempt.person_id != person_id:
        raise Missing
    if not attempt.is_open:
        raise Conflict(N_("This attempt is closed."), code="closed")
    attempt.epoch += 1
    attempt.holder = holder
    note(attempt, "takeover", now, person_id, epoch=attempt.epoch)
    session.flush()
    return attempt


def note(attempt: Attempt, kind: str, now: datetime, by: int | None, reason: str = "", **details: Any) -> None:
    """Add an event to the attempt's history."""
    session.add(AttemptEvent(attempt_id=attempt.id, at=now, kind=kind, by_id=by, reason=reason, details=details))


_HANDED_IN = (
    select(Attempt, Person.session_version, Person.active)
    .join(Person, Person.id == Attempt.person_id)
    .where(Attempt.id == bindparam("attempt"), Attempt.person_id == bindparam("person"))
    .execution_options(populate_existing=True)
)
_LOCKED, _LOCKED_AT_ONCE = (_HANDED_IN.with_for_update(of=Attempt, nowait=nowait) for nowait in (False, True))


def submit(token: Token, digest: str, now: datetime, *, wait: bool = True) -> Closing:
    """Close the attempt as submitted, unflushed. A repeated submit gives the same attempt.

    Raises SignedOut, Missing, Locked (paused, taken over), Conflict (closed, digest-mismatch with what the server has).
    """
    row = _for_submit(token, wait)
    if row is None:
        raise Missing
    attempt, version, active = row
    if not active or version != token.session_version:
        raise SignedOut(N_("You have been logged out. Your unsent answers are kept in this browser."))
    if attempt.state == "submitted":
        return Closing(attempt, None)
    if attempt.epoch != token.epoch:
        raise Locked(N_("This exam goes on in another window or on another device."), code="taken-over")
    if attempt.state == "paused":
        raise Locked(N_("The invigilator has paused this attempt."), code="paused")
    rows = queries.find_rows(attempt.id)
    values = journal.fold(rows).values
    if attempt.state == "in_progress" and journal.digest(values) != digest:
        raise Conflict(
            N_("What the page believes is saved differs from what the server has."),
            code="digest-mismatch",
            digest=journal.digest(values),
            slots=journal.pairs(values),
        )
    deadline = attempt.deadline_at
    return _close(attempt, "submit", now, min(now, deadline) if deadline else now, rows)


def _for_submit(token: Token, wait: bool) -> Row[Attempt, int, bool] | None:
    query, values = _LOCKED if wait else _LOCKED_AT_ONCE, {"attempt": token.attempt, "person": token.person}
    try:
        return session.execute(query, values).one_or_none()
    except OperationalError as error:
        if not wait and would_wait(error.orig):
            raise WouldWait from None
        raise


def close_attempt(attempt_id: int, move: str, now: datetime, by: int | None = None) -> Attempt | None:
    """Fold the journal into responses and set the state; `move` is submit, expire or force. Idempotent.

    Gives None when there was nothing to do: already closed, or not overdue any more (extra time came in between).
    """
    attempt = locked(attempt_id)
    if not attempt.is_open:
        return None
    deadline = attempt.deadline_at
    if move == "expire" and (deadline is None or not timing.is_overdue(deadline, now)):
        return None
    at = deadline if move == "expire" and deadline is not None else now
    _close(attempt, move, now, at, queries.find_rows(attempt.id), by)
    session.flush()
    return attempt


def _close(
    attempt: Attempt, move: str, now: datetime, at: datetime, rows: Sequence[journal.Row], by: int | None = None
) -> Closing:
    if attempt.state == "paused":  # the clock stood until now, should the attempt be opened again
        _end_pauses([attempt.id], now)
    state, given = states.after(attempt.state, move), respond(attempt, rows)
    _keep_responses(attempt, given)
    # From here on nothing is asked of the database: the row is written once, with its scoring.
    for name, value in closing.columns(attempt.id, state, at, now, rows).items():
        setattr(attempt, name, value)
    attempt.deadline_at = attempt.deadline_at or now
    if by is not None:
        note(attempt, move, now, by)
        audit.record(now, by, f"attempt.{move}", "attempt", attempt.id)
    if attempt.reopened:
        note(attempt, "seal", now, by, seal=attempt.seal, receipt=attempt.receipt)
    return Closing(attempt, given)


def _keep_responses(attempt: Attempt, given: Sequence[Given]) -> None:
    """Write the responses, over those of an earlier closing: these follow from the journal for ever (decision 0070)."""
    closed_before = attempt.reopened or attempt.closed_at is not None
    known = {row.slot: row for row in queries.find_responses(attempt.id)} if closed_before else {}
    fresh = closing.rows_of(attempt.id, (one for one in given if one.slot not in known))
    if fresh:
        insert_rows(ItemResponse, fresh)
    for one in given:
        if one.slot in known:
            known[one.slot].value, known[one.slot].blank = one.value, one.blank


def _end_pauses(attempt_ids: Sequence[int], now: datetime) -> None:
    session.execute(
        update(Pause).where(Pause.attempt_id.in_(attempt_ids), Pause.until_at.is_(None)).values(until_at=now)
    )


def respond(attempt: Attempt, rows: Sequence[journal.Row]) -> list[Given]:
    """The responses of an attempt: one a slot, blanks too."""
    dealt = queries.slots(attempt.paper)
    return closing.respond(dealt, bank.frozen(slot.version_id for slot in dealt), journal.fold(rows).values)


def checked_reason(reason: str) -> str:
    """The reason, trimmed. Raises Invalid when there is none."""
    reason = reason.strip()
    if not reason:
        raise Invalid(N_("A reason is needed."))
    return reason[:400]


def pause(attempt_id: int, now: datetime, by: int, reason: str) -> None:
    """Stop the clock: remaining time is kept, saves are refused. Raises Conflict."""
    attempt = locked(attempt_id)
    reason = checked_reason(reason)
    left = queries.remaining_ms(attempt, now) // 1000
    attempt.state = states.after(attempt.state, "pause")
    attempt.remaining_s, attempt.deadline_at = left, None
    session.add(Pause(attempt_id=attempt.id, from_at=now, by_id=by, reason=reason))
    told(attempt, "pause", now, by, reason, remaining_s=left)


def resume(attempt_id: int, now: datetime, by: int, reason: str = "") -> None:
    """Let the clock go on; the pause is added to the deadline. Raises Conflict."""
    attempt = locked(attempt_id)
    attempt.state = states.after(attempt.state, "resume")
    _end_pauses([attempt.id], now)
    session.flush()
    attempt.remaining_s, attempt.deadline_at = None, queries.deadline_of(attempt, now)
    told(attempt, "resume", now, by, reason)


def told(attempt: Attempt, act: str, now: datetime, by: int, reason: str, **details: Any) -> None:
    """Add an event to the attempt's history and an entry to the audit trail."""
    note(attempt, act, now, by, reason, **details)
    session.flush()
    audit.record(now, by, f"attempt.{act}", "attempt", attempt.id, reason, **details)


def refresh_deadline(enrolment_id: int, now: datetime, by: int, reason: str) -> None:
    """After extra time was given: the open attempt's deadline follows the ledger."""
    found = session.scalar(select(Attempt.id).where(Attempt.enrolment_id == enrolment_id, OPEN))
    if found is None:
        return
    attempt = locked(found)
    before = attempt.deadline_at
    if attempt.state == "paused":
        begun = session.scalar(
            select(func.min(Pause.from_at)).where(Pause.attempt_id == found, Pause.until_at.is_(None))
        )
        moment = begun or now
        left = timing.remaining_ms(_deadline_at(attempt, moment), moment) // 1000
        attempt.remaining_s = left
    elif attempt.state == "in_progress":
        attempt.deadline_at = queries.deadline_of(attempt, now)
    told(attempt, "extra", now, by, reason, before=str(before), after=str(attempt.deadline_at))


def _deadline_at(attempt: Attempt, moment: datetime) -> datetime:
    """The deadline as it would be if an open pause ended at `moment`."""
    return queries.deadline_of(attempt, moment)


def void(attempt_id: int, now: datetime, by: int, reason: str) -> None:
    """Declare the attempt void; it no longer counts. Raises Conflict, Invalid."""
    attempt = locked(attempt_id)
    attempt.state = states.after(attempt.state, "void")
    attempt.void_reason = checked_reason(reason)
    attempt.closed_at = attempt.closed_at or now
    told(attempt, "void", now, by, reason)


def admit_late(rejected_id: int, now: datetime, by: int, reason: str) -> Attempt:
    """Put a rejected save into the journal of a closed attempt and seal it anew; grading pulls the attempt again.

    The receipt stays that of the first seal. Raises Missing, Conflict, Invalid.
    """
    rejected = session.get(RejectedSave, rejected_id)
    if rejected is None:
        raise Missing
    attempt = locked(rejected.attempt_id)
    if attempt.state not in states.CLOSED:
        raise Conflict(N_("Late answers can be admitted to a closed attempt only."))
    rows = queries.find_rows(attempt.id)
    if any((row.epoch, row.seq) == (rejected.epoch, rejected.seq) for row in rows):
        raise Conflict(N_("The journal has this save already."))
    body = rejected.body.encode()
    total = sum(len(row.body.encode()) for row in rows)
    session.add(
        Save(
            attempt_id=attempt.id,
            epoch=rejected.epoch,
            seq=rejected.seq,
            body=rejected.body,
            sha256=bytes.fromhex(codes.sha256(body)),
            received_at=rejected.received_at,
            late=True,
            ordinal=len(rows) + 1,
            total_bytes=total + len(body),
        )
    )
    session.delete(rejected)
    session.flush()
    rows = queries.find_rows(attempt.id)
    _keep_responses(attempt, respond(attempt, rows))
    attempt.seal, attempt.scored_at = journal.seal(attempt.id, rows), None
    told(attempt, "admit", now, by, checked_reason(reason), seq=rejected.seq)
    return attempt


def _locked_all(sitting_id: int, wanted: Sequence[str]) -> Sequence[Attempt]:
    """The sitting's attempts in these states, locked in one order, without their papers."""
    query = select(Attempt).where(Attempt.sitting_id == sitting_id, Attempt.state.in_(wanted)).order_by(Attempt.id)
    query = query.options(defer(Attempt.paper)).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _told_all(act: str, details: Mapping[int, Mapping[str, Any]], now: datetime, by: int, reason: str = "") -> None:
    """The same event and audit entry for many attempts (ids with details)."""
    common = {"at": now, "kind": act, "by_id": by, "reason": reason}
    rows = [{**common, "attempt_id": key, "details": dict(detail)} for key, detail in details.items()]
    if rows:
        session.execute(insert(AttemptEvent), rows)
    audit.record_all(now, by, f"attempt.{act}", "attempt", details, reason)


def pause_all(sitting_id: int, now: datetime, by: int, reason: str) -> int:
    """Stop the clock of everybody who is at work. Returns how many; raises Invalid without a reason."""
    reason = checked_reason(reason)
    running = _locked_all(sitting_id, ("in_progress",))
    left = {attempt.id: queries.remaining_ms(attempt, now) // 1000 for attempt in running}
    for attempt in running:
        attempt.state = states.after(attempt.state, "pause")
        attempt.remaining_s, attempt.deadline_at = left[attempt.id], None
    session.flush()
    if running:
        rows = [{"attempt_id": key, "from_at": now, "by_id": by, "reason": reason} for key in left]
        session.execute(insert(Pause), rows)
    _told_all("pause", {key: {"remaining_s": seconds} for key, seconds in left.items()}, now, by, reason)
    return len(running)


def resume_all(sitting_id: int, now: datetime, by: int, reason: str = "") -> int:
    """Let every clock that stands go on; each pause is added to its deadline. Returns how many."""
    standing = _locked_all(sitting_id, ("paused",))
    ids = [attempt.id for attempt in standing]
    _end_pauses(ids, now)
    deadlines = queries.deadlines_of(sitting_id, dict.fromkeys(ids, now))
    for attempt in standing:
        attempt.state = states.after(attempt.state, "resume")
        attempt.remaining_s, attempt.deadline_at = None, deadlines[attempt.id]
    session.flush()
    _told_all("resume", {key: {} for key in ids}, now, by, reason.strip()[:400])
    return len(standing)


def refresh_deadlines(sitting_id: int, now: datetime, by: int, reason: str) -> int:
    """After extra time was given to everybody: all open attempts follow the ledger. Returns how many."""
    going = _locked_all(sitting_id, states.OPEN)
    ids = [attempt.id for attempt in going]
    begun = select(Pause.attempt_id, func.min(Pause.from_at)).where(Pause.attempt_id.in_(ids), Pause.until_at.is_(None))
    stopped = {row[0]: row[1] for row in session.execute(begun.group_by(Pause.attempt_id))}
    moments = {attempt.id: stopped.get(attempt.id, now) for attempt in going}
    deadlines = queries.deadlines_of(sitting_id, moments)
    details = {}
    for attempt in going:
        before, after = attempt.deadline_at, deadlines[attempt.id]
        if attempt.state == "paused":
            attempt.remaining_s = timing.remaining_ms(after, moments[attempt.id]) // 1000
        else:
            attempt.deadline_at = after
        details[attempt.id] = {"before": str(before), "after": str(attempt.deadline_at)}
    session.flush()
    _told_all("extra", details, now, by, reason.strip()[:400])
    return len(going)
