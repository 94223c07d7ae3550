"""What must not exist for somebody who is to sit an exam herself (semantics §4), whatever her roles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, not_, select

from examengine.bank import queries as bank
from examengine.bank.models import ItemVersion
from examengine.core.db import session
from examengine.delivery import states
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Sitting

Column = SQLColumnExpression[int]


@dataclass(frozen=True)
class Hidden:
    """Exams and items that do not exist for a person: the items wherever else they are asked, too."""

    exams: frozenset[int] = frozenset()
    items: frozenset[int] = frozenset()

    def has(self, exam_id: int, version_id: int) -> bool:
        """Whether an answer in this exam to this item version is hidden."""
        if exam_id in self.exams:
            return True
        return bool(self.items) and bank.frozen([version_id])[version_id].item_id in self.items

    def leaves(self, exam_id: Column, version_id: Column) -> list[ColumnElement[bool]]:
        """Conditions: rows with these columns are not hidden."""
        return [exam_id.not_in(self.exams), not_(of_items(version_id, self.items))] if self.exams else []


def of_items(version_id: Column, items: Collection[int]) -> ColumnElement[bool]:
    """A condition: the item version is one of these items'."""
    return version_id.in_(select(ItemVersion.id).where(ItemVersion.item_id.in_(items)))


NOTHING = Hidden()


def find_hidden(person_id: int, now: datetime) -> Hidden:
    """From her enrolment to the last hard close of the exam's sittings; and as long as an attempt of hers goes on.

    An attempt may go on after that close (extra time, a pause) and after its sitting was withdrawn.
    """
    going = select(Sitting.exam_id).join(Attempt, Attempt.sitting_id == Sitting.id)
    going = going.where(Attempt.person_id == person_id, Attempt.state.in_(states.OPEN))
    hidden = exams.find_conflicts(person_id, now) | frozenset(session.scalars(going))
    return Hidden(hidden, exams.find_items(hidden)) if hidden else NOTHING
