"""What the plan form's buttons change: sections, slots, and the picker of fixed questions. Pure, as rows.py.

The picker is part of the form, so nothing entered is lost while somebody looks for questions: `pick` names the list
that the chosen ones (`pick_ids`) go to, `pick_bank`, `pick_kind`, `pick_words` and `pick_page` what is looked at.
"""

from __future__ import annotations

import re

from examengine.web.author import rows
from examengine.web.author.rows import Fields

SLOTS = re.compile(r"sections-\d{1,4}-slots")
MOST_PICKS = 100


def changed(fields: Fields, command: str, bank: str, section: str) -> Fields | None:
    """The fields after a button's command, or None when it is none of these. New rows take `bank`, `section`."""
    verb, _, name = command.partition(" ")
    if verb == "add" and SLOTS.fullmatch(name):
        return rows.with_row(fields, name, **_as_before(fields, name, bank))
    if command == "add sections":
        return rows.with_row(fields, name, title=section)
    if verb in _PICKER:
        return _PICKER[verb](fields.copy(), name)
    made = rows.changed(fields, command)
    if made is not None and name.split(" ")[0] == "sections":
        made["pick"] = ""  # the picker's section may be another one now
    return made


def _as_before(fields: Fields, name: str, bank: str) -> dict[str, str]:
    """A new draw rule begins with the bank, points and language of the one before it."""
    for number in reversed(rows.numbers(fields, name)):
        if not fields.get(f"{name}-{number}-item"):
            return {part: fields.get(f"{name}-{number}-{part}", "") for part in ("bank", "points", "language")}
    return {"bank": bank, "points": "1"}


def _open(fields: Fields, name: str) -> Fields:
    fields["pick"] = name if SLOTS.fullmatch(name) else ""
    fields["pick_page"] = "1"
    return fields


def _search(fields: Fields, page: str) -> Fields:
    fields["pick_page"] = page or "1"
    return fields


def _take(fields: Fields, name: str) -> Fields:
    target, chosen = fields.get("pick", ""), fields.poplist("pick_ids")
    if SLOTS.fullmatch(target):
        there = {value for key, value in fields.items() if key.endswith("-item")}
        for item in dict.fromkeys(chosen[:MOST_PICKS]):
            if item.isdecimal() and item not in there:
                fields = rows.with_row(fields, target, item=item, points="")
    fields["pick"] = ""
    return fields


def _close(fields: Fields, name: str) -> Fields:
    fields["pick"] = ""
    fields.poplist("pick_ids")
    return fields


_PICKER = {"pick": _open, "search": _search, "take": _take, "close": _close}
