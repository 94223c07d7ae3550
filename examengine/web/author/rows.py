"""Repeated rows of a form as its buttons change them: pure changes of the form's names and values.

A row is every field whose name begins with "<list>-<number>". A button says what to do as "add options",
"remove options 2", "up options 2" or "down options 2", so the page needs no script.
"""

from __future__ import annotations

import re

from werkzeug.datastructures import MultiDict

Fields = MultiDict[str, str]

VERBS = ("add", "remove", "up", "down")
_NAME = re.compile(r"[a-z_]+(-[a-z0-9_]+){0,8}")


def changed(fields: Fields, command: str) -> Fields | None:
    """The fields after `command`, or None when it is none of these buttons'."""
    verb, name, number = ([*command.split(" "), "", ""])[:3]
    if verb not in VERBS or not _NAME.fullmatch(name) or not re.fullmatch(r"\d{0,4}", number):
        return None
    rows = numbers(fields, name)
    if verb == "add":
        return with_row(fields, name)
    if not number or int(number) not in rows:
        return fields
    at = rows.index(int(number))
    order = rows[:at] + rows[at + 1 :]
    if verb != "remove":
        order.insert(max(0, at + (1 if verb == "down" else -1)), rows[at])
    return renumbered(fields, name, order)


def numbers(fields: Fields, name: str) -> list[int]:
    """The row numbers of a list, ascending."""
    found = {match[1] for key in fields if (match := re.match(rf"{re.escape(name)}-(\d{{1,4}})(?:-|$)", key))}
    return sorted(map(int, found))


def with_row(fields: Fields, name: str, **values: str) -> Fields:
    """One row more at the end: an empty one, or with `values`."""
    row = f"{name}-{max(numbers(fields, name), default=-1) + 1}"
    made = fields.copy()
    for field, value in {"": "", **values}.items():
        made.add(f"{row}-{field}" if field else row, value)
    return made


def renumbered(fields: Fields, name: str, order: list[int]) -> Fields:
    """Only the rows of `order`, in that order, counted from 0."""
    places = {old: new for new, old in enumerate(order)}
    made: Fields = MultiDict()
    for key, values in fields.lists():
        match = re.match(rf"{re.escape(name)}-(\d{{1,4}})(?=-|$)", key)
        if match is None:
            made.setlist(key, values)
        elif int(match[1]) in places:
            made.setlist(f"{name}-{places[int(match[1])]}{key[match.end() :]}", values)
    return made
