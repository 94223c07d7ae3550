"""The only place that reads the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def _wall() -> datetime:
    return datetime.now(UTC)


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return _wall() + _shift


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


JUMP_S = 30
"""Wall clock and monotonic clock apart by more than this: somebody set the clock, or the machine slept."""
SETTLING_S = 300
"""So long a clock that has jumped is not believed where a mistake could not be undone."""


class Watch:
    """Whether this process may believe its clock; asked often, it notices jumps."""

    def __init__(self) -> None:
        self._apart = self._right = self._measure()
        self._jumped_at: float | None = None

    @staticmethod
    def _measure() -> float:
        """How far the wall clock and the monotonic one are apart: always the same, but for small corrections."""
        return _wall().timestamp() - time.monotonic()

    def is_steady(self) -> bool:
        """False for some minutes after a jump, unless the clock jumps back to where it was."""
        apart, before = self._measure(), self._apart
        self._apart = apart
        if abs(apart - before) > JUMP_S:
            if self._jumped_at is None:
                self._right = before
            self._jumped_at = time.monotonic()
        if self._jumped_at is None:
            return True
        if abs(apart - self._right) <= JUMP_S or time.monotonic() - self._jumped_at > SETTLING_S:
            self._jumped_at = None
        return self._jumped_at is None


_watch = Watch()


def is_steady() -> bool:
    """Whether the wall clock has gone evenly these last minutes, as far as this process has seen."""
    return _watch.is_steady()
