"""Scores, marking cases, tasks, marks, adjudications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_24_07"
down_revision = "2026_11_24_06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "marking_case",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exam_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("candidate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("maximum", columns.Micro(), nullable=False),
        sa.Column("tolerance", columns.Micro(), nullable=False),
        sa.Column("step", columns.Micro(), nullable=False),
        sa.Column("wanted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("low", columns.Micro(), nullable=True),
        sa.Column("high", columns.Micro(), nullable=True),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("resolved_at", columns.UTCTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id", "slot"],
            ["item_response.attempt_id", "item_response.slot"],
            name=op.f("fk_marking_case_attempt_id_slot_item_response"),
        ),
        sa.ForeignKeyConstraint(["candidate_id"], ["person.id"], name=op.f("fk_marking_case_candidate_id_person")),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_marking_case_exam_id_exam")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_marking_case_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marking_case")),
        sa.UniqueConstraint("attempt_id", "slot", name=op.f("uq_marking_case_attempt_id_slot")),
    )
    op.create_index("ix_marking_case_exam_id_state", "marking_case", ["exam_id", "state"], unique=False)
    op.create_table(
        "score",
        sa.Column(
            "attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("slot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("points", columns.Micro(), nullable=False),
        sa.Column("maximum", columns.Micro(), nullable=False),
        sa.Column("evidence", columns.JSONText(), nullable=False),
        sa.Column("at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id", "slot"],
            ["item_response.attempt_id", "item_response.slot"],
            name=op.f("fk_score_attempt_id_slot_item_response"),
        ),
        sa.ForeignKeyConstraint(["version_id"], ["item_version.id"], name=op.f("fk_score_version_id_item_version")),
        sa.PrimaryKeyConstraint("attempt_id", "slot", "number", name=op.f("pk_score")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_score_version_id", "score", ["version_id"], unique=False)
    op.create_table(
        "adjudication",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total", columns.Micro(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["marking_case.id"], name=op.f("fk_adjudication_case_id_marking_case")),
        sa.ForeignKeyConstraint(["lead_id"], ["person.id"], name=op.f("fk_adjudication_lead_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudication")),
    )
    op.create_index("ix_adjudication_case_id", "adjudication", ["case_id"], unique=False)
    op.create_table(
        "marking_task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ordinal", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exam_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("holder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lease_until", columns.UTCTime(), nullable=True),
        sa.Column("shuffle", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["marking_case.id"], name=op.f("fk_marking_task_case_id_marking_case")),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_marking_task_exam_id_exam")),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name=op.f("fk_marking_task_holder_id_person")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_marking_task_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marking_task")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_marking_task_case_id_ordinal")),
    )
    op.create_index("ix_marking_task_holder_id", "marking_task", ["holder_id", "state"], unique=False)
    op.create_index(
        "ix_marking_task_lease",
        "marking_task",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "ix_marking_task_open",
        "marking_task",
        ["exam_id", "version_id", "created_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_marking_task_held",
        "marking_task",
        ["case_id", "holder_id"],
        unique=True,
        sqlite_where=sa.text("holder_id IS NOT NULL"),
        postgresql_where=sa.text("holder_id IS NOT NULL"),
    )
    op.create_table(
        "mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("marker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total", columns.Micro(), nullable=False),
        sa.Column("criteria", columns.JSONText(), nullable=False),
        sa.Column("rubric", columns.JSONText(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("supersedes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["marking_case.id"], name=op.f("fk_mark_case_id_marking_case")),
        sa.ForeignKeyConstraint(["marker_id"], ["person.id"], name=op.f("fk_mark_marker_id_person")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["mark.id"], name=op.f("fk_mark_supersedes_id_mark")),
        sa.ForeignKeyConstraint(["task_id"], ["marking_task.id"], name=op.f("fk_mark_task_id_marking_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_mark_supersedes_id")),
    )
    op.create_index("ix_mark_case_id", "mark", ["case_id"], unique=False)
    op.create_index("ix_mark_marker_id", "mark", ["marker_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_mark_marker_id", table_name="mark")
    op.drop_index("ix_mark_case_id", table_name="mark")
    op.drop_table("mark")
    op.drop_index(
        "uq_marking_task_held",
        table_name="marking_task",
        sqlite_where=sa.text("holder_id IS NOT NULL"),
        postgresql_where=sa.text("holder_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_marking_task_open",
        table_name="marking_task",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index(
        "ix_marking_task_lease",
        table_name="marking_task",
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.drop_index("ix_marking_task_holder_id", table_name="marking_task")
    op.drop_table("marking_task")
    op.drop_index("ix_adjudication_case_id", table_name="adjudication")
    op.drop_table("adjudication")
    op.drop_index("ix_score_version_id", table_name="score")
    op.drop_table("score")
    op.drop_index("ix_marking_case_exam_id_state", table_name="marking_case")
    op.drop_table("marking_case")
