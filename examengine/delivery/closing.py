"""What a closed attempt says and shows: its responses and the columns of its row (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from examengine.bank.queries import Frozen
from examengine.delivery import journal
from examengine.delivery.queries import Slot


class Given(NamedTuple):
    """What an attempt says to one slot, as it is kept at closing."""

    slot: int
    version_id: int
    value: Any
    blank: bool


def respond(dealt: Iterable[Slot], frozen: Mapping[int, Frozen], values: Mapping[int, Any]) -> list[Given]:
    """The responses of an attempt, one a slot, blanks too; `values`: the journal's fold."""
    found = []
    for slot in dealt:
        version = frozen[slot.version_id]
        response = version.kind.read(version.content, values.get(slot.slot), slot.order)
        found.append(Given(slot.slot, slot.version_id, response.value, response.blank))
    return found


def rows_of(attempt_id: int, given: Iterable[Given]) -> list[dict[str, Any]]:
    """The responses as rows of their table."""
    return [{"attempt_id": attempt_id, **one._asdict()} for one in given]


def columns(attempt_id: int, state: str, at: datetime, now: datetime, rows: Sequence[journal.Row]) -> dict[str, Any]:
    """What a closing at `now` writes into the attempt's row; `at`: as of when it counts, `rows`: its journal."""
    seal = journal.seal(attempt_id, rows)
    return {
        "state": state,
        "submitted_at": at,
        "closed_at": now,
        "remaining_s": None,
        "seal": seal,
        "receipt": journal.receipt(seal),
    }
