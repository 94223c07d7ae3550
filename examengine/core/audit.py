"""Append-only: who did what to what, when and why; written in the act's own transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVarTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    Select,
    String,
    Text,
    cast,
    false,
    insert,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from examengine.core.db import Base, JSONText, session
from examengine.core.pages import Page, paged

Ts = TypeVarTuple("Ts")


class AuditEntry(Base):
    """One act. `actor_id` is null for acts of the system itself."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject", "subject_id", "at"),
        Index("ix_audit_entry_actor", "actor_id", "at"),
        Index("ix_audit_entry_action", "action", "at"),
        Index("ix_audit_entry_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[Any] = mapped_column(JSONText, default=dict)


def record(
    now: datetime,
    actor_id: int | None,
    action: str,
    subject: str,
    subject_id: int | None,
    reason: str = "",
    **detail: Any,
) -> None:
    """Add an entry to the current transaction."""
    session.add(
        AuditEntry(
            at=now,
            actor_id=actor_id,
            action=action,
            subject=subject,
            subject_id=subject_id,
            reason=reason,
            detail=detail,
        )
    )


@dataclass(frozen=True)
class AuditFilter:
    """Which entries a list shows."""

    action: str = ""
    subject: str = ""
    subject_id: int | None = None
    actors: Collection[int] | None = None
    """Who acted; None: anybody."""
    upon: Mapping[str, Collection[int] | Select[int]] | None = None
    """What was acted upon, by subject (ids, or a query of them); None: anything. With `actors`: either is enough."""
    words: str = ""
    """In the reason or the details."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to, not including."""
    only: Collection[str] | None = None
    """Subjects that the reader may see; None: all."""


MOST_FOUND = 10_000
"""Entries that a search finds, latest first: days in the filter lead to those before."""
MOST_SEARCHED = 20_000
"""Entries in which a search for words looks, latest first."""


def find_page(chosen: AuditFilter, page: int = 1) -> Page[AuditEntry]:
    """A page of entries, latest first; MOST_FOUND in all."""
    return paged(_chosen(chosen), page, most=MOST_FOUND)


def find_latest(chosen: AuditFilter, limit: int) -> Sequence[AuditEntry]:
    """The latest entries, for an export."""
    return session.scalars(_chosen(chosen).limit(limit)).all()


def find_search_end(chosen: AuditFilter) -> datetime | None:
    """When a search for words looked at the last entry that it looks at; None: it looked at all."""
    query = _narrowed(chosen, select(AuditEntry.at)).order_by(*LATEST)
    return session.scalar(query.offset(MOST_SEARCHED - 1).limit(1)) if chosen.words else None


LATEST = (AuditEntry.at.desc(), AuditEntry.id.desc())


def _chosen(chosen: AuditFilter) -> Select[AuditEntry]:
    query = _narrowed(chosen, select(AuditEntry)).order_by(*LATEST)
    if not chosen.words:
        return query
    near = aliased(AuditEntry, query.limit(MOST_SEARCHED).subquery())
    said = or_(*(text.icontains(chosen.words, autoescape=True) for text in (near.reason, cast(near.detail, Text))))
    return select(near).where(said).order_by(near.at.desc(), near.id.desc())


def _narrowed(chosen: AuditFilter, query: Select[*Ts]) -> Select[*Ts]:
    if chosen.action:
        query = query.where(AuditEntry.action == chosen.action)
    if chosen.subject:
        query = query.where(AuditEntry.subject == chosen.subject)
    if chosen.subject_id is not None:
        query = query.where(AuditEntry.subject_id == chosen.subject_id)
    if chosen.actors is not None or chosen.upon is not None:
        query = query.where(AuditEntry.id.in_(_concerning(chosen)))
    if chosen.since is not None:
        query = query.where(AuditEntry.at >= chosen.since)
    if chosen.until is not None:
        query = query.where(AuditEntry.at < chosen.until)
    if chosen.only is not None:
        query = query.where(AuditEntry.subject.in_(chosen.only))
    return query


def _concerning(chosen: AuditFilter) -> Select[int]:
    """Ids of the entries by or upon somebody: a search of its own for each, as each has its index."""
    conditions: list[ColumnElement[bool]] = []
    if chosen.actors is not None:
        conditions.append(AuditEntry.actor_id.in_(chosen.actors))
    for subject, ids in (chosen.upon or {}).items():
        conditions.append((AuditEntry.subject == subject) & AuditEntry.subject_id.in_(ids))
    parts = [select(AuditEntry.id).where(condition) for condition in conditions]
    both = union_all(*parts).subquery() if parts else select(AuditEntry.id).where(false()).subquery()
    return select(both.c.id)


def record_all(
    now: datetime,
    actor_id: int | None,
    action: str,
    subject: str,
    details: Mapping[int, Mapping[str, Any]],
    reason: str = "",
) -> None:
    """The same act on many subjects (ids with details): one statement."""
    common = {"at": now, "actor_id": actor_id, "action": action, "subject": subject, "reason": reason}
    rows = [{**common, "subject_id": key, "detail": dict(detail)} for key, detail in details.items()]
    if rows:
        session.execute(insert(AuditEntry), rows)


def record_on(connection: Connection, now: datetime, action: str, subject: str, **detail: Any) -> None:
    """An act of the system itself, in the open transaction of a connection apart from the session."""
    row = {"at": now, "actor_id": None, "action": action, "subject": subject, "reason": "", "detail": detail}
    connection.execute(insert(AuditEntry), [row])
