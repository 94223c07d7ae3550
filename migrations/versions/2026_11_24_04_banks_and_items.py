"""Banks, competencies, items and their versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_24_04"
down_revision = "2026_11_24_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("titles", columns.JSONText(), nullable=False),
        sa.Column("descriptions", columns.JSONText(), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_code")),
    )
    op.create_table(
        "competency",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("titles", columns.JSONText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competency")),
        sa.UniqueConstraint("code", name=op.f("uq_competency_code")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bank_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("use", sa.String(length=10), nullable=False),
        sa.Column("published_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("draft_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("file_hash", sa.String(length=64), nullable=True),
        sa.Column("loaded_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_item_bank_id_bank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("bank_id", "code", name=op.f("uq_item_bank_id_code")),
    )
    op.create_index("ix_item_bank_id_state_id", "item", ["bank_id", "state", "id"], unique=False)
    op.create_table(
        "item_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("points", columns.Micro(), nullable=False),
        sa.Column("difficulty", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("content", columns.JSONText(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("published_at", columns.UTCTime(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_item_version_author_id_person")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_version_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_version")),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_item_version_item_id_number")),
    )
    op.create_index("ix_item_version_kind_difficulty", "item_version", ["kind", "difficulty"], unique=False)
    op.create_table(
        "version_competency",
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["competency.code"], name=op.f("fk_version_competency_code_competency")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["item_version.id"],
            name=op.f("fk_version_competency_version_id_item_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "code", name=op.f("pk_version_competency")),
    )
    op.create_index("ix_version_competency_code", "version_competency", ["code"], unique=False)
    with op.batch_alter_table("item") as batch:
        batch.create_foreign_key("fk_item_published_id_item_version", "item_version", ["published_id"], ["id"])
        batch.create_foreign_key("fk_item_draft_id_item_version", "item_version", ["draft_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("item") as batch:
        batch.drop_constraint("fk_item_published_id_item_version", type_="foreignkey")
        batch.drop_constraint("fk_item_draft_id_item_version", type_="foreignkey")
    op.drop_index("ix_version_competency_code", table_name="version_competency")
    op.drop_table("version_competency")
    op.drop_index("ix_item_version_kind_difficulty", table_name="item_version")
    op.drop_table("item_version")
    op.drop_index("ix_item_bank_id_state_id", table_name="item")
    op.drop_table("item")
    op.drop_table("competency")
    op.drop_table("bank")
