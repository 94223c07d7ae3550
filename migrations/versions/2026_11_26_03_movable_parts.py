"""What of a question may be shuffled stands beside its content, so that dealing a paper reads no content."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_03"
down_revision = "2026_11_26_02"
branch_labels = None
depends_on = None

version = sa.table("item_version", sa.column("id"), sa.column("kind"), sa.column("content"), sa.column("movable"))


def upgrade() -> None:
    with op.batch_alter_table("item_version") as table:
        table.add_column(sa.Column("movable", sa.String(length=12), server_default="", nullable=False))
    connection = op.get_bind()
    last = 0
    while rows := connection.execute(
        sa.select(version.c.id, version.c.kind, version.c.content)
        .where(version.c.id > last)
        .order_by(version.c.id)
        .limit(1000)
    ).all():
        last = rows[-1].id
        for row in rows:
            marks = _marks(row.kind, json.loads(row.content))
            if marks:
                connection.execute(version.update().where(version.c.id == row.id).values(movable=marks))


def _marks(kind: str, content: dict[str, object]) -> str:
    """As the kinds stored their content when this migration was written."""
    if kind == "true_false":
        return "00"
    options = content.get("options", [])
    shuffle = bool(content.get("shuffle", True))
    return "".join(str(int(shuffle and not option.get("pinned"))) for option in options)  # type: ignore[attr-defined]


def downgrade() -> None:
    with op.batch_alter_table("item_version") as table:
        table.drop_column("movable")
