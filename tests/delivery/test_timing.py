"""Deadlines: the formula by its cases, the slack, pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.delivery import timing

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("limit", "extra", "close", "extra_close", "paused", "deadline"),
    [
        # minutes: limit, extra, hard close after the start, its extra, pauses → deadline after the start
        (60, 0, 480, 0, 0, 60),  # the limit decides
        (60, 0, 45, 0, 0, 45),  # the hard close decides
        (60, 0, 60, 0, 0, 60),
        (60, 15, 480, 15, 0, 75),  # extra time on the limit
        (60, 15, 60, 15, 0, 75),  # and as much on the close
        (60, 15, 60, 0, 0, 60),  # or none on the close
        (60, 0, 45, 10, 0, 55),  # or on the close alone
        (60, 0, 480, 0, 10, 70),  # pauses come on top of the limit
        (60, 0, 45, 0, 10, 55),  # and of the close
        (60, 15, 70, 15, 10, 85),
        (60, 30, 45, 5, 2, 52),
    ],
)
def test_the_deadline(limit: int, extra: int, close: int, extra_close: int, paused: int, deadline: int) -> None:
    found = timing.deadline(NINE, limit * 60, extra * 60, at(close), extra_close * 60, timedelta(minutes=paused))
    assert found == at(deadline)


_MINUTES = st.integers(0, 1000)


@given(_MINUTES, _MINUTES, _MINUTES, _MINUTES, _MINUTES)
def test_neither_extra_time_nor_a_pause_moves_the_deadline_earlier(
    limit: int, extra: int, close: int, late: int, paused: int
) -> None:
    before = timing.deadline(NINE, limit, 0, at(close), 0, timedelta(0))
    after = timing.deadline(NINE, limit, extra, at(close), late, timedelta(minutes=paused))
    assert before + timedelta(minutes=paused) <= after


@pytest.mark.parametrize(
    ("pauses", "minutes"),
    [
        ([], 0),
        ([(10, 15)], 5),
        ([(10, 15), (20, 22.5)], 7.5),
        ([(10, 15), (40, None)], 25),  # the second goes on; now is 60
        ([(60, None)], 0),
    ],
)
def test_pauses_add_up_and_one_that_goes_on_counts_up_to_now(
    pauses: list[tuple[float, float | None]], minutes: float
) -> None:
    rows = [(at(begun), None if until is None else at(until)) for begun, until in pauses]
    assert timing.paused(rows, at(60)) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("left", "ms"),
    [
        (timedelta(seconds=1), 1000),
        (timedelta(microseconds=1999), 1),
        (timedelta(microseconds=999), 0),
        (timedelta(0), 0),
        (timedelta(seconds=-5), 0),
        (timedelta(days=30), 30 * 86_400_000),
    ],
)
def test_what_remains_is_whole_milliseconds_and_never_negative(left: timedelta, ms: int) -> None:
    assert timing.remaining_ms(NINE + left, NINE) == ms


SECOND, TICK = timedelta(seconds=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("received", "made", "counts"),
    [
        # seconds after the deadline
        (-1, -1, True),
        (0, 0, True),
        (-1, 5, True),  # received in time, whatever the page's clock says
        (1, 0, True),
        (1, -100, True),
        (1, 1, False),
        (30, 0, True),
        (30, 0.000001, False),
        (30.000001, 0, False),
        (31, -100, False),  # a forged age gains the slack at most
        (3600, -3600, False),
    ],
)
def test_the_slack(received: float, made: float, counts: bool) -> None:
    moments = [NINE + timedelta(seconds=seconds) for seconds in (received, made)]
    assert timing.counts(*moments, NINE) is counts


@pytest.mark.parametrize(
    ("now", "overdue"),
    [(NINE, False), (NINE + 30 * SECOND, False), (NINE + 30 * SECOND + TICK, True), (NINE - SECOND, False)],
)
def test_an_attempt_is_overdue_when_the_slack_has_run_out_too(now: datetime, overdue: bool) -> None:
    assert timing.is_overdue(NINE, now) is overdue


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_nothing_counts_any_more_in_an_overdue_attempt(received: int, made: int) -> None:
    moment = NINE + timedelta(seconds=received)
    if timing.is_overdue(NINE, moment):
        assert not timing.counts(moment, NINE + timedelta(seconds=made), NINE)
