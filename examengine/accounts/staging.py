"""Tables of what waits between two steps and is dropped soon: uploads of people, first passwords to be printed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core.db import Base, JSONText


class PeopleImport(Base):
    """An upload of people, from the file to its last row taken over; dropped after a day."""

    __tablename__ = "people_import"
    __table_args__ = (Index("ix_people_import_created_at", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The file itself, until rows of it are taken over."""
    wishes: Mapped[Any] = mapped_column(JSONText)
    """How the reader was told to read: {"encoding", "sheet", "columns": {field: position}}, each may be missing."""
    facts: Mapped[Any] = mapped_column(JSONText, default=dict)
    """How it was read: encoding, delimiter, sheets, sheet, header, sample, columns, unknown."""
    state: Mapped[str] = mapped_column(String(10), default="reading")
    """reading, columns (which column is what must be said first), failed, ready or dropped."""
    reasons: Mapped[Any] = mapped_column(JSONText, default=list)
    """Why it could not be read."""
    task_id: Mapped[int | None]
    """The last long work on it."""
    slips_id: Mapped[int | None]
    """The list of first passwords made by it."""


class PeopleImportRow(Base):
    """A row of an upload beside the person whom it names."""

    __tablename__ = "people_import_row"
    __table_args__ = (
        Index("ix_people_import_row_outcome", "import_id", "outcome", "row"),
        Index("ix_people_import_row_username", "import_id", "username"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("people_import.id", ondelete="CASCADE"))
    row: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10))
    """new, changed, unchanged or refused; done once it was taken over."""
    username: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[int | None]
    values: Mapped[Any] = mapped_column(JSONText)
    """What the file says, by field."""
    changes: Mapped[Any] = mapped_column(JSONText)
    """[[field, old, new], …]"""
    reasons: Mapped[Any] = mapped_column(JSONText)
    """Why it is refused, or what else there is to know, as kept messages."""


class SlipList(Base):
    """First passwords that are to be printed; dropped when they were downloaded, or after an hour."""

    __tablename__ = "slip_list"
    __table_args__ = (Index("ix_slip_list_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(300))
    """Of the log-in page, as it is printed."""
    content: Mapped[str | None] = mapped_column(Text, deferred=True)
    """The printed list, sealed."""
    count: Mapped[int] = mapped_column(default=0)
    """Slips on the printed list."""
    unprintable: Mapped[Any] = mapped_column(JSONText, default=list)
    """Employee numbers of people whose names have characters that the font lacks."""


class Slip(Base):
    """One person's first password, sealed with the instance's key (docs/decisions/0080)."""

    __tablename__ = "slip"
    __table_args__ = (Index("ix_slip_list_id", "list_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    """The latest first password of a person replaces any before."""
    list_id: Mapped[int] = mapped_column(ForeignKey("slip_list.id", ondelete="CASCADE"))
    secret: Mapped[str] = mapped_column(Text)
