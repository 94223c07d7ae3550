"""Who was in which team from when to when; when somebody last logged in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_20"
down_revision = "2026_11_26_10"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PLANNED = sa.text("planned")
STANDS = sa.text("NOT planned AND until IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("last_login_at", columns.UTCTime(), nullable=True))
        table.create_index("ix_person_last_login_at", ["last_login_at"])
    op.create_table(
        "team_membership",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("team_id", NUMBER, nullable=True),
        sa.Column("since", columns.UTCTime(), nullable=False),
        sa.Column("until", columns.UTCTime(), nullable=True),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_team_membership_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_membership_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_membership")),
    )
    only = {"sqlite_where": PLANNED, "postgresql_where": PLANNED}
    op.create_index("ix_team_membership_person_id", "team_membership", ["person_id", "since"])
    op.create_index("ix_team_membership_due", "team_membership", ["since"], **only)
    op.create_index("uq_team_membership_planned", "team_membership", ["person_id"], unique=True, **only)
    op.create_index(
        "uq_team_membership_stands",
        "team_membership",
        ["person_id"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    op.execute(
        sa.text(
            "INSERT INTO team_membership (person_id, team_id, since, planned)"
            " SELECT id, team_id, created_at, :no FROM person WHERE team_id IS NOT NULL"
        ).bindparams(sa.bindparam("no", False, sa.Boolean()))
    )


def downgrade() -> None:
    op.drop_table("team_membership")
    with op.batch_alter_table("person") as table:
        table.drop_index("ix_person_last_login_at")
        table.drop_column("last_login_at")
