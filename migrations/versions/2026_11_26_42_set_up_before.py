"""Instances that people work with already count as set up."""

from __future__ import annotations

from alembic import op

revision = "2026_11_26_42"
down_revision = "2026_11_26_41"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO fact (name, value) SELECT 'setup', '\"before\"' "
        "WHERE EXISTS (SELECT 1 FROM person) AND NOT EXISTS (SELECT 1 FROM fact WHERE name = 'setup')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM fact WHERE name = 'setup'")
