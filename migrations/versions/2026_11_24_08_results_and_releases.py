"""The result ledger and releases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_24_08"
down_revision = "2026_11_24_07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "result",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sitting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exam_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", columns.Micro(), nullable=False),
        sa.Column("maximum", columns.Micro(), nullable=False),
        sa.Column("percent", columns.Micro(), nullable=False),
        sa.Column("pass_mark", columns.Micro(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("borderline", sa.Boolean(), nullable=False),
        sa.Column("breakdown", columns.JSONText(), nullable=False),
        sa.Column("complete_at", columns.UTCTime(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_result_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_result_exam_id_exam")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_result_person_id_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_result_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint("attempt_id", "revision", name=op.f("uq_result_attempt_id_revision")),
    )
    op.create_index("ix_result_person_id", "result", ["person_id", "id"], unique=False)
    op.create_index("ix_result_sitting_id", "result", ["sitting_id"], unique=False)
    op.create_table(
        "release",
        sa.Column(
            "result_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", columns.UTCTime(), nullable=False),
        sa.Column("policy", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_release_result_id_result")),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_release")),
    )


def downgrade() -> None:
    op.drop_table("release")
    op.drop_index("ix_result_sitting_id", table_name="result")
    op.drop_index("ix_result_person_id", table_name="result")
    op.drop_table("result")
