"""The review of what a bank has published; kept by the process until one of the items changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from examengine.bank import queries
from examengine.bank.models import Bank, Item, ItemVersion
from examengine.bank.review import Review, review
from examengine.bank.review_item import Subject
from examengine.core.db import session

LARGEST = 500
"""A request reviews no larger banks; the console does."""
_KEPT = 20


@dataclass(frozen=True)
class Published:
    """A bank's published items and their review (None: the bank is too large)."""

    items: Mapping[str, int]
    """Ids by code."""
    review: Review | None


_reviews: dict[tuple[str, tuple[int, ...]], Review] = {}


def find_review(bank: Bank, excluded: Collection[int] = ()) -> Published:
    """The review of the bank's published items in use, without those that must not be seen."""
    query = (
        select(Item.id, Item.code, ItemVersion.id, ItemVersion.difficulty, ItemVersion.source)
        .join(ItemVersion, ItemVersion.id == Item.published_id)
        .where(Item.bank_id == bank.id, Item.state == "active")
        .order_by(Item.code)
    )
    rows = [row for row in session.execute(query) if row[0] not in excluded]
    items = {row[1]: row[0] for row in rows}
    if len(rows) > LARGEST:
        return Published(items, None)
    key = (bank.code, tuple(row[2] for row in rows))
    if key not in _reviews:
        if len(_reviews) >= _KEPT:
            _reviews.clear()
        frozen = queries.frozen(key[1])
        subjects = []
        for _, code, version_id, difficulty, source in rows:
            held = frozen[version_id]
            facts = (held.language, difficulty, held.competencies, source)
            subjects.append(Subject(bank.code, code, held.kind, held.content, *facts))
        _reviews[key] = review(subjects)
    return Published(items, _reviews[key])
