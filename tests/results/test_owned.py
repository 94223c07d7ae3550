"""The result page costs the same after years: its first statement looks up one attempt."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from examengine.core.db import db, session
from examengine.results import owned


def test_no_table_is_read_whole_for_one_attempt(app: Flask) -> None:
    explain = "EXPLAIN QUERY PLAN"
    if db.engine.dialect.name != "sqlite":
        explain = "EXPLAIN"
        session.execute(text("SET LOCAL enable_seqscan = off"))  # small tables are read whole there otherwise
    rows = session.execute(text(f"{explain} {owned._OWNED}"), {"attempt": 1, "person": 1})
    steps = [str(row[-1]) for row in rows]
    assert steps
    assert not [step for step in steps if step.startswith(("SCAN", "MATERIALIZE")) or "Seq Scan" in step], steps
