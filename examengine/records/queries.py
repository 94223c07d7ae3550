"""Reads of records."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.orm import aliased

from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.pages import SIZE, Page, paged
from examengine.exams.models import Enrolment, Sitting
from examengine.records.models import Entry
from examengine.results.models import Release, Result


def find_unrecorded(limit: int) -> Sequence[int]:
    """Released results that no entry tells of."""
    query = select(Release.result_id).where(Release.recorded_at.is_(None)).order_by(Release.result_id).limit(limit)
    return session.scalars(query).all()


def find_entries(person_id: int, page: int = 1, *, size: int = SIZE, excluded: Collection[int] = ()) -> Page[Entry]:
    """A page of the person's record, latest first; without what comes from the `excluded` exams."""
    query = select(Entry).where(Entry.person_id == person_id).order_by(Entry.occurred_at.desc(), Entry.id.desc())
    if excluded:
        query = query.where(not_(_of_exams(excluded)))
    return paged(query, page, size)


def _of_exams(exam_ids: Collection[int]) -> ColumnElement[bool]:
    """A condition: the entry, or what it corrects in the end, comes from one of these exams."""
    attempts = select(Result.attempt_id).where(Result.exam_id.in_(exam_ids))
    enrolments = (
        select(Enrolment.id).join(Sitting, Sitting.id == Enrolment.sitting_id).where(Sitting.exam_id.in_(exam_ids))
    )

    pulled = or_(
        and_(Entry.source == "results", Entry.source_id.in_(attempts)),
        and_(Entry.source == "exams", Entry.source_id.in_(enrolments)),
    )
    found = select(Entry.id).where(pulled).cte(recursive=True)
    later = aliased(Entry)
    found = found.union(select(later.id).join(found, later.corrects_id == found.c.id))
    return Entry.id.in_(select(found.c.id))


def get_entry(entry_id: int) -> Entry:
    """Raises Missing."""
    found = session.get(Entry, entry_id)
    if found is None:
        raise Missing
    return found


def entries_of(person_ids: Collection[int]) -> Select[int]:
    """A query of the ids of these people's entries."""
    return select(Entry.id).where(Entry.person_id.in_(person_ids))
