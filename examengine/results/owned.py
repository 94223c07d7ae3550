"""An attempt with its released result, as its owner sees it, by one statement (hot path, docs/decisions/0009)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from examengine.core import db
from examengine.core.db import MICRO


@dataclass(frozen=True)
class Released:
    """The latest released row of the ledger."""

    revision: int
    points: Decimal
    maximum: Decimal
    percent: Decimal
    pass_mark: Decimal
    passed: bool
    breakdown: Any
    at: datetime
    """When it went out."""


@dataclass(frozen=True)
class Owned:
    """An attempt of the person's own."""

    id: int
    state: str
    void_reason: str
    submitted_at: datetime | None
    revision_id: int
    """Of the exam."""
    paper: Any
    released: Released | None
    """None too where the attempt is void."""
    contested: bool
    """Whether there is an appeal about it."""


# Not a join of result and release on the right of the left one: SQLite would read those of all the years for it.
_OWNED = """
SELECT a.state, a.void_reason, a.submitted_at, a.revision_id, a.paper,
  EXISTS (SELECT 1 FROM appeal p WHERE p.attempt_id = a.id),
  r.revision, r.points, r.maximum, r.percent, r.pass_mark, r.passed, r.breakdown, l.at
FROM attempt a
LEFT JOIN result r ON r.attempt_id = a.id AND a.state <> 'void'
  AND EXISTS (SELECT 1 FROM release o WHERE o.result_id = r.id)
LEFT JOIN release l ON l.result_id = r.id
WHERE a.id = :attempt AND a.person_id = :person
ORDER BY r.revision DESC
LIMIT 1
"""


def find_owned(attempt_id: int, person_id: int) -> Owned | None:
    """The person's own attempt; None for anybody else's."""
    rows = db.hot().execute(_OWNED, {"attempt": attempt_id, "person": person_id})
    if not rows:
        return None
    state, void_reason, submitted, exam_revision, paper, contested, revision, *row = rows[0]
    released = None
    if revision is not None:
        points, maximum, percent, pass_mark = (value * MICRO for value in row[:4])
        passed, breakdown, at = row[4:]
        released = Released(
            revision, points, maximum, percent, pass_mark, bool(passed), json.loads(breakdown), db.moment(at)
        )
    handed_in = None if submitted is None else db.moment(submitted)
    return Owned(
        attempt_id,
        state,
        void_reason,
        handed_in,
        exam_revision,
        json.loads(paper),
        released,
        bool(contested),
    )
