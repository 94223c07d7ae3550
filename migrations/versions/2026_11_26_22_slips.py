"""First passwords that are to be printed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_22"
down_revision = "2026_11_26_21"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "slip_list",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("by_id", NUMBER, nullable=True),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("expires_at", columns.UTCTime(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("count", NUMBER, nullable=False),
        sa.Column("unprintable", columns.JSONText(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_slip_list_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_list")),
    )
    op.create_index("ix_slip_list_expires_at", "slip_list", ["expires_at"])
    op.create_table(
        "slip",
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("list_id", NUMBER, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["slip_list.id"], name=op.f("fk_slip_list_id_slip_list"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_slip_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_slip")),
    )
    op.create_index("ix_slip_list_id", "slip", ["list_id"])


def downgrade() -> None:
    op.drop_table("slip")
    op.drop_table("slip_list")
