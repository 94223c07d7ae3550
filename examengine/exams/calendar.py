"""Sittings as people's calendars have them. The doors give the words their language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from examengine.core.i18n import N_, Message
from examengine.exams import accommodations
from examengine.exams.models import Enrolment, Sitting
from examengine.formats import calendar_file
from examengine.formats.calendar_file import Appointment

Say = Callable[[Message], str]
PATH = "/sittings/"
"""Where a sitting's page stands."""
BRING = N_("Bring your employee number and your password, and the access code if the invigilator tells you one.")


def appointment(
    sitting: Sitting, person_id: int, base: str, say: Say, *, cancelled: bool = False, extra_s: int = 0
) -> Appointment:
    """The sitting in the person's calendar: from its opening to its hard close, hers by `extra_s` later."""
    host = urlsplit(base).hostname or "localhost"
    url = f"{base}{PATH}{sitting.id}"
    last = Message(
        N_("The last moment to start is %(minutes)s minutes after it opens."), {"minutes": _minutes(sitting)}
    )
    return Appointment(
        f"sitting-{sitting.id}-{person_id}@{host}",
        sitting.sequence,
        sitting.opens_at,
        sitting.hard_close_at + timedelta(seconds=extra_s),
        sitting.title,
        "\n".join((say(last), say(Message(BRING)), url)),
        url,
        cancelled or sitting.state == "withdrawn",
    )


def _minutes(sitting: Sitting) -> int:
    return int((sitting.last_start_at - sitting.opens_at).total_seconds()) // 60


def of_enrolments(enrolments: Iterable[Enrolment], base: str, say: Say) -> list[Appointment]:
    """The sittings of one person's enrolments."""
    found = []
    for one in enrolments:
        extra = accommodations.total((row.extra_s, row.extra_close_s) for row in one.accommodations)
        found.append(appointment(one.sitting, one.person_id, base, say, extra_s=extra.close_s))
    return found


def file_of(appointments: Iterable[Appointment], now: datetime, name: str = "", *, cancel: bool = False) -> bytes:
    """The calendar file."""
    return calendar_file.write(appointments, now, name=name, method="CANCEL" if cancel else "PUBLISH")
