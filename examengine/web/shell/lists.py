"""What lists of several audiences share: numbers and days in the address, times for spreadsheets, a table as a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from urllib.parse import quote

from flask import Response, current_app, request

from examengine.core import zones
from examengine.core.errors import Missing
from examengine.formats import table_csv

_LARGEST = 2**63 - 1
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def known_numbers() -> None:
    """Before a request: a number in the path that no database column takes is the number of nothing. Raises Missing."""
    if any(isinstance(value, int) and value > _LARGEST for value in (request.view_args or {}).values()):
        raise Missing


def asked_number(name: str) -> int | None:
    """A number of the query that a database column can hold, else None."""
    found = request.args.get(name, type=int)
    return found if found is not None and 0 <= found <= _LARGEST else None


def posted_number(name: str) -> int | None:
    """A number of the form that a database column can hold, else None."""
    found = request.form.get(name, type=int)
    return found if found is not None and 0 <= found <= _LARGEST else None


def asked_words(name: str, longest: int = 100) -> str:
    """Words of the query, without what is no text."""
    return _CONTROL.sub(" ", request.args.get(name, "")).strip()[:longest]


def asked_one(name: str, allowed: Iterable[str]) -> str:
    """A word of the query that is among `allowed`, else nothing."""
    found = request.args.get(name, "")
    return found if found in allowed else ""


def asked_day(name: str) -> date | None:
    """A day of the query, 2000 to 2100, else None."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def start_of(day: date) -> datetime:
    """The first moment of a day in the company's zone."""
    return datetime.combine(day, time.min, current_app.config["SETTINGS"].zone).astimezone(UTC)


def for_sheet(moment: datetime | None) -> str:
    """A moment in the company's zone as spreadsheets read it: ISO date and time."""
    if moment is None:
        return ""
    return f"{zones.to_wall(moment, current_app.config['SETTINGS'].zone):%Y-%m-%d %H:%M:%S}"


def csv_file(rows: Iterable[Sequence[table_csv.Cell]], name: str, title: str) -> Response:
    """The rows as a file to be kept, called `title` where the browser knows Unicode, else `name`."""
    return file_of(table_csv.write(rows), f"{name}.csv", title, "text/csv; charset=utf-8")


def file_of(content: bytes, name: str, title: str, kind: str) -> Response:
    """A file to be kept, called `title` where the browser knows Unicode, else `name` (with the file's ending)."""
    stem, _, ending = name.rpartition(".")
    shown = re.sub(r"[^\w.-]+", "-", title).strip("-.")[:100] or stem
    disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(shown)}.{ending}"
    return Response(content, headers={"Content-Disposition": disposition, "Content-Type": kind})
