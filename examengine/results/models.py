"""Tables of the result ledger and releases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from examengine.core.db import Base, JSONText


class Result(Base):
    """The official row of a completely scored attempt; a later revision is a new row."""

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("attempt_id", "revision"),
        Index("ix_result_sitting_id", "sitting_id"),
        Index("ix_result_person_id", "person_id", "id"),
        Index(
            "ix_result_kept_back",
            "sitting_id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    revision: Mapped[int]
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    points: Mapped[Decimal]
    maximum: Mapped[Decimal]
    percent: Mapped[Decimal]
    """Rounded half up once, to 2 places."""
    pass_mark: Mapped[Decimal]
    passed: Mapped[bool]
    borderline: Mapped[bool] = mapped_column(default=False)
    breakdown: Mapped[Any] = mapped_column(JSONText)
    """{"sections": [{"title", "points", "maximum"}], "competencies": [{"code", "points", "maximum", "items"}]}"""
    complete_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When it went out or a later revision took its place: until then its release is looked for."""
    reason: Mapped[str] = mapped_column(String(400), default="")
    cause: Mapped[Any] = mapped_column(JSONText, nullable=True)
    """Of a revision by a correction: {"correction": id, "kind", "slots", "undone"}."""

    release: Mapped[Release | None] = relationship(lazy="joined")


class Release(Base):
    """That and when a result was made known, by a policy or by a person."""

    __tablename__ = "release"
    __table_args__ = (
        Index(
            "ix_release_unrecorded",
            "result_id",
            sqlite_where=text("recorded_at IS NULL"),
            postgresql_where=text("recorded_at IS NULL"),
        ),
    )

    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    policy: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[int | None]
    recorded_at: Mapped[datetime | None]
    """Set by records.actions.record_result, which pulls releases by it."""


class CorrectionLine(Base):
    """What a correction changes for one attempt: a line of its preview."""

    __tablename__ = "correction_line"
    __table_args__ = (Index("ix_correction_line_changed", "correction_id", "round", "flip", "changed", "attempt_id"),)

    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), primary_key=True, autoincrement=False)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True, autoincrement=False)
    round: Mapped[int]
    """Of the preparation that it was written in."""
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    slot: Mapped[int]
    rested_on: Mapped[int]
    """Number of the score row that stood; 0: none."""
    points_before: Mapped[Decimal | None]
    maximum_before: Mapped[Decimal | None]
    points_after: Mapped[Decimal | None]
    """Null: people have yet to judge the answer."""
    maximum_after: Mapped[Decimal | None]
    percent_before: Mapped[Decimal | None]
    percent_after: Mapped[Decimal | None]
    """Of the whole attempt; null while a part of it waits for people."""
    changed: Mapped[bool]
    flip: Mapped[int]
    """1: passes by it, -1: passes no more, 0: neither."""
    marking: Mapped[int]
    """1: goes to graders, -1: graders are relieved of it, 0: neither."""


_OPEN = text("state IN ('open', 'marking')")


class Appeal(Base):
    """An operator contests a released result: what she asks, what became of it."""

    __tablename__ = "appeal"
    __table_args__ = (
        Index("uq_appeal_open", "attempt_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_appeal_attempt_id", "attempt_id"),
        Index("ix_appeal_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"))
    """The ledger row that she contests."""
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    slots: Mapped[Any] = mapped_column(JSONText)
    """Numbers of the contested questions; none: the whole result."""
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="open")
    """open, marking (with fresh graders), answered, rejected or withdrawn (taken back by her)."""
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("result.id"))
    """The ledger row that came of it."""

    remarks: Mapped[list[AppealSlot]] = relationship(order_by="AppealSlot.slot")
    contested: Mapped[Result] = relationship(foreign_keys=[result_id])
    outcome: Mapped[Result | None] = relationship(foreign_keys=[outcome_id])


class AppealSlot(Base):
    """An answer of an appeal that a fresh grader was asked to mark."""

    __tablename__ = "appeal_slot"

    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeal.id"), primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("marking_case.id"))
    before: Mapped[Decimal]
    """Points on the case's scale when it was sent."""
    after: Mapped[Decimal | None]
    """Points that the fresh look gave; written with the answer to the appeal."""
