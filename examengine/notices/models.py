"""Tables of notices, their deliveries, what people prefer, and their calendars."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from examengine.core.db import Base, JSONText


class Notice(Base):
    """A message to one person: a kind with its values; the page words it in her language."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_person_id_id", "person_id", "id"),
        Index("ix_notice_unplanned", "id", sqlite_where=text("NOT planned"), postgresql_where=text("NOT planned")),
        Index(
            "ix_notice_read_at",
            "read_at",
            sqlite_where=text("read_at IS NOT NULL"),
            postgresql_where=text("read_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    details: Mapped[Any] = mapped_column(JSONText, default=dict)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    planned: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its deliveries have been decided."""


class Delivery(Base):
    """A notice on its way to a person by mail: what became of it, and when it is tried again."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index(
            "ix_delivery_due",
            "next_try_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_delivery_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(10))
    """mail."""
    state: Mapped[str] = mapped_column(String(10))
    """waiting, sent, failed or dropped."""
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    """Nobody may try before: somebody is trying, or the back-off runs."""
    error: Mapped[str] = mapped_column(String(20), default="")
    """Why it was dropped or failed, a word of deliveries.REASONS."""
    answer: Mapped[str] = mapped_column(String(200), default="")
    """What the mail server said last."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    notice: Mapped[Notice] = relationship(lazy="joined", innerjoin=True)


class NoticePreference(Base):
    """What a person wants otherwise than it is by default (everything, everywhere)."""

    __tablename__ = "notice_preference"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    """app or mail."""
    wanted: Mapped[bool]


class CalendarFeed(Base):
    """A person's calendar under a secret address; a new number makes the old address worthless."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int]
    open: Mapped[bool]
    changed_at: Mapped[datetime]
