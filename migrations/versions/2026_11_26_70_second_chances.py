"""Attempts opened again, make-up sittings, revisions that sittings had before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_70"
down_revision = "2026_11_26_61"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("attempt", sa.Column("reopened", NUMBER, server_default="0", nullable=False))
    sitting = sa.ForeignKey("sitting.id", name=op.f("fk_sitting_makeup_of_id_sitting"))
    op.add_column("sitting", sa.Column("makeup_of_id", NUMBER, sitting, nullable=True), inline_references=True)
    op.create_index("ix_sitting_makeup_of_id", "sitting", ["makeup_of_id"])
    op.create_table(
        "sitting_revision",
        sa.Column("sitting_id", NUMBER, nullable=False),
        sa.Column("revision_id", NUMBER, nullable=False),
        sa.Column("until_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_revision_sitting_id_sitting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["exam_revision.id"], name=op.f("fk_sitting_revision_revision_id_exam_revision")
        ),
        sa.PrimaryKeyConstraint("sitting_id", "revision_id", name=op.f("pk_sitting_revision")),
    )
    op.create_index("ix_sitting_revision_revision_id", "sitting_revision", ["revision_id"])


def downgrade() -> None:
    op.drop_index("ix_sitting_revision_revision_id", table_name="sitting_revision")
    op.drop_table("sitting_revision")
    op.drop_index("ix_sitting_makeup_of_id", table_name="sitting")
    with op.batch_alter_table("sitting") as table:
        table.drop_column("makeup_of_id")
    op.drop_column("attempt", "reopened")
