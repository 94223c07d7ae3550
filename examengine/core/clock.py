"""The only place that reads the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return datetime.now(UTC) + _shift


def seconds() -> float:
    """Monotonic seconds, for measuring how long something took."""
    return time.monotonic()


@contextmanager
def travelled(by: timedelta) -> Iterator[None]:
    """Within the block this process lives `by` later (or earlier): how tests move time."""
    global _shift
    before = _shift
    _shift = before + by
    try:
        yield
    finally:
        _shift = before
