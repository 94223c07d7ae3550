"""What an answer earns under the corrections in force (pure; semantics §5, docs/decisions/0060).

They make one rule, whatever the order in which they came: the key says how right an answer is, "everyone" makes it all
right, a single score beats both; the points say what it may earn, and what does not count is out of 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from examengine.itemtypes.base import Scoring

_MICRO = Decimal("0.000001")
NOBODY = ("machine", "correction")
"""Sources of rows that no person's judgement of the answer is behind."""


@dataclass(frozen=True)
class Row:
    """A score row as the rules need it."""

    number: int
    version_id: int
    points: Decimal
    maximum: Decimal
    source: str
    evidence: Mapping[str, Any]
    in_force: bool
    correction_id: int | None = None

    @property
    def is_judgement(self) -> bool:
        """Whether people judged the answer here; copies that corrections made of it are none."""
        return self.source not in NOBODY and "corrections" not in self.evidence


@dataclass(frozen=True)
class Ruling:
    """A correction as far as an answer's score needs it."""

    correction_id: int
    kind: str
    version_id: int | None = None
    """key: the corrected version."""
    points: Decimal | None = None
    """points: the new maximum; score: the points."""
    maximum: Decimal | None = None
    """score: what the points were given out of."""
    judged: int = 0
    """score: number of the last judgement before it; a later one takes its place."""


@dataclass(frozen=True)
class Rules:
    """What holds for one answer."""

    version_id: int
    maximum: Decimal
    everyone: bool
    drop: bool
    single: Ruling | None
    corrections: tuple[int, ...]


def rules(dealt_version: int, dealt_maximum: Decimal, rulings: Iterable[Ruling]) -> Rules:
    """The rules for an answer by the corrections on it, in the order of application: of a kind the last decides."""
    rulings = tuple(rulings)
    version, maximum, single = dealt_version, dealt_maximum, None
    for ruling in rulings:
        if ruling.kind == "key" and ruling.version_id is not None:
            version = ruling.version_id
        elif ruling.kind == "points" and ruling.points is not None:
            maximum = ruling.points
        elif ruling.kind == "score":
            single = ruling
    kinds = {ruling.kind for ruling in rulings}
    ids = tuple(sorted(ruling.correction_id for ruling in rulings))
    return Rules(version, maximum, "everyone" in kinds, "drop" in kinds, single, ids)


@dataclass(frozen=True)
class Judgement:
    """What an answer earns and why."""

    version_id: int
    points: Decimal
    maximum: Decimal
    source: str
    evidence: Mapping[str, Any]

    @property
    def needs_people(self) -> bool:
        """Whether it rests on people's judgement."""
        return self.source not in NOBODY

    def same_as(self, row: Row | None) -> bool:
        """Whether the row says this already."""
        if row is None or row.version_id != self.version_id:
            return False
        return (row.points, row.maximum) == (_kept(self.points), _kept(self.maximum))


def _kept(figure: Decimal) -> Decimal:
    """A figure as the database keeps it."""
    return figure.quantize(_MICRO, rounding=ROUND_HALF_UP)


def judged(held: Rules, scoring: Scoring, rows: Iterable[Row]) -> Judgement | None:
    """The judgement by the rules; `scoring` is the machine's by their version. None: people have yet to judge."""
    marks = {"corrections": list(held.corrections)} if held.corrections else {}
    people = max((row for row in rows if row.is_judgement), key=lambda row: row.number, default=None)

    def made(points: Decimal, source: str, evidence: Mapping[str, Any]) -> Judgement:
        maximum = Decimal(0) if held.drop else held.maximum
        return Judgement(held.version_id, points if maximum else Decimal(0), maximum, source, {**evidence, **marks})

    single = held.single
    later = people is not None and single is not None and people.number > single.judged
    if single is not None and single.points is not None and single.maximum and not later:
        return made(single.points * held.maximum / single.maximum, "correction", {"corrected": "score"})
    if held.everyone:
        return made(held.maximum, "correction", {"corrected": "everyone"})
    if scoring.fraction is not None:
        evidence = {"fraction": int(_kept(scoring.fraction) / _MICRO), "note": scoring.note, **scoring.evidence}
        return made(scoring.fraction * held.maximum, "machine", evidence)
    if people is not None:
        return made(people.points * held.maximum / people.maximum, people.source, people.evidence)
    return made(Decimal(0), "correction", {"corrected": "drop"}) if held.drop else None
