"""Exams, revisions, sittings, enrolments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from examengine.core import db as columns

revision = "2026_11_24_05"
down_revision = "2026_11_24_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exam",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("plan", columns.JSONText(), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_exam_author_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam")),
    )
    op.create_table(
        "exam_duty",
        sa.Column("exam_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("duty", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_exam_duty_exam_id_exam"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_exam_duty_person_id_person")),
        sa.PrimaryKeyConstraint("exam_id", "person_id", "duty", name=op.f("pk_exam_duty")),
    )
    op.create_index("ix_exam_duty_person_id", "exam_duty", ["person_id"], unique=False)
    op.create_table(
        "exam_revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exam_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("plan", columns.JSONText(), nullable=False),
        sa.Column("pools", columns.JSONText(), nullable=False),
        sa.Column("published_at", columns.UTCTime(), nullable=False),
        sa.Column("publisher_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_exam_revision_exam_id_exam")),
        sa.ForeignKeyConstraint(["publisher_id"], ["person.id"], name=op.f("fk_exam_revision_publisher_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_revision")),
        sa.UniqueConstraint("exam_id", "number", name=op.f("uq_exam_revision_exam_id_number")),
    )
    op.create_table(
        "revision_item",
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["exam_revision.id"], name=op.f("fk_revision_item_revision_id_exam_revision")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_revision_item_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("revision_id", "version_id", name=op.f("pk_revision_item")),
    )
    op.create_index("ix_revision_item_version_id", "revision_item", ["version_id"], unique=False)
    op.create_table(
        "sitting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exam_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("opens_at", columns.UTCTime(), nullable=False),
        sa.Column("last_start_at", columns.UTCTime(), nullable=False),
        sa.Column("hard_close_at", columns.UTCTime(), nullable=False),
        sa.Column("access_code", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["exam_id"], ["exam.id"], name=op.f("fk_sitting_exam_id_exam")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["exam_revision.id"], name=op.f("fk_sitting_revision_id_exam_revision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
    )
    op.create_index("ix_sitting_exam_id", "sitting", ["exam_id"], unique=False)
    op.create_index("ix_sitting_hard_close_at", "sitting", ["hard_close_at"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sitting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("extra_attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", columns.UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrolment_person_id_person")),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_enrolment_sitting_id_sitting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("sitting_id", "person_id", name=op.f("uq_enrolment_sitting_id_person_id")),
    )
    op.create_index("ix_enrolment_person_id", "enrolment", ["person_id"], unique=False)
    op.create_table(
        "sitting_invigilator",
        sa.Column("sitting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sitting_invigilator_person_id_person")),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_invigilator_sitting_id_sitting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sitting_id", "person_id", name=op.f("pk_sitting_invigilator")),
    )
    op.create_index("ix_sitting_invigilator_person_id", "sitting_invigilator", ["person_id"], unique=False)
    op.create_table(
        "sitting_team",
        sa.Column("sitting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_team_sitting_id_sitting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_sitting_team_team_id_team")),
        sa.PrimaryKeyConstraint("sitting_id", "team_id", name=op.f("pk_sitting_team")),
    )
    op.create_table(
        "accommodation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("extra_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("extra_close_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", columns.UTCTime(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_accommodation_enrolment_id_enrolment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accommodation")),
    )
    op.create_index("ix_accommodation_enrolment_id", "accommodation", ["enrolment_id"], unique=False)
    with op.batch_alter_table("exam") as batch:
        batch.create_foreign_key("fk_exam_revision_id_exam_revision", "exam_revision", ["revision_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("exam") as batch:
        batch.drop_constraint("fk_exam_revision_id_exam_revision", type_="foreignkey")
    op.drop_index("ix_accommodation_enrolment_id", table_name="accommodation")
    op.drop_table("accommodation")
    op.drop_table("sitting_team")
    op.drop_index("ix_sitting_invigilator_person_id", table_name="sitting_invigilator")
    op.drop_table("sitting_invigilator")
    op.drop_index("ix_enrolment_person_id", table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_index("ix_sitting_hard_close_at", table_name="sitting")
    op.drop_index("ix_sitting_exam_id", table_name="sitting")
    op.drop_table("sitting")
    op.drop_index("ix_revision_item_version_id", table_name="revision_item")
    op.drop_table("revision_item")
    op.drop_table("exam_revision")
    op.drop_index("ix_exam_duty_person_id", table_name="exam_duty")
    op.drop_table("exam_duty")
    op.drop_table("exam")
