"""SQLite's figures about its tables: without them its planner guesses, and guesses badly once a table is large."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

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
    renew(session.connection())
    _gathered[str(engine.url)] = now
    return True


def renew(connection: Connection) -> None:
    """Look at SQLite's tables now, in the connection's transaction.

    The table of figures is dropped first: only a change of the schema makes the connections that are open read anew.
    """
    connection.exec_driver_sql(f"PRAGMA analysis_limit = {LIMIT}")
    connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
    connection.exec_driver_sql("ANALYZE")
