"""Passwords that others know are changed at the first login."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_01"
down_revision = "2026_11_24_09"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("person") as table:
        table.drop_column("must_change_password")
