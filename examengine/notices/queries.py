"""Reads of notices."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from examengine.core.db import session
from examengine.notices.models import Notice


def find_notices(person_id: int, limit: int = 50) -> Sequence[Notice]:
    """The person's latest notices."""
    query = select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc()).limit(limit)
    return session.scalars(query).all()


def count_unread(person_id: int) -> int:
    """How many of the person's notices are unread."""
    query = select(func.count()).select_from(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    return session.scalar(query) or 0
