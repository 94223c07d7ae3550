"""What happened to a person's attempts, as the timeline component shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext

from examengine.accounts.queries import find_names
from examengine.core.i18n import N_
from examengine.delivery import queries
from examengine.delivery.models import AttemptEvent
from examengine.exams.models import Accommodation, Enrolment
from examengine.web.invigilator.roster import Line
from examengine.web.shell.language import say, show_minutes, show_time

KINDS = {
    "start": (N_("Started"), "info"),
    "takeover": (N_("Went on in another browser"), "info"),
    "limit": (N_("Limit of saves reached"), "warn"),
    "pause": (N_("Paused"), "warn"),
    "resume": (N_("Clock goes on"), "info"),
    "extra": (N_("Deadline moved"), "info"),
    "force": (N_("Submitted by the invigilator"), "warn"),
    "admit": (N_("Late answers admitted"), "warn"),
    "void": (N_("Declared void"), "bad"),
    "reopen": (N_("Opened again"), "warn"),
    "seal": (N_("Sealed anew"), "ok"),
    "end": (N_("Handed in"), "ok"),
    "given": (N_("Extra time"), "info"),
}


def history(line: Line) -> list[dict[str, Any]]:
    """Extra time, starts, events and ends of all attempts, in order."""
    happened = [*_ledger(line.enrolment), *_course(line)]
    names = find_names({by for _, _, by, _, _ in happened if by})
    return [_entry(row, names) for row in sorted(happened, key=lambda row: row[0])]


Happened = tuple[datetime, str, int | None, str, str]
"""When, what (a key of KINDS), by whom, why, details."""


def _ledger(enrolment: Enrolment) -> list[Happened]:
    rows: list[Accommodation] = enrolment.accommodations
    return [(row.at, "given", row.by_id, row.reason, show_minutes(row.extra_s)) for row in rows]


def _course(line: Line) -> list[Happened]:
    numbers = {attempt.id: attempt.number for attempt in line.attempts}
    several = len(numbers) > 1
    found: list[Happened] = []
    for attempt in line.attempts:
        which = gettext("attempt %(n)s", n=attempt.number) if several else ""
        found.append((attempt.started_at, "start", None, "", which))
        if attempt.submitted_at:
            found.append((attempt.submitted_at, "end", None, "", which))
    for event in queries.find_events(numbers):
        which = gettext("attempt %(n)s", n=numbers[event.attempt_id]) if several else ""
        which = " · ".join(part for part in (which, _receipt(event)) if part)
        found.append((event.at, event.kind, event.by_id, event.reason, which))
    return found


def _receipt(event: AttemptEvent) -> str:
    """The receipt that a closing gave: an earlier one where the attempt was opened again, or a further one."""
    closing = event.details.get("before") if event.kind == "reopen" else event.details if event.kind == "seal" else None
    receipt = closing.get("receipt") if isinstance(closing, dict) else None
    return gettext("receipt %(code)s", code=receipt) if receipt else ""


def _entry(row: Happened, names: Mapping[int, str]) -> dict[str, Any]:
    at, kind, by, reason, details = row
    word, tone = KINDS.get(kind, (kind, "neutral"))
    said = [details, gettext("by %(name)s", name=names[by]) if by is not None and by in names else "", reason]
    return {
        "when": show_time(at, "seconds"),
        "iso": at.isoformat(),
        "title": say(word),
        "text": " · ".join(part for part in said if part),
        "tone": tone,
    }
