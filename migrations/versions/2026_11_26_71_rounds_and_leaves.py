"""Rounds of marking, tasks for one person, leaves of graders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_71"
down_revision = "2026_11_26_70"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HELD = sa.text("holder_id IS NOT NULL")
ASSIGNED = sa.text("state = 'open' AND assigned_id IS NOT NULL")
ROUNDS = ("marking_case", "marking_task", "mark", "adjudication")
PEOPLE = ("assigned_id", "asked_by_id")


def upgrade() -> None:
    for table in ROUNDS:
        op.add_column(table, sa.Column("round", NUMBER, server_default="1", nullable=False))
    op.add_column("marking_case", sa.Column("contested_round", NUMBER, nullable=True))
    op.add_column("marking_case", sa.Column("answer", sa.String(length=64), nullable=True))
    for name in PEOPLE:
        person = sa.ForeignKey("person.id", name=op.f(f"fk_marking_task_{name}_person"))
        op.add_column("marking_task", sa.Column(name, NUMBER, person, nullable=True), inline_references=True)
    op.create_index(
        "ix_marking_task_assigned_id",
        "marking_task",
        ["assigned_id"],
        sqlite_where=ASSIGNED,
        postgresql_where=ASSIGNED,
    )
    op.drop_index("uq_marking_task_held", table_name="marking_task")
    _one_of_a_case(["case_id", "round", "holder_id"])
    op.create_table(
        "grader_leave",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("exam_id", NUMBER, nullable=False),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("stand_in_id", NUMBER, nullable=True),
        sa.Column("from_at", columns.UTCTime(), nullable=False),
        sa.Column("until_at", columns.UTCTime(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("by_id", NUMBER, nullable=True),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["exam.id"], name=op.f("fk_grader_leave_exam_id_exam"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_grader_leave_person_id_person")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["person.id"], name=op.f("fk_grader_leave_stand_in_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grader_leave")),
    )
    op.create_index("ix_grader_leave_person_id_exam_id", "grader_leave", ["person_id", "exam_id"])


def _one_of_a_case(columns_: list[str]) -> None:
    op.create_index(
        "uq_marking_task_held", "marking_task", columns_, unique=True, sqlite_where=HELD, postgresql_where=HELD
    )


def downgrade() -> None:
    op.drop_index("ix_grader_leave_person_id_exam_id", table_name="grader_leave")
    op.drop_table("grader_leave")
    op.drop_index("uq_marking_task_held", table_name="marking_task")
    # Who marked a case twice, in two rounds, keeps her latest task; the marks themselves stand.
    op.execute(
        "UPDATE marking_task SET holder_id = NULL WHERE EXISTS (SELECT 1 FROM marking_task later "
        "WHERE later.case_id = marking_task.case_id AND later.holder_id = marking_task.holder_id "
        "AND later.round > marking_task.round)"
    )
    _one_of_a_case(["case_id", "holder_id"])
    op.drop_index("ix_marking_task_assigned_id", table_name="marking_task")
    with op.batch_alter_table("marking_task") as table:
        for name in PEOPLE:
            table.drop_column(name)
        table.drop_column("round")
    op.drop_column("marking_case", "answer")
    op.drop_column("marking_case", "contested_round")
    for name in ("marking_case", "mark", "adjudication"):
        op.drop_column(name, "round")
