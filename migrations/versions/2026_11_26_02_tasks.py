"""Long work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_02"
down_revision = "2026_11_26_01"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('waiting', 'working')")


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("args", columns.JSONText(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", NUMBER, nullable=False),
        sa.Column("total", NUMBER, nullable=False),
        sa.Column("stop_asked", sa.Boolean(), nullable=False),
        sa.Column("outcome", columns.JSONText(), nullable=False),
        sa.Column("by_id", NUMBER, nullable=True),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("beat_at", columns.UTCTime(), nullable=False),
        sa.Column("ended_at", columns.UTCTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_open", "task", ["beat_at"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("ix_task_open", table_name="task")
    op.drop_table("task")
