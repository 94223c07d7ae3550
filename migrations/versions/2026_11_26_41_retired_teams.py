"""Teams can be retired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_41"
down_revision = "2026_11_26_40"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("team") as table:
        table.add_column(sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("team") as table:
        table.drop_column("active")
