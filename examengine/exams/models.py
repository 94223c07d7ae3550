"""Tables of exams, frozen revisions, sittings, enrolments and duties."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from examengine.accounts.models import Person
from examengine.core.db import Base, JSONText


class Exam(Base):
    """What is to be asked and under which terms. `plan` is the working copy (see plans.py)."""

    __tablename__ = "exam"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    """draft, published or withdrawn."""
    plan: Mapped[Any] = mapped_column(JSONText, deferred=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("exam_revision.id", use_alter=True))
    created_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    revision: Mapped[ExamRevision | None] = relationship(foreign_keys=[revision_id], post_update=True)
    duties: Mapped[list[ExamDuty]] = relationship(cascade="all, delete-orphan")


class ExamRevision(Base):
    """A published plan with its pools of item versions; nothing of it changes."""

    __tablename__ = "exam_revision"
    __table_args__ = (UniqueConstraint("exam_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    plan: Mapped[Any] = mapped_column(JSONText, deferred=True)
    pools: Mapped[Any] = mapped_column(JSONText, deferred=True)
    """[{"versions": [ids], "movable": [ItemVersion.movable of each], "count", "points": text}, …], one a slot
    rule, see assembly.py."""
    published_at: Mapped[datetime]
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class RevisionItem(Base):
    """Which item versions a revision may show: for release of keys, withdrawal and who may not see an item."""

    __tablename__ = "revision_item"
    __table_args__ = (Index("ix_revision_item_version_id", "version_id"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("exam_revision.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"), primary_key=True)


class ExamDuty(Base):
    """grader, lead or deputy of an exam."""

    __tablename__ = "exam_duty"
    __table_args__ = (Index("ix_exam_duty_person_id", "person_id"),)

    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    duty: Mapped[str] = mapped_column(String(10), primary_key=True)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Sitting(Base):
    """An exam held at a time for an audience."""

    __tablename__ = "sitting"
    __table_args__ = (
        Index("ix_sitting_exam_id", "exam_id"),
        Index("ix_sitting_hard_close_at", "hard_close_at"),
        Index("ix_sitting_makeup_of_id", "makeup_of_id"),
        Index(
            "ix_sitting_unrolled",
            "hard_close_at",
            sqlite_where=text("roll_at IS NULL"),
            postgresql_where=text("roll_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("exam_revision.id"))
    title: Mapped[str] = mapped_column(String(200))
    opens_at: Mapped[datetime]
    last_start_at: Mapped[datetime]
    hard_close_at: Mapped[datetime]
    access_code: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(12), default="planned")
    """planned or withdrawn; open and closed follow from the clock."""
    created_at: Mapped[datetime]
    makeup_of_id: Mapped[int | None] = mapped_column(ForeignKey("sitting.id"))
    """The sitting whose absent people sit this one."""
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    """Raised whenever what stands in people's calendars changes."""
    moved_at: Mapped[datetime | None]
    """When its times were changed last: reminders that were due before are not made up for."""
    roll_at: Mapped[datetime | None]
    """When everybody who never began had been put down as absent after the close."""

    exam: Mapped[Exam] = relationship()
    revision: Mapped[ExamRevision] = relationship()


class SittingRevision(Base):
    """A revision that a sitting had before its present one: attempts may have been dealt from it."""

    __tablename__ = "sitting_revision"
    __table_args__ = (Index("ix_sitting_revision_revision_id", "revision_id"),)

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id", ondelete="CASCADE"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("exam_revision.id"), primary_key=True)
    until_at: Mapped[datetime]


class SittingTeam(Base):
    """A team whose members are enrolled, joiners too until the last start."""

    __tablename__ = "sitting_team"

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)


class SittingInvigilator(Base):
    """Who watches over a sitting."""

    __tablename__ = "sitting_invigilator"
    __table_args__ = (Index("ix_sitting_invigilator_person_id", "person_id"),)

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)


class Enrolment(Base):
    """A person's place in a sitting."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("sitting_id", "person_id"), Index("ix_enrolment_person_id", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    source: Mapped[str] = mapped_column(String(10))
    """team or person."""
    state: Mapped[str] = mapped_column(String(10), default="enrolled")
    """enrolled, left (before starting) or absent."""
    extra_attempts: Mapped[int] = mapped_column(default=0)
    """Attempts beyond the plan's number: readmissions."""
    created_at: Mapped[datetime]

    sitting: Mapped[Sitting] = relationship()
    person: Mapped[Person] = relationship()
    accommodations: Mapped[list[Accommodation]] = relationship(order_by="Accommodation.id")


class Reminder(Base):
    """That an enrolled person was reminded of a moment of the sitting; a moved sitting has other moments."""

    __tablename__ = "reminder"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True)
    moment: Mapped[datetime] = mapped_column(primary_key=True)
    ahead_s: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """How long before."""


class Accommodation(Base):
    """Extra time for one person in one sitting: a ledger, never changed."""

    __tablename__ = "accommodation"
    __table_args__ = (Index("ix_accommodation_enrolment_id", "enrolment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"))
    extra_s: Mapped[int]
    extra_close_s: Mapped[int | None]
    """How much later the hard close is for her; null: as much as extra_s."""
    by_id: Mapped[int | None]
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(400), default="")
