"""Reads of notices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.pages import Page, paged
from examengine.notices.kinds import KINDS
from examengine.notices.models import Notice, NoticePreference

OPTIONAL = [name for name, kind in KINDS.items() if not kind.must_know]


def _wanted(person_id: int) -> ColumnElement[bool]:
    """A condition: the person has not switched the notice's kind off in the app."""
    off = select(NoticePreference.kind).where(
        NoticePreference.person_id == person_id, NoticePreference.channel == "app", ~NoticePreference.wanted
    )
    return Notice.kind.not_in(OPTIONAL) | Notice.kind.not_in(off)


def find_notices(person_id: int, limit: int = 50) -> Sequence[Notice]:
    """The person's latest notices."""
    query = select(Notice).where(Notice.person_id == person_id, _wanted(person_id))
    return session.scalars(query.order_by(Notice.id.desc()).limit(limit)).all()


def find_unread(person_id: int, limit: int) -> Sequence[Notice]:
    """The person's latest unread notices, of kinds that are known here."""
    query = select(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None), _wanted(person_id))
    query = query.where(Notice.kind.in_(list(KINDS)))
    return session.scalars(query.order_by(Notice.id.desc()).limit(limit)).all()


def find_page(person_id: int, page: int, *, unread_only: bool = False, about: str = "", size: int = 25) -> Page[Notice]:
    """A page of the person's notices, unread ones first, then latest first; `about`: the first part of their kinds."""
    query = select(Notice).where(Notice.person_id == person_id, _wanted(person_id))
    if unread_only:
        query = query.where(Notice.read_at.is_(None))
    if about:
        query = query.where(Notice.kind.startswith(about + ".", autoescape=True))
    return paged(query.order_by(Notice.read_at.is_not(None), Notice.id.desc()), page, size)


def get_notice(notice_id: int, person_id: int) -> Notice:
    """A notice of the person's own. Raises Missing."""
    found = session.get(Notice, notice_id)
    if found is None or found.person_id != person_id:
        raise Missing
    return found


def count_unread(person_id: int) -> int:
    """How many of the person's notices are unread."""
    query = select(func.count()).select_from(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    return session.scalar(query.where(_wanted(person_id))) or 0


def last_told(person_ids: Collection[int], kind: str) -> Mapping[int, datetime]:
    """By person: when she was last told something of a kind."""
    query = select(Notice.person_id, func.max(Notice.created_at))
    query = query.where(Notice.person_id.in_(person_ids), Notice.kind == kind).group_by(Notice.person_id)
    return {row[0]: row[1] for row in session.execute(query)}


def find_old(before: datetime) -> Sequence[int]:
    """The first notice that was read before then, if there is any: actions.purge() takes it and others."""
    return session.scalars(select(Notice.id).where(Notice.read_at < before).limit(1)).all()
