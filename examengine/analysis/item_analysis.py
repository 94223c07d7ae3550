"""Facility of items (semantics §6); reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from examengine.bank.models import Item, ItemVersion
from examengine.core.db import session
from examengine.delivery.models import Attempt
from examengine.exams.models import Sitting
from examengine.grading.models import Score
from examengine.grading.queries import stands

HIDDEN_BELOW, INDICATIVE_BELOW = 10, 30


@dataclass(frozen=True)
class Facility:
    """How easy an item proved: mean share of its maximum over first, finished attempts."""

    version_id: int
    item_id: int
    code: str
    kind: str
    words: str
    count: int
    value: float

    @property
    def standing(self) -> str:
        """hidden (n < 10), indicative (10–29) or sound."""
        return "hidden" if self.count < HIDDEN_BELOW else "indicative" if self.count < INDICATIVE_BELOW else "sound"


def facilities(exam_id: int) -> list[Facility]:
    """Facility of every item version of an exam's first, finished attempts, hardest first."""
    query = (
        select(
            ItemVersion.id,
            Item.id,
            Item.code,
            ItemVersion.kind,
            ItemVersion.words,
            func.count(),
            func.sum(Score.points),
            func.sum(Score.maximum),
        )
        .join(Attempt, Attempt.id == Score.attempt_id)
        .join(Sitting, Sitting.id == Attempt.sitting_id)
        .join(ItemVersion, ItemVersion.id == Score.version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Sitting.exam_id == exam_id, Attempt.number == 1, Attempt.state.in_(("submitted", "expired")))
        .where(stands(), Score.maximum > 0)  # what does not count any more says nothing
        .group_by(ItemVersion.id, Item.id, Item.code, ItemVersion.kind, ItemVersion.words)
    )
    rows = [
        Facility(row[0], row[1], row[2], row[3], row[4], row[5], float(row[6] / row[7]) if row[7] else 0.0)
        for row in session.execute(query)
    ]
    return sorted(rows, key=lambda row: row.value)
