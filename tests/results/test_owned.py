"""The result page costs the same after years: its first statement looks up one attempt."""

from __future__ import annotations

from flask import Flask

from examengine.core.db import db, session
from examengine.results import owned


def test_no_table_is_read_whole_for_one_attempt(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL pushes the condition into such joins by itself
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {owned._OWNED}", {"attempt": 1, "person": 1})
    steps = [str(row[3]) for row in plan]
    assert steps
    assert not [step for step in steps if step.startswith(("SCAN", "MATERIALIZE"))], steps
