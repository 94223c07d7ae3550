"""The audit trail is searched by who acted and by act, latest first."""

from __future__ import annotations

from alembic import op

revision = "2026_11_26_23"
down_revision = "2026_11_26_22"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor_id", "at"])
    op.create_index("ix_audit_entry_action", "audit_entry", ["action", "at"])


def downgrade() -> None:
    op.drop_index("ix_audit_entry_action", table_name="audit_entry")
    op.drop_index("ix_audit_entry_actor", table_name="audit_entry")
