"""Lines of a correction's preview; what caused a revision of a result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_61"
down_revision = "2026_11_26_60"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "correction_line",
        sa.Column("correction_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("attempt_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("round", NUMBER, nullable=False),
        sa.Column("sitting_id", NUMBER, nullable=False),
        sa.Column("slot", NUMBER, nullable=False),
        sa.Column("rested_on", NUMBER, nullable=False),
        sa.Column("points_before", columns.Micro(), nullable=True),
        sa.Column("maximum_before", columns.Micro(), nullable=True),
        sa.Column("points_after", columns.Micro(), nullable=True),
        sa.Column("maximum_after", columns.Micro(), nullable=True),
        sa.Column("percent_before", columns.Micro(), nullable=True),
        sa.Column("percent_after", columns.Micro(), nullable=True),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("flip", NUMBER, nullable=False),
        sa.Column("marking", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name=op.f("fk_correction_line_correction_id_correction")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_correction_line_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_correction_line_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("correction_id", "attempt_id", name=op.f("pk_correction_line")),
    )
    op.create_index(
        "ix_correction_line_changed", "correction_line", ["correction_id", "round", "flip", "changed", "attempt_id"]
    )
    op.add_column("result", sa.Column("cause", columns.JSONText(), nullable=True))


def downgrade() -> None:
    op.drop_column("result", "cause")
    op.drop_index("ix_correction_line_changed", table_name="correction_line")
    op.drop_table("correction_line")
