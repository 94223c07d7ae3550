"""How fast a grader is, from the times of her marks (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

BREAK = timedelta(minutes=30)
"""A longer gap ends a sitting of work."""
FEWEST = 2


def seconds_each(times: Sequence[datetime], now: datetime) -> float | None:
    """The usual seconds from mark to mark in this sitting of work; None while there are too few to say."""
    if not times or now - times[-1] > BREAK:
        return None
    gaps: list[float] = []
    for later, earlier in pairwise(reversed(times)):
        if later - earlier > BREAK:
            break
        gaps.append((later - earlier).total_seconds())
    return median(gaps) if len(gaps) >= FEWEST else None


def left(times: Sequence[datetime], now: datetime, answers: int) -> int | None:
    """About how many seconds `answers` more will take, in steps that promise no more than is known."""
    each = seconds_each(times, now)
    if each is None or not answers:
        return None
    minutes = max(1, round(each * answers / 60))
    return 60 * (minutes if minutes < 20 else 5 * round(minutes / 5))
