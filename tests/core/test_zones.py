"""Between the company's wall clock and UTC: gaps and overlaps of summer time, zones without it."""
# ruff: noqa: DTZ001 (wall-clock times are naive)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.core.zones import NoSuchTime, offset, to_utc, to_wall

BERLIN, NEW_YORK, SHANGHAI = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Shanghai"))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wall", "zone", "moment"),
    [
        (datetime(2026, 3, 29, 1, 59), BERLIN, utc(2026, 3, 29, 0, 59)),
        (datetime(2026, 3, 29, 3, 0), BERLIN, utc(2026, 3, 29, 1, 0)),
        (datetime(2026, 3, 8, 1, 59), NEW_YORK, utc(2026, 3, 8, 6, 59)),
        (datetime(2026, 3, 8, 3, 0), NEW_YORK, utc(2026, 3, 8, 7, 0)),
        (datetime(2026, 11, 24, 9, 0), SHANGHAI, utc(2026, 11, 24, 1, 0)),
        (datetime(2026, 3, 29, 2, 30), SHANGHAI, utc(2026, 3, 28, 18, 30)),
        (datetime(2026, 7, 1, 12, 0), BERLIN, utc(2026, 7, 1, 10, 0)),
        (datetime(2026, 12, 1, 12, 0), BERLIN, utc(2026, 12, 1, 11, 0)),
    ],
)
def test_a_wall_time_is_one_moment(wall: datetime, zone: ZoneInfo, moment: datetime) -> None:
    assert to_utc(wall, zone) == moment


@pytest.mark.parametrize(
    ("wall", "zone"),
    [
        (datetime(2026, 3, 29, 2, 0), BERLIN),
        (datetime(2026, 3, 29, 2, 30), BERLIN),
        (datetime(2026, 3, 29, 2, 59, 59), BERLIN),
        (datetime(2026, 3, 8, 2, 0), NEW_YORK),
        (datetime(2026, 3, 8, 2, 59), NEW_YORK),
    ],
)
def test_a_time_that_the_clock_skips_is_refused(wall: datetime, zone: ZoneInfo) -> None:
    with pytest.raises(NoSuchTime):
        to_utc(wall, zone)


@pytest.mark.parametrize(
    ("wall", "zone", "first"),
    [
        (datetime(2026, 10, 25, 2, 30), BERLIN, utc(2026, 10, 25, 0, 30)),
        (datetime(2026, 10, 25, 2, 0), BERLIN, utc(2026, 10, 25, 0, 0)),
        (datetime(2026, 11, 1, 1, 30), NEW_YORK, utc(2026, 11, 1, 5, 30)),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_that_happens_twice_means_the_first(wall: datetime, zone: ZoneInfo, first: datetime, fold: int) -> None:
    assert to_utc(wall.replace(fold=fold), zone) == first


@pytest.mark.parametrize("minutes", [30, 90])
def test_both_moments_of_an_overlap_show_the_same_wall_time(minutes: int) -> None:
    moment = utc(2026, 10, 25, 0, 0) + timedelta(minutes=minutes)
    assert to_wall(moment, BERLIN) == datetime(2026, 10, 25, 2, 30)


@pytest.mark.parametrize("wall", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)])
def test_a_time_beyond_the_calendar_is_refused_too(wall: datetime) -> None:
    zone = SHANGHAI if wall.year == 1 else NEW_YORK
    with pytest.raises(NoSuchTime):
        to_utc(wall, zone)


def test_the_result_is_in_utc_and_the_wall_time_naive() -> None:
    moment = to_utc(datetime(2026, 11, 24, 9, 0), SHANGHAI)
    assert moment.tzinfo is UTC
    assert to_wall(moment, SHANGHAI).tzinfo is None


_MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))


@given(_MOMENTS, st.sampled_from([BERLIN, NEW_YORK, SHANGHAI]))
def test_every_moment_shows_a_wall_time_that_exists(moment: datetime, zone: ZoneInfo) -> None:
    back = to_utc(to_wall(moment, zone), zone)
    assert moment - back in {timedelta(0), timedelta(hours=1)}
    assert to_wall(back, zone) == to_wall(moment, zone)


@pytest.mark.parametrize(
    ("name", "month", "expected"),
    [
        ("Asia/Shanghai", 1, "UTC+08:00"),
        ("Asia/Kolkata", 1, "UTC+05:30"),
        ("America/St_Johns", 1, "UTC-03:30"),
        ("Europe/Berlin", 1, "UTC+01:00"),
        ("Europe/Berlin", 7, "UTC+02:00"),
        ("UTC", 1, "UTC+00:00"),
    ],
)
def test_the_distance_from_utc_is_that_of_the_moment(name: str, month: int, expected: str) -> None:
    assert offset(ZoneInfo(name), datetime(2026, month, 1, tzinfo=UTC)) == expected
