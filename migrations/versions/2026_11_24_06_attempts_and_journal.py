"""Attempts, the journal, responses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_24_06"
down_revision = "2026_11_24_05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sitting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", columns.UTCTime(), nullable=False),
        sa.Column("deadline_at", columns.UTCTime(), nullable=True),
        sa.Column("remaining_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("epoch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("paper", columns.JSONText(), nullable=False),
        sa.Column("submitted_at", columns.UTCTime(), nullable=True),
        sa.Column("closed_at", columns.UTCTime(), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=True),
        sa.Column("receipt", sa.String(length=20), nullable=True),
        sa.Column("scored_at", columns.UTCTime(), nullable=True),
        sa.Column("rejected_late", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("void_reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_attempt_enrolment_id_enrolment")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attempt_person_id_person")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["exam_revision.id"], name=op.f("fk_attempt_revision_id_exam_revision")
        ),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_attempt_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("enrolment_id", "number", name=op.f("uq_attempt_enrolment_id_number")),
    )
    op.create_index(
        "ix_attempt_due",
        "attempt",
        ["deadline_at"],
        unique=False,
        sqlite_where=sa.text("state = 'in_progress'"),
        postgresql_where=sa.text("state = 'in_progress'"),
    )
    op.create_index("ix_attempt_person_id", "attempt", ["person_id"], unique=False)
    op.create_index("ix_attempt_sitting_id", "attempt", ["sitting_id"], unique=False)
    op.create_index(
        "ix_attempt_unscored",
        "attempt",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('submitted', 'expired') AND scored_at IS NULL"),
        postgresql_where=sa.text("state IN ('submitted', 'expired') AND scored_at IS NULL"),
    )
    op.create_index(
        "uq_attempt_open",
        "attempt",
        ["enrolment_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('in_progress', 'paused')"),
        postgresql_where=sa.text("state IN ('in_progress', 'paused')"),
    )
    op.create_table(
        "attempt_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", columns.UTCTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("details", columns.JSONText(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_attempt_event_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_event")),
    )
    op.create_index("ix_attempt_event_attempt_id", "attempt_event", ["attempt_id", "id"], unique=False)
    op.create_table(
        "item_response",
        sa.Column(
            "attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("slot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", columns.JSONText(), nullable=True),
        sa.Column("blank", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_item_response_attempt_id_attempt")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_item_response_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "slot", name=op.f("pk_item_response")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_item_response_version_id", "item_response", ["version_id"], unique=False)
    op.create_table(
        "pause",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", columns.UTCTime(), nullable=False),
        sa.Column("until_at", columns.UTCTime(), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_pause_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index("ix_pause_attempt_id", "pause", ["attempt_id"], unique=False)
    op.create_table(
        "rejected_save",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("epoch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_rejected_save_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_save")),
        sa.UniqueConstraint("attempt_id", "epoch", "seq", name=op.f("uq_rejected_save_attempt_id_epoch_seq")),
    )
    op.create_table(
        "save",
        sa.Column(
            "attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("epoch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", columns.UTCTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("ordinal", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_save_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("attempt_id", "epoch", "seq", name=op.f("pk_save")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("save")
    op.drop_table("rejected_save")
    op.drop_index("ix_pause_attempt_id", table_name="pause")
    op.drop_table("pause")
    op.drop_index("ix_item_response_version_id", table_name="item_response")
    op.drop_table("item_response")
    op.drop_index("ix_attempt_event_attempt_id", table_name="attempt_event")
    op.drop_table("attempt_event")
    op.drop_index(
        "uq_attempt_open",
        table_name="attempt",
        sqlite_where=sa.text("state IN ('in_progress', 'paused')"),
        postgresql_where=sa.text("state IN ('in_progress', 'paused')"),
    )
    op.drop_index(
        "ix_attempt_unscored",
        table_name="attempt",
        sqlite_where=sa.text("state IN ('submitted', 'expired') AND scored_at IS NULL"),
        postgresql_where=sa.text("state IN ('submitted', 'expired') AND scored_at IS NULL"),
    )
    op.drop_index("ix_attempt_sitting_id", table_name="attempt")
    op.drop_index("ix_attempt_person_id", table_name="attempt")
    op.drop_index(
        "ix_attempt_due",
        table_name="attempt",
        sqlite_where=sa.text("state = 'in_progress'"),
        postgresql_where=sa.text("state = 'in_progress'"),
    )
    op.drop_table("attempt")
