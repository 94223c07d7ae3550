"""Deadlines and remaining time (pure; semantics §1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

SLACK = timedelta(seconds=30)
"""How long after the deadline a save still counts if its entries were made before it."""


def deadline(
    started_at: datetime, limit_s: int, extra_s: int, hard_close_at: datetime, extra_close_s: int, paused: timedelta
) -> datetime:
    """min(started + limit + extra, hard close + extra close) + paused."""
    own = started_at + timedelta(seconds=limit_s + extra_s)
    return min(own, hard_close_at + timedelta(seconds=extra_close_s)) + paused


def paused(pauses: Iterable[tuple[datetime, datetime | None]], now: datetime) -> timedelta:
    """How long the clock stood still, a pause that goes on counted up to now."""
    return sum(((until or now) - begun for begun, until in pauses), timedelta(0))


def remaining_ms(deadline_at: datetime, now: datetime) -> int:
    """Milliseconds left, never below 0."""
    return max(0, int((deadline_at - now) / timedelta(milliseconds=1)))


def counts(received_at: datetime, made_at: datetime, deadline_at: datetime) -> bool:
    """Whether a save of entries made at `made_at` (the newest) and received at `received_at` still counts."""
    return received_at <= deadline_at or (received_at <= deadline_at + SLACK and made_at <= deadline_at)


def is_overdue(deadline_at: datetime, now: datetime) -> bool:
    """Whether the slack has run out too: time to close."""
    return now > deadline_at + SLACK
