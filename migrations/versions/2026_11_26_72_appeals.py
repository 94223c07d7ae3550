"""Appeals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_26_72"
down_revision = "2026_11_26_71"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('open', 'marking')")


def upgrade() -> None:
    op.create_table(
        "appeal",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("attempt_id", NUMBER, nullable=False),
        sa.Column("result_id", NUMBER, nullable=False),
        sa.Column("exam_id", NUMBER, nullable=False),
        sa.Column("person_id", NUMBER, nullable=False),
        sa.Column("slots", columns.JSONText(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", columns.UTCTime(), nullable=False),
        sa.Column("sent_at", columns.UTCTime(), nullable=True),
        sa.Column("sent_by_id", NUMBER, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", columns.UTCTime(), nullable=True),
        sa.Column("answered_by_id", NUMBER, nullable=True),
        sa.Column("outcome_id", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_appeal_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_appeal_result_id_result")),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_appeal_exam_id_exam")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appeal_person_id_person")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_appeal_sent_by_id_person")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name=op.f("fk_appeal_answered_by_id_person")),
        sa.ForeignKeyConstraint(["outcome_id"], ["result.id"], name=op.f("fk_appeal_outcome_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index("uq_appeal_open", "appeal", ["attempt_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_appeal_attempt_id", "appeal", ["attempt_id"])
    op.create_index("ix_appeal_state", "appeal", ["state", "id"])
    op.create_table(
        "appeal_slot",
        sa.Column("appeal_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("slot", NUMBER, autoincrement=False, nullable=False),
        sa.Column("case_id", NUMBER, nullable=False),
        sa.Column("before", columns.Micro(), nullable=False),
        sa.Column("after", columns.Micro(), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_slot_appeal_id_appeal")),
        sa.ForeignKeyConstraint(["case_id"], ["marking_case.id"], name=op.f("fk_appeal_slot_case_id_marking_case")),
        sa.PrimaryKeyConstraint("appeal_id", "slot", name=op.f("pk_appeal_slot")),
    )


def downgrade() -> None:
    op.drop_table("appeal_slot")
    op.drop_table("appeal")
