"""What SQLite knows of its tables reaches the connections that are open: web workers keep theirs for days."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from examengine.core import statistics


def rows_of(connection: Any, count: int) -> None:
    """Rows that share their `team` and differ in their `code`."""
    connection.executemany("INSERT INTO thing (team, code) VALUES (1, ?)", [(n,) for n in range(count)])


@pytest.mark.parametrize("earlier", [False, True], ids=["the first time", "the second time"])
def test_a_connection_that_is_open_plans_by_the_new_figures(tmp_path: Path, earlier: bool) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with closing(sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None)) as other:
        other.execute("CREATE TABLE thing (team INTEGER, code INTEGER)")
        other.execute("CREATE INDEX ix_code ON thing (code)")
        other.execute("CREATE INDEX ix_team ON thing (team)")
        other.executemany("INSERT INTO thing (team, code) VALUES (?, 1)", [(n,) for n in range(50)])

        def plan(code: int) -> str:
            other.execute("SELECT 1 FROM thing WHERE code = 1").fetchall()  # what is only explained reads no schema
            explained = f"EXPLAIN QUERY PLAN SELECT * FROM thing WHERE team = 1 AND code = {code}"  # no kept statement
            return str(other.execute(explained).fetchall())

        if earlier:  # the figures of another time: codes were all alike, teams were not
            with engine.begin() as connection:
                statistics.renew(connection)
            assert "ix_team" in plan(7)
        other.execute("DELETE FROM thing")
        rows_of(other, 5_000)
        with engine.begin() as connection:
            statistics.renew(connection)
        assert "ix_code" in plan(8)
    engine.dispose()
