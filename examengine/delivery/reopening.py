"""An attempt that was handed in by accident goes on, with the deadline it had (docs/decisions/0070)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.delivery import queries, states
from examengine.delivery.actions import OPEN, checked_reason, locked, told
from examengine.delivery.models import Attempt


def goes_until(attempt: Attempt, now: datetime) -> datetime | None:
    """The deadline by the ledgers of a closed attempt whose time is not over; else None."""
    if attempt.state not in states.CLOSED:
        return None
    deadline = queries.deadline_of(attempt, now)
    return deadline if deadline > now else None


def reopen(attempt_id: int, now: datetime, by: int, reason: str) -> Attempt:
    """Let a closed attempt go on; its journal goes on in a new epoch, so the old page's token stays dead.

    What the closing had (seal, receipt, moment) is kept in the attempt's history. Raises Invalid without a reason,
    Conflict (not closed, its time is over, another attempt of the same person has begun since).
    """
    attempt = locked(attempt_id)
    reason = checked_reason(reason)
    state = states.after(attempt.state, "reopen")
    deadline = goes_until(attempt, now)
    if deadline is None:
        raise Conflict(
            N_("The time of this attempt is over, so it cannot go on. Declare it void and allow a new start instead.")
        )
    if _has_later(attempt):
        raise Conflict(N_("Another attempt was begun after this one, so this one cannot go on."))
    closing = {
        "state": attempt.state,
        "submitted_at": str(attempt.submitted_at),
        "seal": attempt.seal,
        "receipt": attempt.receipt,
        "epoch": attempt.epoch,
    }
    attempt.state, attempt.deadline_at = state, deadline
    attempt.submitted_at = attempt.closed_at = attempt.scored_at = None
    attempt.seal = attempt.receipt = attempt.remaining_s = None
    attempt.epoch += 1
    attempt.reopened += 1
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:  # another attempt was begun at this very moment
        raise Conflict(N_("Another attempt was begun after this one, so this one cannot go on.")) from None
    opened = {"state": state, "deadline": str(deadline), "epoch": attempt.epoch}
    told(attempt, "reopen", now, by, reason, before=closing, after=opened)
    return attempt


def _has_later(attempt: Attempt) -> bool:
    later = select(Attempt.id).where(Attempt.enrolment_id == attempt.enrolment_id)
    return session.scalar(later.where((Attempt.number > attempt.number) | OPEN).limit(1)) is not None
