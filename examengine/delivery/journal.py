"""The journal's language: a save's body, the fold into answers, digest and seal (pure; docs/save-protocol.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from examengine.core import codes, db
from examengine.core.errors import Invalid, Malformed, TooLarge
from examengine.core.i18n import N_, Message

MOST_ENTRY = 64 * 1024
MOST_BODY = 256 * 1024
MOST_ENTRIES = 500
MOST_SAVES = 5_000
MOST_TOTAL = 32 * 1024 * 1024
KEPT_REJECTED = 50


@dataclass(frozen=True)
class Row:
    """A journal row as the fold needs it."""

    epoch: int
    seq: int
    body: str
    sha256: bytes
    received_at: datetime
    late: bool = False


@dataclass
class Folded:
    """Answers (raw values by slot) and flagged slots after all rows."""

    values: dict[int, Any] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)


def parse(body: bytes, slots: int) -> list[dict[str, Any]]:
    """The entries of a save's body. Raises Malformed, TooLarge or Invalid (unknown slot)."""
    if len(body) > MOST_BODY:
        raise TooLarge(N_("This save is larger than 256 KiB."))
    try:
        entries = json.loads(body.decode())  # of bytes, json takes UTF-16 and a BOM too, which the fold would not
    except (ValueError, RecursionError):
        raise Malformed(N_("The save is not JSON.")) from None
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_ENTRIES:
        raise Malformed(N_("A save is a list of 1 to 500 entries."))
    for entry in entries:
        _check(entry, slots)
    return entries


def _check(entry: Any, slots: int) -> None:
    if not isinstance(entry, dict) or not _is_int(entry.get("slot")) or not _is_int(entry.get("t", 0)):
        raise Malformed(N_("An entry names its slot and its time."))
    if not 1 <= entry["slot"] <= slots:
        raise Invalid(Message(N_("This paper has no question %(slot)s."), {"slot": entry["slot"]}), code="unknown-slot")
    said = [name for name in ("value", "splice", "flag") if name in entry]
    if len(said) != 1 or not _SHAPES[said[0]](entry[said[0]]):
        raise Malformed(N_("An entry carries one value, splice or flag."))
    if _size(entry[said[0]]) > MOST_ENTRY:
        raise TooLarge(
            Message(N_("The answer to question %(slot)s is larger than 64 KiB."), {"slot": entry["slot"]}),
            slot=entry["slot"],
        )


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= 100 and (all(map(_is_int, value)) or all(isinstance(v, str) for v in value))
    return value is None or isinstance(value, str) or _is_int(value)


def _is_splice(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(_is_int(number) and number >= 0 for number in value[:2])
        and isinstance(value[2], str)
    )


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_SHAPES: dict[str, Callable[[Any], bool]] = {"value": _is_value, "splice": _is_splice, "flag": _is_flag}


def _size(value: Any) -> int:
    texts = value if isinstance(value, list) else [value]
    return sum(len(text.encode("utf-8", "replace")) for text in texts if isinstance(text, str))


def newest(entries: Iterable[Mapping[str, Any]]) -> int:
    """The page's clock (ms) when the newest entry was made."""
    return max(int(entry.get("t", 0)) for entry in entries)


def fold(rows: Iterable[Row]) -> Folded:
    """The answers after `rows`, ordered by (epoch, seq), never by arrival."""
    return fold_bodies([row.body for row in in_order(rows)])


def fold_bodies(bodies: Sequence[str]) -> Folded:
    """The answers after saves with these bodies, given in fold order."""
    state = Folded()
    for entries in json.loads(f"[{','.join(bodies)}]"):  # read at once: cheaper than one by one
        for entry in entries:
            _apply(state, entry)
    return state


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in fold order."""
    return sorted(rows, key=lambda row: (row.epoch, row.seq))


def _apply(state: Folded, entry: Mapping[str, Any]) -> None:
    slot = entry["slot"]
    if "value" in entry:
        state.values[slot] = entry["value"]
    elif "splice" in entry:
        at, cut, put = entry["splice"]
        before = state.values.get(slot)
        text = before if isinstance(before, str) else ""
        state.values[slot] = text[:at] + put + text[at + cut :]
    elif entry["flag"]:
        state.flags.add(slot)
    else:
        state.flags.discard(slot)


def pairs(values: Mapping[int, Any]) -> list[list[Any]]:
    """[slot, value] of all answered slots, ascending: what the digest is taken of."""
    return [[slot, values[slot]] for slot in sorted(values) if not _is_empty(values[slot])]


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, list) and not any(v != "" for v in value))


def digest(values: Mapping[int, Any]) -> str:
    """SHA-256 (hex) of the pairs as the page's JSON.stringify writes them."""
    return codes.sha256(db.dumps(pairs(values)))


def seal(attempt_id: int, rows: Iterable[Row]) -> str:
    """The SHA-256 chain (hex) over the rows in fold order."""
    link = hashlib.sha256(f"attempt {attempt_id}".encode()).digest()
    for row in in_order(rows):
        facts = f"{row.epoch}:{row.seq}:{db.micros(row.received_at)}:{int(row.late)}"
        link = hashlib.sha256(link + row.sha256 + facts.encode()).digest()
    return link.hex()


def receipt(sealed: str) -> str:
    """The receipt code: the seal's first 20 base32 characters."""
    return codes.base32(bytes.fromhex(sealed), 20)
