"""Table of notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core.db import Base, JSONText


class Notice(Base):
    """A message to one person: a kind with its values; the page words it in her language."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_person_id_id", "person_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    details: Mapped[Any] = mapped_column(JSONText, default=dict)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
