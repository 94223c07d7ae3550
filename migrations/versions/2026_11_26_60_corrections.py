"""Corrections of keys, points and scores; score rows that are in force with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_60"
down_revision = "2026_11_26_42"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNSETTLED, AGAIN = sa.text("NOT settled"), sa.text("again")
CORRECTED = sa.text("correction_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("exam_id", NUMBER, nullable=True),
        sa.Column("attempt_id", NUMBER, nullable=True),
        sa.Column("slot", NUMBER, nullable=True),
        sa.Column("version_id", NUMBER, nullable=True),
        sa.Column("before", columns.JSONText(), nullable=False),
        sa.Column("after", columns.JSONText(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("round", NUMBER, nullable=False),
        sa.Column("written_to", NUMBER, nullable=False),
        sa.Column("basis", columns.JSONText(), nullable=False),
        sa.Column("counts", columns.JSONText(), nullable=False),
        sa.Column("turn", NUMBER, nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("settled_to", NUMBER, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undo_reason", sa.Text(), nullable=False),
        sa.Column("by_id", NUMBER, nullable=True),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("applied_by_id", NUMBER, nullable=True),
        sa.Column("applied_at", columns.UTCTime(), nullable=True),
        sa.Column("undone_by_id", NUMBER, nullable=True),
        sa.Column("undone_at", columns.UTCTime(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_correction_item_id_item")),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_correction_exam_id_exam")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_correction_attempt_id_attempt")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_correction_version_id_item_version")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_correction_by_id_person")),
        sa.ForeignKeyConstraint(["applied_by_id"], ["person.id"], name=op.f("fk_correction_applied_by_id_person")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["person.id"], name=op.f("fk_correction_undone_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_item_id_state", "correction", ["item_id", "state"])
    op.create_index("ix_correction_exam_id", "correction", ["exam_id", "id"])
    op.create_index("ix_correction_unsettled", "correction", ["id"], sqlite_where=UNSETTLED, postgresql_where=UNSETTLED)
    # Written out: SQLite takes a new column with its reference in place, where alembic would make the table anew.
    number = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE score ADD COLUMN correction_id {number}"
        " CONSTRAINT fk_score_correction_id_correction REFERENCES correction (id)"
    )
    op.create_index(
        "ix_score_correction_id",
        "score",
        ["correction_id", "attempt_id"],
        sqlite_where=CORRECTED,
        postgresql_where=CORRECTED,
    )
    op.add_column("marking_case", sa.Column("shut_from", sa.String(length=10), nullable=True))
    op.add_column("marking_case", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_marking_case_again", "marking_case", ["attempt_id"], sqlite_where=AGAIN, postgresql_where=AGAIN)


def downgrade() -> None:
    op.drop_index("ix_marking_case_again", table_name="marking_case")
    op.drop_column("marking_case", "again")
    op.drop_column("marking_case", "shut_from")
    op.execute("DELETE FROM score WHERE correction_id IS NOT NULL")
    op.drop_index("ix_score_correction_id", table_name="score")
    with op.batch_alter_table("score", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("correction_id")
    op.drop_index("ix_correction_unsettled", table_name="correction")
    op.drop_index("ix_correction_exam_id", table_name="correction")
    op.drop_index("ix_correction_item_id_state", table_name="correction")
    op.drop_table("correction")
