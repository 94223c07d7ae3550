"""Notices go out by mail: deliveries, preferences, calendars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_30"
down_revision = "2026_11_26_23"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNPLANNED, READ = sa.text("NOT planned"), sa.text("read_at IS NOT NULL")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    # What was told before there was mail is not mailed now.
    op.add_column("notice", sa.Column("planned", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("notice") as table:
        table.alter_column("planned", existing_type=sa.Boolean(), existing_nullable=False, server_default=sa.false())
    op.create_index("ix_notice_unplanned", "notice", ["id"], sqlite_where=UNPLANNED, postgresql_where=UNPLANNED)
    op.create_index("ix_notice_read_at", "notice", ["read_at"], sqlite_where=READ, postgresql_where=READ)
    op.create_table(
        "delivery",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("next_try_at", columns.UTCTime(), nullable=False),
        sa.Column("held_until", columns.UTCTime(), nullable=True),
        sa.Column("error", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("ended_at", columns.UTCTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_delivery_notice_id_notice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("notice_id", "channel", name=op.f("uq_delivery_notice_id_channel")),
    )
    op.create_index("ix_delivery_due", "delivery", ["next_try_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_delivery_state_id", "delivery", ["state", "id"])
    op.create_table(
        "notice_preference",
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_preference_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "kind", "channel", name=op.f("pk_notice_preference")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("changed_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_feed")),
    )


def downgrade() -> None:
    op.drop_table("calendar_feed")
    op.drop_table("notice_preference")
    op.drop_index("ix_delivery_state_id", table_name="delivery")
    op.drop_index("ix_delivery_due", table_name="delivery")
    op.drop_table("delivery")
    op.drop_index("ix_notice_read_at", table_name="notice")
    op.drop_index("ix_notice_unplanned", table_name="notice")
    with op.batch_alter_table("notice") as table:
        table.drop_column("planned")
