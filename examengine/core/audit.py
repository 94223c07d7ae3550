"""Append-only: who did what to what, when and why; written in the act's own transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, Select, String, Text, and_, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core.db import Base, JSONText, session
from examengine.core.pages import Page, paged


class AuditEntry(Base):
    """One act. `actor_id` is null for acts of the system itself."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "subject_id", "at"), Index("ix_audit_entry_at", "at"))

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
    people: Collection[int] | None = None
    """Who acted or was acted upon; None: anybody."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to, not including."""
    only: Collection[str] | None = None
    """Subjects that the reader may see; None: all."""


def find_page(chosen: AuditFilter, page: int = 1) -> Page[AuditEntry]:
    """A page of entries, latest first."""
    return paged(_chosen(chosen), page)


def find_latest(chosen: AuditFilter, limit: int) -> Sequence[AuditEntry]:
    """The latest entries, for an export."""
    return session.scalars(_chosen(chosen).limit(limit)).all()


def _chosen(chosen: AuditFilter) -> Select[AuditEntry]:
    query = select(AuditEntry)
    if chosen.action:
        query = query.where(AuditEntry.action == chosen.action)
    if chosen.subject:
        query = query.where(AuditEntry.subject == chosen.subject)
    if chosen.subject_id is not None:
        query = query.where(AuditEntry.subject_id == chosen.subject_id)
    if chosen.people is not None:
        upon = and_(AuditEntry.subject == "person", AuditEntry.subject_id.in_(chosen.people))
        query = query.where(or_(AuditEntry.actor_id.in_(chosen.people), upon))
    if chosen.since is not None:
        query = query.where(AuditEntry.at >= chosen.since)
    if chosen.until is not None:
        query = query.where(AuditEntry.at < chosen.until)
    if chosen.only is not None:
        query = query.where(AuditEntry.subject.in_(chosen.only))
    return query.order_by(AuditEntry.id.desc())


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
