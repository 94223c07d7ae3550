"""Failed tries, one-time codes, log-ins that are told a little later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_10"
down_revision = "2026_11_26_03"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "login_failure",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=50), nullable=False),
        sa.Column("at", columns.UTCTime(), nullable=False),
        sa.Column("wait_s", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    op.create_index("ix_login_failure_own", "login_failure", ["gate", "account", "address", "at"], unique=False)
    op.create_index("ix_login_failure_account", "login_failure", ["gate", "account", "at"], unique=False)
    op.create_index("ix_login_failure_address", "login_failure", ["gate", "address", "at"], unique=False)
    op.create_index("ix_login_failure_at", "login_failure", ["at"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("expires_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_one_time_code_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_one_time_code")),
    )
    op.create_index("ix_one_time_code_expires_at", "one_time_code", ["expires_at"], unique=False)
    op.create_table(
        "login_ticket",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", NUMBER, nullable=True),
        sa.Column("session_version", NUMBER, nullable=True),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("ready_at", columns.UTCTime(), nullable=False),
        sa.Column("expires_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_login_ticket_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_ticket")),
        sa.UniqueConstraint("digest", name=op.f("uq_login_ticket_digest")),
    )
    op.create_index("ix_login_ticket_expires_at", "login_ticket", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("login_ticket")
    op.drop_table("one_time_code")
    op.drop_table("login_failure")
