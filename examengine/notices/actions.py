"""Telling people something."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from examengine.core.db import session
from examengine.notices.models import Notice


def tell(people: Collection[int], kind: str, now: datetime, subject_id: int | None = None, **details: Any) -> None:
    """A notice of `kind` to each of `people`, in the current transaction."""
    tell_each([(person, subject_id) for person in people], kind, now, **details)


def tell_each(rows: Iterable[tuple[int, int | None]], kind: str, now: datetime, **details: Any) -> None:
    """A notice of `kind` to many people, each about something of her own: (person, subject) pairs."""
    common = {"kind": kind, "details": details, "created_at": now}
    made = [{**common, "person_id": person, "subject_id": subject} for person, subject in rows]
    if made:
        session.execute(insert(Notice), made)


def mark_read(person_id: int, now: datetime, notice_id: int | None = None) -> None:
    """All notices of the person, or this one, are read."""
    unread = update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    if notice_id is not None:
        unread = unread.where(Notice.id == notice_id)
    session.execute(unread.values(read_at=now))


def purge(before: datetime, limit: int = 500) -> int:
    """Delete some notices that were read before then, with their deliveries. Returns how many."""
    old = session.scalars(select(Notice.id).where(Notice.read_at < before).limit(limit)).all()
    session.execute(delete(Notice).where(Notice.id.in_(old)))
    return len(old)
