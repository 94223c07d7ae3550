"""Reminders of sittings, and how often a sitting was moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_31"
down_revision = "2026_11_26_30"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("sitting", sa.Column("sequence", NUMBER, nullable=False, server_default="0"))
    op.add_column("sitting", sa.Column("moved_at", columns.UTCTime(), nullable=True))
    op.create_table(
        "reminder",
        sa.Column("enrolment_id", NUMBER, nullable=False),
        sa.Column("moment", columns.UTCTime(), nullable=False),
        sa.Column("ahead_s", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_reminder_enrolment_id_enrolment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "moment", "ahead_s", name=op.f("pk_reminder")),
    )


def downgrade() -> None:
    op.drop_table("reminder")
    with op.batch_alter_table("sitting") as table:
        table.drop_column("moved_at")
        table.drop_column("sequence")
