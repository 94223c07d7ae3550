"""Tables of attempts, the journal of saves, pauses and item responses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from examengine.core.db import Base, JSONText
from examengine.exams.models import Enrolment, Sitting


class Attempt(Base):
    """One go of a candidate at an exam, with the paper she was dealt."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "number"),
        Index(
            "uq_attempt_open",
            "enrolment_id",
            unique=True,
            sqlite_where=text("state IN ('in_progress', 'paused')"),
            postgresql_where=text("state IN ('in_progress', 'paused')"),
        ),
        Index(
            "ix_attempt_due",
            "deadline_at",
            sqlite_where=text("state = 'in_progress'"),
            postgresql_where=text("state = 'in_progress'"),
        ),
        Index(
            "ix_attempt_unscored",
            "id",
            sqlite_where=text("state IN ('submitted', 'expired') AND scored_at IS NULL"),
            postgresql_where=text("state IN ('submitted', 'expired') AND scored_at IS NULL"),
        ),
        Index(
            "ix_attempt_ripening",
            "id",
            sqlite_where=text("state IN ('submitted', 'expired') AND scored_at IS NOT NULL AND result_at IS NULL"),
            postgresql_where=text("state IN ('submitted', 'expired') AND scored_at IS NOT NULL AND result_at IS NULL"),
        ),
        Index("ix_attempt_sitting_id_result_at", "sitting_id", "result_at"),
        Index("ix_attempt_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("exam_revision.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="in_progress")
    """in_progress, paused, submitted, expired or void."""
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    """Null while paused; else what timing.deadline computes from the ledgers."""
    remaining_s: Mapped[int | None]
    """While paused: whole seconds that were left."""
    epoch: Mapped[int] = mapped_column(default=1)
    """The writer's lease; every takeover raises it."""
    holder: Mapped[str] = mapped_column(String(64), default="")
    """The browser that holds the pen."""
    paper: Mapped[Any] = mapped_column(JSONText)
    """{"seed", "slots": [{"section", "version", "points" (10⁻⁶), "order"}, …]}; slot n is entry n−1."""
    submitted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    seal: Mapped[str | None] = mapped_column(String(64))
    receipt: Mapped[str | None] = mapped_column(String(20))
    scored_at: Mapped[datetime | None]
    """Set by grading.actions.score_closed, which pulls closed attempts by it."""
    result_at: Mapped[datetime | None]
    """Set by results.actions.complete with the first result; it pulls scored attempts by it."""
    rejected_late: Mapped[int] = mapped_column(default=0)
    void_reason: Mapped[str] = mapped_column(String(400), default="")
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many times it was closed and opened again (docs/decisions/0070)."""

    sitting: Mapped[Sitting] = relationship()
    enrolment: Mapped[Enrolment] = relationship()

    @property
    def is_open(self) -> bool:
        """Whether the candidate may still go on."""
        return self.state in ("in_progress", "paused")


class Save(Base):
    """A row of the journal: the body of one acknowledged save, as it was sent. Append-only."""

    __tablename__ = "save"
    __table_args__ = {"sqlite_with_rowid": False}  # one tree, an attempt's rows side by side

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    ordinal: Mapped[int]
    """How many saves the attempt has with this one (limit: 5,000)."""
    total_bytes: Mapped[int]
    """How many bytes the attempt has with this one (limit: 32 MiB)."""


class RejectedSave(Base):
    """A save that came too late; an invigilator may admit it with a reason."""

    __tablename__ = "rejected_save"
    __table_args__ = (UniqueConstraint("attempt_id", "epoch", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    epoch: Mapped[int]
    seq: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class Pause(Base):
    """A stop of the clock by an invigilator."""

    __tablename__ = "pause"
    __table_args__ = (Index("ix_pause_attempt_id", "attempt_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    by_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(400), default="")


class AttemptEvent(Base):
    """What happened to an attempt beside saves: takeovers, pauses, extra time, limits. Append-only."""

    __tablename__ = "attempt_event"
    __table_args__ = (Index("ix_attempt_event_attempt_id", "attempt_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(400), default="")
    details: Mapped[Any] = mapped_column(JSONText, default=dict)


class ItemResponse(Base):
    """The answer to one slot as it stands after the latest closing; earlier ones follow from the journal (0070)."""

    __tablename__ = "item_response"
    __table_args__ = (Index("ix_item_response_version_id", "version_id"), {"sqlite_with_rowid": False})

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    value: Mapped[Any] = mapped_column(JSONText, nullable=True)
    blank: Mapped[bool]
