"""How a database would go about a statement, whatever the tests before have left of figures about its tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from examengine.core.db import session


def explained(statement: str, parameters: Any) -> list[str]:
    """The steps for a statement in the driver's words, for the rest of the transaction as if tables were not small.

    PostgreSQL reads a small table whole, whatever its indexes, and goes by statistics that outlive the emptying of a
    table: both are set aside until the transaction ends.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("DELETE FROM pg_statistic"))
    return [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
