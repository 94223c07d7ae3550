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


class Machine:
    """A wall clock and a monotonic clock that tests set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.ticks = datetime(2026, 11, 27, 9, tzinfo=UTC), 1000.0
        monkeypatch.setattr(clock, "_wall", lambda: self.wall)
        monkeypatch.setattr(clock.time, "monotonic", lambda: self.ticks)

    def run(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.ticks += seconds

    def set(self, **by: float) -> None:
        self.wall += timedelta(**by)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_a_clock_that_goes_evenly_is_steady_however_seldom_it_is_asked(machine: Machine) -> None:
    watch = clock.Watch()
    for seconds in (0, 1, 3600, 86400 * 30):
        machine.run(seconds)
        assert watch.is_steady()
    machine.set(seconds=2)  # a small correction
    assert watch.is_steady()


@pytest.mark.parametrize("days", [1, -1])
def test_a_jump_is_not_believed_until_it_has_lasted(machine: Machine, days: int) -> None:
    watch = clock.Watch()
    machine.set(days=days)
    assert not watch.is_steady()
    machine.run(clock.SETTLING_S - 1)
    assert not watch.is_steady()
    machine.run(2)
    assert watch.is_steady()
    assert watch.is_steady()


def test_a_clock_that_jumps_back_is_believed_at_once(machine: Machine) -> None:
    watch = clock.Watch()
    machine.set(days=1)
    assert not watch.is_steady()
    machine.run(20)
    machine.set(days=-1)
    assert watch.is_steady()


def test_travels_are_no_jumps() -> None:
    with clock.travelled(timedelta(days=1)):
        assert clock.is_steady()
