"""The only reader of the time, and how tests move it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from examengine.core import clock


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_within_travelled_it_is_later() -> None:
    before = clock.now()
    with clock.travelled(timedelta(hours=2)):
        assert timedelta(hours=2) <= clock.now() - before < timedelta(hours=2, seconds=5)
    assert clock.now() - before < timedelta(seconds=5)


def test_travels_add_up_and_end_with_an_error_too() -> None:
    before = clock.now()
    with pytest.raises(RuntimeError), clock.travelled(timedelta(days=1)):
        with clock.travelled(timedelta(days=-3)):
            assert clock.now() - before < timedelta(days=-1)
        raise RuntimeError
    assert abs(clock.now() - before) < timedelta(seconds=5)


def test_seconds_only_go_forward_whatever_the_travel() -> None:
    first = clock.seconds()
    with clock.travelled(timedelta(days=-1)):
        assert 0 <= clock.seconds() - first < 5
