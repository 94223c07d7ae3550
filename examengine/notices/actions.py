"""Telling people something."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from examengine.core.db import session
from examengine.notices.models import Notice


def tell(people: Collection[int], kind: str, now: datetime, subject_id: int | None = None, **details: Any) -> None:
    """A notice of `kind` to each of `people`, in the current transaction."""
    rows = [
        {"person_id": person, "kind": kind, "subject_id": subject_id, "details": details, "created_at": now}
        for person in people
    ]
    if rows:
        session.execute(insert(Notice), rows)


def mark_read(person_id: int, now: datetime) -> None:
    """All notices of the person are read."""
    session.execute(update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None)).values(read_at=now))
