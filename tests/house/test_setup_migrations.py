"""What an instance had before the tree, retired teams and the set-up page is there after the upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from examengine.bank import queries, tree
from examengine.core import setup
from examengine.core.db import db, session

FOLDER = str(Path(__file__).parents[2] / "migrations")
BEFORE = "2026_11_26_01"
CODES = ("skills", "business.service", "business", "lost.child", "business.company")


@pytest.fixture
def before(app: Flask) -> Iterator[None]:
    """The database as it was."""
    session.remove()
    downgrade(directory=FOLDER, revision=BEFORE)
    yield
    session.remove()
    upgrade(directory=FOLDER)


def insert(sql: str, **values: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(sql), values)


def test_codes_become_places(before: None) -> None:
    for number, code in enumerate(CODES, 1):
        insert("INSERT INTO competency (id, code, titles) VALUES (:id, :code, '{}')", id=number, code=code)
    insert("INSERT INTO team (id, name) VALUES (1, 'East')")
    upgrade(directory=FOLDER)
    found = [(row.code, depth) for row, depth in tree.in_order(queries.find_competencies())]
    assert found == [
        ("business", 0),
        ("business.company", 1),
        ("business.service", 1),
        ("lost.child", 0),
        ("skills", 0),
    ]
    assert all(row.active and row.loaded_titles == row.titles for row in queries.find_competencies())
    assert session.scalar(text("SELECT count(*) FROM team WHERE active")) == 1


@pytest.mark.parametrize("people", [0, 1])
def test_only_an_instance_with_people_counts_as_set_up(before: None, people: int) -> None:
    if people:
        insert(
            "INSERT INTO person (id, username, name, session_version, active, theme, created_at, must_change_password) "
            "SELECT 1, 'ben', 'Ben', 1, true, 'auto', :at, false",
            at=0 if db.engine.dialect.name == "sqlite" else "2026-11-01",
        )
    upgrade(directory=FOLDER)
    assert setup.is_finished() is bool(people)
