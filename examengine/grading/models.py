"""Tables of scores, marking cases, tasks, marks and adjudications."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from examengine.core.db import Base, JSONText


class Score(Base):
    """Points for one response; of the rows in force (queries.in_force) the one with the highest number stands."""

    __tablename__ = "score"
    __table_args__ = (
        ForeignKeyConstraint(["attempt_id", "slot"], ["item_response.attempt_id", "item_response.slot"]),
        Index("ix_score_version_id", "version_id"),
        Index(
            "ix_score_correction_id",
            "correction_id",
            "attempt_id",
            sqlite_where=text("correction_id IS NOT NULL"),
            postgresql_where=text("correction_id IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    attempt_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    source: Mapped[str] = mapped_column(String(10))
    """machine, marks, lead, appeal or correction (a row that no judgement of the answer is behind)."""
    points: Mapped[Decimal]
    maximum: Mapped[Decimal]
    evidence: Mapped[Any] = mapped_column(JSONText, default=dict)
    """What it rests on; "corrections" in it: made by these, out of an earlier row."""
    at: Mapped[datetime]
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
    """Such a row is in force only while its correction is applied."""


class Correction(Base):
    """A key, points or a score put right: its rows are written while it is a draft, one statement applies or undoes it.

    It concerns an item: everywhere (key), in one exam (points, everyone, drop), or in one attempt (score).
    """

    __tablename__ = "correction"
    __table_args__ = (
        Index("ix_correction_item_id_state", "item_id", "state"),
        Index("ix_correction_exam_id", "exam_id", "id"),
        Index(
            "ix_correction_unsettled",
            "id",
            sqlite_where=text("NOT settled"),
            postgresql_where=text("NOT settled"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """key, points, everyone (full points), drop (does not count) or score (one answer of one attempt)."""
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    exam_id: Mapped[int | None] = mapped_column(ForeignKey("exam.id"))
    """Null: every exam (a key is the item's)."""
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempt.id"))
    slot: Mapped[int | None]
    version_id: Mapped[int | None] = mapped_column(ForeignKey("item_version.id"))
    """Of a key: the corrected version."""
    before: Mapped[Any] = mapped_column(JSONText, default=dict)
    """key: {"versions": ids that it corrects, "published"}; points: {"points": […]}; score: {"points", "maximum"}."""
    after: Mapped[Any] = mapped_column(JSONText, default=dict)
    """key: {"version"}; points: {"points"}; score: {"points", "maximum", "judged": number of the last judgement}."""
    state: Mapped[str] = mapped_column(String(10), default="draft")
    """draft (rows are being written), ready, applied, undone or discarded."""
    round: Mapped[int] = mapped_column(default=1)
    """How many times its rows were prepared: lines of earlier rounds count no more."""
    written_to: Mapped[int] = mapped_column(default=0)
    """Up to this attempt its rows are written."""
    basis: Mapped[Any] = mapped_column(JSONText, default=list)
    """Corrections in force on the same answers when its rows were prepared."""
    counts: Mapped[Any] = mapped_column(JSONText, default=dict)
    """What the preview adds up to."""
    turn: Mapped[int] = mapped_column(default=0)
    """How many times it was applied or undone."""
    settled: Mapped[bool] = mapped_column(default=True)
    """Whether results follow its present state."""
    settled_to: Mapped[int] = mapped_column(default=0)
    """Up to this attempt they do."""
    reason: Mapped[str] = mapped_column(Text, default="")
    undo_reason: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    applied_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]


