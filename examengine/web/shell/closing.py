"""What a door does once an attempt is closed: score it at once (the job loop finishes what is left)."""

from __future__ import annotations

from datetime import datetime

from examengine.delivery.actions import Closing
from examengine.grading import actions as grading


def score_now(attempt_id: int, now: datetime) -> None:
    """Objective items are scored at closing; a failure here is made good by the sweep."""
    grading.score_closed(attempt_id, now)


def score_closing(closing: Closing, now: datetime) -> None:
    """`score_now` in the transaction of the closing itself, with what it has in hand."""
    if closing.responses is not None:
        grading.score_held(closing.attempt, closing.responses, now)
