"""A result question by question, as its owner may read it, by three statements (hot path, docs/decisions/0009)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from examengine.bank import queries as bank
from examengine.bank.queries import Frozen
from examengine.core import db
from examengine.core.db import MICRO
from examengine.delivery import queries as attempts
from examengine.grading import queries as grading
from examengine.grading.models import Adjudication, MarkingCase
from examengine.itemtypes.base import Line


class Sat(Protocol):
    """An attempt, or what a page knows of it."""

    @property
    def id(self) -> int:
        """The attempt's."""

    @property
    def paper(self) -> Any:
        """As it was dealt."""


@dataclass(frozen=True)
class Answered:
    """A question of a released result as its owner may read it."""

    number: int
    version: Frozen
    """The one that the score was given by, so that keys and scores come from one (§5)."""
    shown: bool
    """Whether key and explanation may be shown (§5)."""
    lines: tuple[Line, ...]
    blank: bool
    points: Decimal | None
    """None: graders have it again after a correction was undone."""
    maximum: Decimal
    comments: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Of the score, where people have looked at the answer."""

    @property
    def criteria(self) -> tuple[Mapping[str, Any], ...]:
        """Points by criterion; empty until the keys may be shown: a rubric tells what was looked for."""
        return tuple(self.evidence.get("criteria", ())) if self.shown else ()

    @property
    def marks(self) -> int:
        """How many people's marks the score rests on."""
        return int(self.evidence.get("marks", 0))

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Empty until it may be shown."""
        return self.version.kind.key(self.version.content) if self.shown else ()

    @property
    def explanation(self) -> str:
        """Empty until it may be shown."""
        return self.version.content.explanation if self.shown else ""


_STILL_ASKED = """
WITH going AS (
  SELECT s.revision_id FROM sitting s WHERE s.hard_close_at >= :now AND s.state <> 'withdrawn'
  UNION
  SELECT r.revision_id FROM sitting s JOIN sitting_revision r ON r.sitting_id = s.id
  WHERE s.hard_close_at >= :now AND s.state <> 'withdrawn'
  UNION
  SELECT a.revision_id FROM attempt a WHERE a.state IN ('in_progress', 'paused')
)
SELECT DISTINCT i.version_id FROM going JOIN revision_item i ON i.revision_id = going.revision_id
WHERE i.version_id IN ({versions})
"""


def still_asked(version_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Item versions that somebody is still to be asked: a sitting that uses them has not closed (§5).

    Who has extra time may go on after the close, and counts too.
    """
    if not version_ids:
        return frozenset()
    names, values = db.spread(version_ids)
    return frozenset(row[0] for row in db.hot().execute(_STILL_ASKED.format(versions=names), {**values, "now": now}))


def withheld(judged_by: Iterable[tuple[int, int]], now: datetime) -> frozenset[int]:
    """Dealt versions, given with those that they are judged by, whose keys may not be shown: either is still asked."""
    pairs = tuple(judged_by)
    asked = still_asked({version for pair in pairs for version in pair}, now)
    return frozenset(dealt for dealt, judging in pairs if dealt in asked or judging in asked)


_ANSWERS = """
SELECT r.slot, r.version_id, r.value, r.blank, s.version_id, s.points, s.maximum, s.evidence
FROM item_response r
LEFT JOIN score s ON s.attempt_id = r.attempt_id AND s.slot = r.slot
  AND (s.correction_id IS NULL OR s.correction_id IN (SELECT c.id FROM correction c WHERE c.state = 'applied'))
WHERE r.attempt_id = :attempt
ORDER BY r.slot, s.number
"""
_AROUND = """
SELECT s.state = 'withdrawn', EXISTS (SELECT 1 FROM marking_case c WHERE c.attempt_id = a.id)
FROM attempt a JOIN sitting s ON s.id = a.sitting_id WHERE a.id = :attempt
"""


def review(sat: Sat, now: datetime) -> list[Answered]:
    """The attempt question by question, as its owner may see it now: keys and explanations only when released."""
    hot = db.hot()
    rows = {row[0]: row for row in hot.execute(_ANSWERS, {"attempt": sat.id})}  # of a slot's scores the last stands
    judged_by = [(row[1], row[4] or row[1]) for row in rows.values()]
    [(withdrawn, people)] = hot.execute(_AROUND, {"attempt": sat.id})
    # A sitting that was called off may be held anew with the same questions.
    kept_back = {dealt for dealt, _ in judged_by} if withdrawn else withheld(judged_by, now)
    frozen = bank.frozen(judging for _, judging in judged_by)
    cases = {case.slot: case for case in grading.find_cases([sat.id])} if people else {}
    decisions = grading.find_adjudications([case.id for case in cases.values()]) if people else {}
    dealt = attempts.slots(sat.paper)
    found = []
    for slot, version_id, value, blank, judging, points, maximum, scored_by in rows.values():
        version, place, case = frozen[judging or version_id], dealt[slot - 1], cases.get(slot)
        scored, shown = judging is not None, version_id not in kept_back
        evidence = json.loads(scored_by) if scored and case else {}
        found.append(
            Answered(
                slot,
                version,
                shown,
                _lines(version, None if value is None else json.loads(value), place.order, shown),
                bool(blank),
                points * MICRO if scored else None,
                maximum * MICRO if scored else place.points,
                _comments(case, decisions.get(case.id) if "adjudication" in evidence else None) if case else (),
                evidence,
            )
        )
    return found


def _lines(version: Frozen, value: Any, order: Sequence[int], shown: bool) -> tuple[Line, ...]:
    lines = version.kind.summarise(version.content, version.kind.restore(value))
    # Options as the candidate saw them: the authoring order never leaves the server (§7).
    lines = tuple(lines[i] for i in order) or lines
    return lines if shown else tuple(line.redacted() for line in lines)


def _comments(case: MarkingCase, decision: Adjudication | None) -> tuple[str, ...]:
    """What the graders, and the lead after them, wrote to the candidate."""
    written = [mark.comment for mark in grading.current_marks(case)] + ([decision.comment] if decision else [])
    return tuple(comment for comment in written if comment)
