"""What the job loop still has to do is marked and indexed, so that its rounds do not grow with history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_73"
down_revision = "2026_11_26_72"
branch_labels = None
depends_on = None

COLUMNS = (("attempt", "result_at"), ("result", "settled_at"), ("release", "recorded_at"), ("sitting", "roll_at"))
RIPENING = "state IN ('submitted', 'expired') AND scored_at IS NOT NULL AND result_at IS NULL"
INDEXES = (
    ("ix_attempt_ripening", "attempt", "id", RIPENING),
    ("ix_result_kept_back", "result", "sitting_id", "settled_at IS NULL"),
    ("ix_release_unrecorded", "release", "result_id", "recorded_at IS NULL"),
    ("ix_sitting_unrolled", "sitting", "hard_close_at", "roll_at IS NULL"),
)
# Only what is done is marked; the rest, and attempts that are open meanwhile, go through the loop as always. Rolls are
# left to it altogether: it looks through the past sittings once.
DONE = (
    "UPDATE attempt SET result_at = (SELECT min(r.complete_at) FROM result r WHERE r.attempt_id = attempt.id)",
    "UPDATE result SET settled_at = (SELECT release.at FROM release WHERE release.result_id = result.id)",
    """
UPDATE result SET settled_at = complete_at
WHERE settled_at IS NULL
  AND EXISTS (SELECT 1 FROM result l WHERE l.attempt_id = result.attempt_id AND l.revision > result.revision)
""",
    """
UPDATE release SET recorded_at = at
WHERE EXISTS (SELECT 1 FROM result r JOIN entry e ON e.source_id = r.attempt_id AND e.revision = r.revision
              WHERE r.id = release.result_id AND e.source = 'results')
""",
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, columns.UTCTime(), nullable=True))
    for statement in DONE:
        op.execute(statement)
    for name, table, column, where in INDEXES:
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column)
