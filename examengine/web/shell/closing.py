"""What a door does once an attempt is closed: score it at once (the job loop finishes what is left)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from examengine.core import clock, db
from examengine.core.brief import WouldWait, would_wait
from examengine.delivery import actions as delivery
from examengine.delivery import submitting
from examengine.delivery.tokens import Token
from examengine.grading import actions as grading
from examengine.grading.models import Score


class Receipt(NamedTuple):
    """What the candidate is told of what she handed in."""

    code: str | None
    submitted_at: datetime | None


def score_now(attempt_id: int, now: datetime) -> None:
    """Objective items are scored at closing; a failure here is made good by the sweep."""
    grading.score_closed(attempt_id, now)


def hand_in(token: Token, digest: str, *, wait: bool) -> Receipt:
    """Close the attempt as submitted and score it in the same transaction; raises what `delivery.submit` raises.

    What the machine alone judges is done and committed here by six statements. Anything else is left to the request's
    transaction.
    """
    now = clock.now()
    try:
        return _at_once(token, digest, now, wait)
    except submitting.Unusual:
        closing = delivery.submit(token, digest, now, wait=wait)
    if closing.responses is not None:
        grading.score_held(closing.attempt, closing.responses, now)
    return Receipt(closing.attempt.receipt, closing.attempt.submitted_at)


def _at_once(token: Token, digest: str, now: datetime, wait: bool) -> Receipt:
    hot = db.hot()
    try:
        with hot.transaction():
            handed = submitting.take(hot, token, digest, now, wait)
            scores = grading.score_at_once(hot, handed, now)
            submitting.keep(hot, handed, now)
            hot.insert(Score, scores)
    except Exception as error:
        if not wait and would_wait(error):
            raise WouldWait from None
        raise
    return Receipt(handed.columns["receipt"], handed.columns["submitted_at"])
