"""Counting the statements that the database gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from examengine.core.db import Hot, db

QUIET = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that the engine sends within the block, transactions' brackets apart."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(QUIET):
            seen.append(statement)

    def through_hot(hot: Hot, sql: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        if not sql.startswith(QUIET):
            seen.append(sql)
        return plain(hot, sql, values)

    plain = Hot.execute
    event.listen(db.engine, "before_cursor_execute", note)
    Hot.execute = through_hot  # type: ignore[method-assign]  # the hot path speaks to the driver itself
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        Hot.execute = plain  # type: ignore[method-assign]
