"""At size: attempts without a result by sitting, questions by code, and by the version that they show."""

from __future__ import annotations

from alembic import op

revision = "2026_11_26_75"
down_revision = "2026_11_26_74"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_attempt_sitting_id_result_at", "attempt", ["sitting_id", "result_at"])
    op.drop_index("ix_attempt_sitting_id", table_name="attempt")
    op.create_index("ix_item_code", "item", ["code", "id"])
    op.create_index("uq_item_published_id", "item", ["published_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_item_published_id", table_name="item")
    op.drop_index("ix_item_code", table_name="item")
    op.create_index("ix_attempt_sitting_id", "attempt", ["sitting_id"])
    op.drop_index("ix_attempt_sitting_id_result_at", table_name="attempt")
