"""Table of the operator's record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core.db import Base, JSONText


class Entry(Base):
    """An entry of somebody's record, pulled once from its source; a correction is another entry."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("source", "source_id", "revision"),
        Index("ix_entry_person_id_occurred_at", "person_id", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    source: Mapped[str] = mapped_column(String(20))
    """The room it came from: results, exams (absence) or records (a correction by hand)."""
    source_id: Mapped[int]
    revision: Mapped[int]
    kind: Mapped[str] = mapped_column(String(30))
    occurred_at: Mapped[datetime]
    details: Mapped[Any] = mapped_column(JSONText)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    by_id: Mapped[int | None]
    created_at: Mapped[datetime]
