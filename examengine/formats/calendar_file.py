"""iCalendar files (RFC 5545): events as calendars take them, in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event, vUri

LONG = timedelta(hours=12)
"""What lasts longer does not make its day busy."""


@dataclass(frozen=True)
class Appointment:
    """Something in a calendar; the same `uid` with a higher `sequence` takes the place of what was there."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    text: str
    url: str
    cancelled: bool = False
    alarm_before: timedelta | None = timedelta(hours=1)


def write(appointments: Iterable[Appointment], now: datetime, *, name: str = "", method: str = "PUBLISH") -> bytes:
    """A calendar with these events; `name` is what a subscribed calendar is called."""
    calendar = Calendar()
    calendar.add("prodid", "-//examengine//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", timedelta(hours=1))
    for appointment in appointments:
        calendar.add_component(_event(appointment, now))
    written: bytes = calendar.to_ical()
    return written


def _event(one: Appointment, now: datetime) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("sequence", one.sequence)
    event.add("dtstart", one.starts_at.replace(microsecond=0))
    event.add("dtend", one.ends_at.replace(microsecond=0))
    event.add("summary", one.title)
    event.add("description", one.text)
    event.add("url", vUri(one.url))
    event.add("location", one.url)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if one.cancelled or one.ends_at - one.starts_at > LONG else "OPAQUE")
    if one.alarm_before is not None and not one.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", one.title)
        alarm.add("trigger", -one.alarm_before)
        event.add_component(alarm)
    return event
