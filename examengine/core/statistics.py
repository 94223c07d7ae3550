"""SQLite's figures about its tables: without them its planner guesses, and guesses badly once a table is large."""

from __future__ import annotations

from datetime import datetime, timedelta

from examengine.core.db import session

EVERY = timedelta(hours=6)
LIMIT = 1000
"""Rows of each index that are looked at: enough for the planner, and over within milliseconds."""
_gathered: dict[str, datetime] = {}
"""By database: when this process did it last."""


def gather(now: datetime) -> bool:
    """Look at the tables anew, if it is time again. PostgreSQL does it by itself. Returns whether anything was done."""
    engine = session.get_bind().engine
    last = _gathered.get(str(engine.url))
    if engine.dialect.name != "sqlite" or (last is not None and now < last + EVERY):
        return False
    connection = session.connection()
    connection.exec_driver_sql(f"PRAGMA analysis_limit = {LIMIT}")
    connection.exec_driver_sql("ANALYZE")
    _gathered[str(engine.url)] = now
    return True
