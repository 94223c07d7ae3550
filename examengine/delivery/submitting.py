"""The plain submit on the driver’s connection: an open attempt that was never closed (hot path; decision 0007)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from examengine.bank import queries as bank
from examengine.bank.queries import Frozen
from examengine.core import db
from examengine.delivery import closing, journal, states
from examengine.delivery.closing import Given
from examengine.delivery.models import ItemResponse
from examengine.delivery.queries import Slot, slots
from examengine.delivery.tokens import Token


class Unusual(Exception):
    """More has to be asked, or something else said: `actions.submit` does. Nothing was done."""


@dataclass(frozen=True)
class HandedIn:
    """An attempt as it will be closed. Its row is locked, nothing is written yet."""

    attempt_id: int
    dealt: Sequence[Slot]
    frozen: Mapping[int, Frozen]
    """The versions that were dealt."""
    responses: Sequence[Given]
    columns: Mapping[str, Any]


_TAKE = """
SELECT a.deadline_at, a.paper
FROM attempt a JOIN person p ON p.id = a.person_id
WHERE a.id = :attempt AND a.person_id = :person AND a.state = 'in_progress' AND a.epoch = :epoch
  AND a.reopened = 0 AND a.rejected_late = 0 AND a.closed_at IS NULL AND a.deadline_at IS NOT NULL
  AND p.session_version = :session_version AND p.active
"""
POSTGRESQL = _TAKE + "FOR UPDATE OF a"
IMPATIENT = POSTGRESQL + " NOWAIT"
_JOURNAL = """
SELECT epoch, seq, body, sha256, received_at, late FROM save WHERE attempt_id = :attempt ORDER BY epoch, seq
"""


def take(hot: db.Hot, token: Token, digest: str, now: datetime, wait: bool) -> HandedIn:
    """What `actions.submit` would close, in the transaction at hand, which from now on holds the attempt's row.

    Raises Unusual; the driver's LockNotAvailable where it would have to `wait` on PostgreSQL and must not.
    """
    values = {
        "attempt": token.attempt,
        "person": token.person,
        "epoch": token.epoch,
        "session_version": token.session_version,
    }
    found = hot.execute((POSTGRESQL if wait else IMPATIENT) if hot.postgres else _TAKE, values)
    if not found:
        raise Unusual
    [(deadline, paper)] = found
    dealt = slots(json.loads(paper))
    frozen = bank.find_kept(slot.version_id for slot in dealt)
    if not dealt or frozen is None:
        raise Unusual
    rows = [
        journal.Row(epoch, seq, body, sha256, db.moment(at), bool(late))
        for epoch, seq, body, sha256, at, late in hot.execute(_JOURNAL, {"attempt": token.attempt})
    ]
    said = journal.fold(rows).values
    if journal.digest(said) != digest:
        raise Unusual
    at = min(now, db.moment(deadline))
    written = closing.columns(token.attempt, states.after("in_progress", "submit"), at, now, rows)
    return HandedIn(token.attempt, dealt, frozen, closing.respond(dealt, frozen, said), written)


def keep(hot: db.Hot, handed: HandedIn, scored_at: datetime) -> None:
    """Write the responses, and the attempt as closed and scored."""
    hot.insert(ItemResponse, closing.rows_of(handed.attempt_id, handed.responses))
    values = {**handed.columns, "scored_at": scored_at}
    given = ", ".join(f"{name} = :{name}" for name in values)
    sql = f"UPDATE attempt SET {given} WHERE id = :attempt"  # noqa: S608 (our names)
    hot.execute(sql, {**values, "attempt": handed.attempt_id})
