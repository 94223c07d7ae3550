"""Append-only: who did what to what, when and why; written in the act's own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core.db import Base, JSONText, session


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
