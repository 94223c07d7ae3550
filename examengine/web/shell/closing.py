"""What a door does once an attempt is closed: score it at once (the job loop finishes what is left)."""

from __future__ import annotations

from datetime import datetime

from examengine.grading import actions as grading


def score_now(attempt_id: int, now: datetime) -> None:
    """Objective items are scored at closing; a failure here is made good by the sweep."""
    grading.score_closed(attempt_id, now)
