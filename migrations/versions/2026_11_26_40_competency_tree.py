"""The competency tree has parents, an order, retired nodes and merges of its own; codes no longer say the place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_40"
down_revision = "2026_11_26_31"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("competency") as table:
        table.add_column(sa.Column("parent_id", KEY, nullable=True))
        table.add_column(sa.Column("position", KEY, server_default="0", nullable=False))
        table.add_column(sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
        table.add_column(sa.Column("merged_into_id", KEY, nullable=True))
        table.add_column(sa.Column("loaded_titles", columns.JSONText(), nullable=True))
        table.create_foreign_key("fk_competency_parent_id_competency", "competency", ["parent_id"], ["id"])
        table.create_foreign_key("fk_competency_merged_into_id_competency", "competency", ["merged_into_id"], ["id"])
        table.create_index("ix_competency_parent_id", ["parent_id"])
    place_by_code()


def place_by_code() -> None:
    """Parents and order as the dotted codes had them; titles as they were loaded."""
    table = sa.table("competency", sa.column("id"), sa.column("code"), sa.column("parent_id"), sa.column("position"))
    connection = op.get_bind()
    rows = connection.execute(sa.select(table.c.id, table.c.code).order_by(table.c.code)).all()
    ids = {row.code: row.id for row in rows}
    for position, row in enumerate(rows, 1):
        parent = ids.get(row.code.rpartition(".")[0])
        place = sa.update(table).where(table.c.id == row.id).values(parent_id=parent, position=position)
        connection.execute(place)
    connection.execute(sa.text("UPDATE competency SET loaded_titles = titles"))


def downgrade() -> None:
    with op.batch_alter_table("competency") as table:
        table.drop_index("ix_competency_parent_id")
        table.drop_constraint("fk_competency_merged_into_id_competency", type_="foreignkey")
        table.drop_constraint("fk_competency_parent_id_competency", type_="foreignkey")
        for name in ("loaded_titles", "merged_into_id", "active", "position", "parent_id"):
            table.drop_column(name)
