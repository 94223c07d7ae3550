"""Pictures of questions: the files of the media folder, and what was added for which question."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_74"
down_revision = "2026_11_26_73"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", sa.String(length=70), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("width", NUMBER, nullable=False),
        sa.Column("height", NUMBER, nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("uploaded_by_id", NUMBER, nullable=True),
        sa.Column("at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_media_uploaded_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("name", name=op.f("uq_media_name")),
    )
    op.create_table(
        "media_upload",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("media_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=True),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_media_upload_media_id_media")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_media_upload_item_id_item")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_media_upload_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_upload")),
    )
    op.create_index("ix_media_upload_item_id_media_id", "media_upload", ["item_id", "media_id"])
    op.create_index("ix_media_upload_person_id_media_id", "media_upload", ["person_id", "media_id"])


def downgrade() -> None:
    op.drop_index("ix_media_upload_person_id_media_id", table_name="media_upload")
    op.drop_index("ix_media_upload_item_id_media_id", table_name="media_upload")
    op.drop_table("media_upload")
    op.drop_table("media")
