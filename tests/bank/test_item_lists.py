"""The list of questions is walked along its codes, however the database guesses the size of banks."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import event, text

from examengine.bank.queries import ItemFilter, find_items
from examengine.core.db import db, session
from tests.plans import explained

SAMPLED = (
    ("item", "ix_item_bank_id_state_id", "100152 501 501 1"),
    ("item", "ix_item_code", "82460 1 1"),
    ("item", "sqlite_autoindex_item_1", "97704 501 1"),
    ("item", "uq_item_published_id", "38350 1"),
    ("item_version", "sqlite_autoindex_item_version_1", "46068 1 1"),
    ("bank", "sqlite_autoindex_bank_1", "2 1"),
)
"""What a look at a thousand rows makes of two banks with 101,000 questions: 501 in each."""


def believe() -> None:
    """The database plans as if its tables were that large, and sorting dear."""
    if db.engine.dialect.name != "sqlite":
        session.execute(text("SET LOCAL enable_sort = off"))
        return
    session.execute(text("ANALYZE"))
    session.execute(text("DELETE FROM sqlite_stat1"))
    for table, index, figures in SAMPLED:
        session.execute(
            text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:t, :i, :f)"),
            {"t": table, "i": index, "f": figures},
        )
    session.execute(text("ANALYZE sqlite_schema"))  # reads the figures, and looks at no table


def test_a_list_without_a_filter_walks_the_codes(app: Flask) -> None:
    believe()
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        find_items(ItemFilter(), 1)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    [(statement, parameters)] = [one for one in asked if "ORDER BY item.code" in one[0]]
    steps = explained(statement, parameters)
    assert any("ix_item_code" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step or "Sort" in step for step in steps), steps
