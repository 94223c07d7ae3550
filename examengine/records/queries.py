"""Reads of records."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.pages import Page, paged
from examengine.delivery.models import Attempt
from examengine.records.models import Entry
from examengine.results.models import Release, Result


def find_unrecorded(limit: int) -> Sequence[int]:
    """Released results that no entry tells of."""
    has = (
        select(Entry.id)
        .where(Entry.source == "results", Entry.source_id == Result.attempt_id, Entry.revision == Result.revision)
        .exists()
    )
    query = (
        select(Result.id)
        .join(Release, Release.result_id == Result.id)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .where(~has)
        .order_by(Result.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def find_entries(person_id: int, page: int = 1) -> Page[Entry]:
    """A page of the person's record, latest first."""
    query = select(Entry).where(Entry.person_id == person_id).order_by(Entry.occurred_at.desc(), Entry.id.desc())
    return paged(query, page)


def get_entry(entry_id: int) -> Entry:
    """Raises Missing."""
    found = session.get(Entry, entry_id)
    if found is None:
        raise Missing
    return found