class MarkingCase(Base):
    """A response that people judge: how many marks are wanted, and whether they agree."""

    __tablename__ = "marking_case"
    __table_args__ = (
        UniqueConstraint("attempt_id", "slot"),
        ForeignKeyConstraint(["attempt_id", "slot"], ["item_response.attempt_id", "item_response.slot"]),
        Index("ix_marking_case_exam_id_state", "exam_id", "state"),
        Index(
            "ix_marking_case_again",
            "attempt_id",
            sqlite_where=text("again"),
            postgresql_where=text("again"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int]
    slot: Mapped[int]
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    candidate_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    code: Mapped[str] = mapped_column(String(8))
    """What graders see in place of a name."""
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, lead, resolved or void; appeal: decided, and a fresh mark is awaited."""
    shut_from: Mapped[str | None] = mapped_column(String(10))
    """The state that it had before a correction made it needless; it returns there when people are needed again."""
    again: Mapped[bool] = mapped_column(default=False)
    """Opened after its attempt was scored: once it is decided, results look at the attempt again."""
    maximum: Mapped[Decimal]
    tolerance: Mapped[Decimal]
    step: Mapped[Decimal]
    wanted: Mapped[int]
    """Marks asked for by the policy (n)."""
    method: Mapped[str] = mapped_column(String(12), default="mean")
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    """Marks of this round count; a changed answer, or an appeal that was answered, begins another."""
    contested_round: Mapped[int | None]
    """While a fresh look at the answer is asked for: the round of its mark, which does not count yet."""
    answer: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the answer that this round judges."""
    low: Mapped[Decimal | None]
    high: Mapped[Decimal | None]
    """Lowest and highest counted mark, once resolved."""
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    tasks: Mapped[list[MarkingTask]] = relationship(back_populates="case", order_by="MarkingTask.ordinal")
    marks: Mapped[list[Mark]] = relationship(back_populates="case", order_by="Mark.id")

    @property
    def open_round(self) -> int | None:
        """The round whose marks are awaited; None when graders have nothing to do."""
        return {"waiting": self.round, "appeal": self.contested_round}.get(self.state)


class MarkingTask(Base):
    """One wanted mark: open for any grader of the exam, or held by one under a lease."""

    __tablename__ = "marking_task"
    __table_args__ = (
        UniqueConstraint("case_id", "ordinal"),
        Index(
            "uq_marking_task_held",
            "case_id",
            "round",
            "holder_id",
            unique=True,
            sqlite_where=text("holder_id IS NOT NULL"),
            postgresql_where=text("holder_id IS NOT NULL"),
        ),
        Index(
            "ix_marking_task_open",
            "exam_id",
            "version_id",
            "created_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_marking_task_holder_id", "holder_id", "state"),
        Index(
            "ix_marking_task_assigned_id",
            "assigned_id",
            sqlite_where=text("state = 'open' AND assigned_id IS NOT NULL"),
            postgresql_where=text("state = 'open' AND assigned_id IS NOT NULL"),
        ),
        Index(
            "ix_marking_task_lease",
            "lease_until",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("marking_case.id"))
    ordinal: Mapped[int]
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    """open, claimed, done or void."""
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lease_until: Mapped[datetime | None]
    shuffle: Mapped[int]
    """A stable random number: the order within an item."""
    created_at: Mapped[datetime]
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    assigned_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The only grader who may take it; null: any."""
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Of a fresh look: who asked for it, and so may not give it."""

    case: Mapped[MarkingCase] = relationship(back_populates="tasks", lazy="joined", innerjoin=True)


class Mark(Base):
    """One grader's judgement with the rubric as it was; a changed mind is a new mark."""

    __tablename__ = "mark"
    __table_args__ = (Index("ix_mark_case_id", "case_id"), Index("ix_mark_marker_id", "marker_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("marking_case.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("marking_task.id"))
    marker_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    total: Mapped[Decimal]
    """On the slot's scale: 0 to the case's maximum."""
    criteria: Mapped[Any] = mapped_column(JSONText)
    """[{"title", "points", "maximum", "level"}, …] on the rubric's own scale."""
    rubric: Mapped[Any] = mapped_column(JSONText)
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("mark.id"), unique=True)
    round: Mapped[int] = mapped_column(default=1, server_default="1")

    case: Mapped[MarkingCase] = relationship(back_populates="marks")


class Adjudication(Base):
    """The lead's decision with its written reason."""

    __tablename__ = "adjudication"
    __table_args__ = (Index("ix_adjudication_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("marking_case.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    total: Mapped[Decimal]
    reason: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    round: Mapped[int] = mapped_column(default=1, server_default="1")


class GraderLeave(Base):
    """A grader does not mark an exam for a time; a stand-in may take what is hers."""

    __tablename__ = "grader_leave"
    __table_args__ = (Index("ix_grader_leave_person_id_exam_id", "person_id", "exam_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(400))
    by_id: Mapped[int | None]
    created_at: Mapped[datetime]
