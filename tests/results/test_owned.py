"""The result page costs the same after years: its first statement looks up one attempt."""

from __future__ import annotations

from flask import Flask

from examengine.core.db import _for_psycopg, hot
from examengine.results import owned
from tests.plans import explained


def test_no_table_is_read_whole_for_one_attempt(app: Flask) -> None:
    statement = _for_psycopg(owned._OWNED) if hot().postgres else owned._OWNED
    steps = explained(statement, {"attempt": 1, "person": 1})
    assert steps
    assert not [step for step in steps if step.startswith(("SCAN", "MATERIALIZE")) or "Seq Scan" in step], steps
