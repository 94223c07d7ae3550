"""Uploads of people and their rows, between preview and taking over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_21"
down_revision = "2026_11_26_20"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "people_import",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("by_id", NUMBER, nullable=True),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("wishes", columns.JSONText(), nullable=False),
        sa.Column("facts", columns.JSONText(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reasons", columns.JSONText(), nullable=False),
        sa.Column("task_id", NUMBER, nullable=True),
        sa.Column("slips_id", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_people_import_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_import")),
    )
    op.create_index("ix_people_import_created_at", "people_import", ["created_at"])
    op.create_table(
        "people_import_row",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("import_id", NUMBER, nullable=False),
        sa.Column("row", NUMBER, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("person_id", NUMBER, nullable=True),
        sa.Column("values", columns.JSONText(), nullable=False),
        sa.Column("changes", columns.JSONText(), nullable=False),
        sa.Column("reasons", columns.JSONText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["people_import.id"],
            name=op.f("fk_people_import_row_import_id_people_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_import_row")),
    )
    op.create_index("ix_people_import_row_outcome", "people_import_row", ["import_id", "outcome", "row"])
    op.create_index("ix_people_import_row_username", "people_import_row", ["import_id", "username"])


def downgrade() -> None:
    op.drop_table("people_import_row")
    op.drop_table("people_import")
