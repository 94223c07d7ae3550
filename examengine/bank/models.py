"""Tables of banks, competencies, items and their versions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from examengine.core.db import Base, JSONText


class Bank(Base):
    """A collection of items. `titles` and `descriptions` are by language."""

    __tablename__ = "bank"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    titles: Mapped[Any] = mapped_column(JSONText, default=dict)
    descriptions: Mapped[Any] = mapped_column(JSONText, default=dict)
    created_at: Mapped[datetime]

    def title(self, language: str) -> str:
        """The title in `language`, else in any."""
        return str(self.titles.get(language) or next(iter(self.titles.values()), self.code))


class Competency(Base):
    """A node of the competency tree (policy P-2.3). `code` never changes, wherever the node is moved."""

    __tablename__ = "competency"
    __table_args__ = (Index("ix_competency_parent_id", "parent_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(80), unique=True)
    titles: Mapped[Any] = mapped_column(JSONText, default=dict)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("competency.id"))
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    """Among those of the same parent."""
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Retired ones keep their questions and are not offered for new ones."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("competency.id"))
    loaded_titles: Mapped[Any] = mapped_column(JSONText, nullable=True)
    """As the last file had them: titles that differ were edited in the browser, and stay."""

    def title(self, language: str) -> str:
        """The title in `language`, else in any."""
        return str(self.titles.get(language) or next(iter(self.titles.values()), self.code))


class Item(Base):
    """A question through all its versions. `code` is stable within its bank."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("bank_id", "code"),
        Index("ix_item_bank_id_state_id", "bank_id", "state", "id"),
        Index("ix_item_code", "code", "id"),
        Index("uq_item_published_id", "published_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    code: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10), default="active")
    """active or retired."""
    use: Mapped[str] = mapped_column(String(10), default="exam")
    """exam, practice or both."""
    published_id: Mapped[int | None] = mapped_column(ForeignKey("item_version.id", use_alter=True))
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("item_version.id", use_alter=True))
    file_hash: Mapped[str | None] = mapped_column(String(64))
    """Of the file's content when it was last loaded."""
    loaded_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the version that the last load made: a newer version was edited in the browser."""

    bank: Mapped[Bank] = relationship(lazy="joined", innerjoin=True)
    published: Mapped[ItemVersion | None] = relationship(foreign_keys=[published_id], post_update=True)
    draft: Mapped[ItemVersion | None] = relationship(foreign_keys=[draft_id], post_update=True)

    @property
    def latest(self) -> ItemVersion:
        """The draft, else the published version."""
        found = self.draft or self.published
        if found is None:
            raise LookupError(f"item {self.id} has no version")
        return found


class ItemVersion(Base):
    """An item's wording, key and facts at one time; nothing of it changes after `published_at`."""

    __tablename__ = "item_version"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        Index("ix_item_version_kind_difficulty", "kind", "difficulty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(5))
    points: Mapped[Decimal]
    difficulty: Mapped[int]
    source: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[Any] = mapped_column(JSONText)
    movable: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """For each part (option) "1" when it may be shuffled, else "0": all that dealing a paper needs of the content."""
    words: Mapped[str] = mapped_column(Text, default="")
    """The stem's plain words, for lists and search."""
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]

    item: Mapped[Item] = relationship(foreign_keys=[item_id])
    competency_rows: Mapped[list[VersionCompetency]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    @property
    def competencies(self) -> tuple[str, ...]:
        """Codes of the competencies it is tagged with, in alphabetical order."""
        return tuple(sorted(row.code for row in self.competency_rows))


class VersionCompetency(Base):
    """A tag of an item version."""

    __tablename__ = "version_competency"
    __table_args__ = (Index("ix_version_competency_code", "code"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("competency.code"), primary_key=True)


class Media(Base):
    """A picture of questions; its file stands in the media folder under `name`, the SHA-256 of its content."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(70), unique=True)
    size: Mapped[int]
    """Bytes."""
    width: Mapped[int]
    height: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(120), default="")
    """As it was called where it came from first."""
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class MediaUpload(Base):
    """A picture that somebody added while writing a question; in its texts, or not yet."""

    __tablename__ = "media_upload"
    __table_args__ = (
        Index("ix_media_upload_item_id_media_id", "item_id", "media_id"),
        Index("ix_media_upload_person_id_media_id", "person_id", "media_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    """None while the question has not been saved."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    alt: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]

    media: Mapped[Media] = relationship(lazy="joined", innerjoin=True)
