"""Between the company's wall clock (forms, pages) and UTC (the database)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class NoSuchTime(ValueError):
    """The wall clock skips this time (summer time begins)."""


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a naive wall-clock time in `zone`.

    A time that happens twice (summer time ends) means its first occurrence. Raises NoSuchTime in the gap.
    """
    try:
        found = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError:  # the calendar's first and last day
        raise NoSuchTime(f"{wall:%Y-%m-%d %H:%M} is beyond the calendar") from None
    if found.astimezone(zone).replace(tzinfo=None) != wall:
        raise NoSuchTime(f"{wall:%Y-%m-%d %H:%M} does not exist in {zone.key}")
    return found


def to_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """The naive wall-clock time in `zone` of an aware moment."""
    return moment.astimezone(zone).replace(tzinfo=None)


def offset(zone: ZoneInfo, moment: datetime) -> str:
    """How far a zone's clocks are from UTC at a moment: UTC+08:00."""
    found = moment.astimezone(zone).utcoffset()
    minutes = round(found.total_seconds() / 60) if found else 0
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
