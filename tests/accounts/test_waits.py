"""The rule of waits, by itself: the steps as they are promised, and what holds whatever anybody does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.accounts import waits
from examengine.accounts.waits import Standing, refused_until, wait_after

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Guesser:
    """Somebody at one address who guesses wrong; what the table would hold of her, and the rule on it."""

    def __init__(self) -> None:
        self.now = NOW
        self.failures: list[tuple[datetime, timedelta]] = []

    def standing(self) -> Standing:
        recent = sum(at > self.now - waits.WINDOW for at, _ in self.failures)
        last_at, last_wait = self.failures[-1] if self.failures else (None, timedelta(0))
        return Standing(recent, last_at, last_wait, min(recent, waits.SLOWED_FROM))

    def guess(self) -> timedelta | None:
        """The wait that the guess brought; None: it was refused."""
        if refused_until(self.standing(), self.now):
            return None
        wait = wait_after(self.standing(), self.now)
        self.failures.append((self.now, wait))
        return wait


def test_the_fifth_failure_brings_half_a_minute_and_each_further_one_doubles_it_to_a_quarter_of_an_hour() -> None:
    guesser, brought = Guesser(), []
    for _ in range(13):
        wait = guesser.guess()
        assert wait is not None
        brought.append(wait.seconds)
        guesser.now += wait + SECOND
    assert brought == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900]


def test_a_wait_ends_on_time_and_not_before() -> None:
    guesser = Guesser()
    for _ in range(5):
        guesser.guess()
    guesser.now += 30 * SECOND - timedelta(microseconds=1)
    assert guesser.guess() is None
    guesser.now += timedelta(microseconds=1)
    assert guesser.guess() is not None


def test_a_failure_that_another_worker_wrote_a_moment_ahead_is_no_wait() -> None:
    assert refused_until(Standing(1, NOW + SECOND), NOW) is None


def test_guesses_that_are_refused_do_not_lengthen_the_wait() -> None:
    guesser = Guesser()
    for _ in range(40):
        guesser.guess()
    assert refused_until(guesser.standing(), guesser.now) == NOW + 30 * SECOND


def test_five_failures_over_more_than_a_quarter_of_an_hour_are_free() -> None:
    guesser = Guesser()
    for _ in range(20):
        assert guesser.guess() == timedelta(0)
        guesser.now += 4 * MINUTE


def test_a_run_is_over_a_quarter_of_an_hour_after_its_last_wait() -> None:
    guesser = Guesser()
    for _ in range(5):
        guesser.guess()
    guesser.now += 30 * SECOND + waits.WINDOW
    assert guesser.guess() == timedelta(0)


def test_an_address_is_full_until_the_oldest_of_its_three_hundred_leaves_the_window() -> None:
    full_at = NOW - 14 * MINUTE
    assert refused_until(Standing(full_at=full_at), NOW) == full_at + waits.WINDOW
    assert refused_until(Standing(full_at=full_at), NOW + MINUTE) is None


def test_failures_elsewhere_slow_and_never_refuse() -> None:
    standing = Standing(anywhere=waits.SLOWED_FROM)
    assert waits.is_slowed(standing)
    assert not waits.is_slowed(Standing(anywhere=4))
    assert refused_until(standing, NOW) is None


@given(st.lists(st.integers(0, 3_000), max_size=80))
def test_whenever_somebody_guesses(pauses: list[int]) -> None:
    """Nobody is refused before the fifth failure or for more than 15 min; a guess a second is no more guesses."""
    guesser = Guesser()
    for pause in pauses:
        until = refused_until(guesser.standing(), guesser.now)
        if until is not None:
            assert guesser.standing().last_at is not None
            assert len(guesser.failures) >= waits.FREE
            assert until - guesser.now <= waits.LONGEST
        guesser.guess()
        guesser.now += pause * SECOND
    times = [at for at, _ in guesser.failures]
    for first, sixth in zip(times, times[waits.FREE :], strict=False):
        assert sixth - first >= waits.FIRST  # never six checks within a wait


@given(st.lists(st.integers(0, 600), min_size=1, max_size=80))
def test_a_run_never_gets_shorter_waits(pauses: list[int]) -> None:
    guesser, before = Guesser(), timedelta(0)
    for pause in pauses:
        wait = guesser.guess()
        if wait is not None:
            assert wait >= before or not before
            before = wait
        guesser.now += pause * SECOND


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(timedelta(microseconds=1), 1), (SECOND, 1), (timedelta(seconds=29.2), 30), (15 * MINUTE, 900)],
)
def test_seconds_are_rounded_up(left: timedelta, seconds: int) -> None:
    assert waits.whole_seconds(left) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "one second"), (30, "30 seconds"), (90, "90 seconds"), (91, "2 minutes"), (900, "15 minutes")],
)
def test_a_wait_in_words(seconds: int, words: str) -> None:
    assert str(waits.in_words(seconds)) == words


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("a proxy's nonsense", "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str | None, place: str) -> None:
    assert waits.place_of(address) == place
