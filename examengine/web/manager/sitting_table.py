"""The table of one sitting: states, filters, sorting, and the same as rows of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

from flask_babel import gettext

from examengine.core.i18n import N_
from examengine.core.pages import SIZE, Page
from examengine.delivery import states
from examengine.formats.table_csv import Cell
from examengine.results.sitting_table import SittingRow
from examengine.web.shell.lists import for_sheet

STATES = {
    "none": N_("Not started"),
    "in_progress": N_("In progress"),
    "paused": N_("Paused"),
    "marking": N_("In marking"),
    "complete": N_("Complete"),
    "void": N_("Void"),
    "absent": N_("Absent"),
}
TONES = {"in_progress": "info", "paused": "warn", "marking": "warn", "complete": "ok", "void": "bad"}
_ORDER = list(STATES)


class Line(NamedTuple):
    """A person's row with its state in a word of STATES."""

    row: SittingRow
    state: str

    @property
    def verdict(self) -> bool | None:
        """Passed or not; None without a result."""
        return self.row.result.passed if self.row.result else None


def line_of(row: SittingRow, over: bool) -> Line:
    """The row with its state; `over`: the sitting has closed, so who never began is absent."""
    if row.attempt is None:
        return Line(row, "absent" if over or row.enrolment_state == "absent" else "none")
    if row.attempt.state in states.CLOSED:
        return Line(row, "complete" if row.result else "marking")
    return Line(row, row.attempt.state)


FIGURES: dict[str, tuple[str, Callable[[Line], bool]]] = {
    "enrolled": (N_("Enrolled"), lambda line: True),
    "started": (N_("Started"), lambda line: line.row.attempts > 0),
    "submitted": (N_("Submitted"), lambda line: line.state in ("marking", "complete")),
    "marking": (N_("In marking"), lambda line: line.state == "marking"),
    "passed": (N_("Passed"), lambda line: line.verdict is True),
    "failed": (N_("Failed"), lambda line: line.verdict is False),
    "absent": (N_("Absent"), lambda line: line.state == "absent"),
}


def _released(line: Line) -> datetime | None:
    return line.row.result.released_at if line.row.result else None


SORTS: dict[str, Callable[[Line], Any]] = {
    "number": lambda line: line.row.username,
    "name": lambda line: line.row.name,
    "team": lambda line: line.row.team or None,
    "state": lambda line: _ORDER.index(line.state),
    "started": lambda line: line.row.attempt and line.row.attempt.started_at,
    "submitted": lambda line: line.row.attempt and line.row.attempt.submitted_at,
    "points": lambda line: line.row.result and line.row.result.points,
    "percent": lambda line: line.row.result and line.row.result.percent,
    "pass": lambda line: line.verdict,
    "waiting": lambda line: line.row.waiting,
    "released": _released,
}


def chosen(lines: Iterable[Line], figure: str, words: str, team: str) -> list[Line]:
    """The lines that a figure, words (in the name, at the start of the number) and a team leave."""
    fits, low = FIGURES.get(figure, FIGURES["enrolled"])[1], words.casefold()
    found = [line for line in lines if fits(line) and (not team or line.row.team == team)]
    if not low:
        return found
    return [line for line in found if low in line.row.name.casefold() or line.row.username.casefold().startswith(low)]


def ordered(lines: Sequence[Line], sort: str) -> list[Line]:
    """Sorted by a name of SORTS ("-": descending); lines without a value stand at the end."""
    value = SORTS.get(sort.removeprefix("-"), SORTS["name"])
    keyed = [(value(line), line) for line in lines]
    known = sorted((pair for pair in keyed if pair[0] is not None), key=itemgetter(0), reverse=sort.startswith("-"))
    return [line for _, line in known] + [line for key, line in keyed if key is None]


def cut(lines: Sequence[Line], page: int) -> Page[Line]:
    """A page of the lines."""
    page = max(1, min(page, -(-len(lines) // SIZE)))
    return Page(lines[(page - 1) * SIZE : page * SIZE], page, SIZE, len(lines))


def _of_attempt(name: str) -> Callable[[Line], Cell]:
    return lambda line: for_sheet(getattr(line.row.attempt, name) if line.row.attempt else None)


def _of_result(name: str) -> Callable[[Line], Cell]:
    def cell(line: Line) -> Cell:
        value = getattr(line.row.result, name) if line.row.result else None
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        return value.normalize() if isinstance(value, Decimal) else value

    return cell


COLUMNS: tuple[tuple[str, Callable[[Line], Cell]], ...] = (
    (N_("Employee number"), lambda line: line.row.username),
    (N_("Name"), lambda line: line.row.name),
    (N_("Team"), lambda line: line.row.team),
    (N_("State"), lambda line: gettext(STATES[line.state])),
    (N_("Attempts"), lambda line: line.row.attempts),
    (N_("Started (%(zone)s)"), _of_attempt("started_at")),
    (N_("Submitted (%(zone)s)"), _of_attempt("submitted_at")),
    (N_("Points"), _of_result("points")),
    (N_("Maximum"), _of_result("maximum")),
    (N_("Percent"), _of_result("percent")),
    (N_("Passed"), _of_result("passed")),
    (N_("Borderline"), _of_result("borderline")),
    (N_("Answers waiting"), lambda line: line.row.waiting),
    (N_("Released (%(zone)s)"), lambda line: for_sheet(_released(line))),
)


def sheet(lines: Iterable[Line], zone: str) -> list[list[Cell]]:
    """The lines as rows of a file, with a header; times in the zone that the header names."""
    header: list[Cell] = [gettext(label, zone=zone) for label, _ in COLUMNS]
    return [header, *([value(line) for _, value in COLUMNS] for line in lines)]
