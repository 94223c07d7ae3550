"""Logs: JSON lines; tracebacks without values; a log that cannot be written disturbs nobody."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from examengine.core import logs
from examengine.core.errors import Conflict
from examengine.core.i18n import Message

SECRET = "marked-secret-4711"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged since."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    logs.set_up(logging.INFO, stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def fail(error: Exception) -> None:
    answer = SECRET
    raise error if answer else ValueError


def described(error: Exception) -> str:
    try:
        fail(error)
    except Exception as caught:
        return logs.describe(caught)
    raise AssertionError


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"invalid literal: {SECRET}"),
        KeyError(SECRET),
        UnicodeEncodeError("ascii", SECRET, 0, 1, "no"),
        Conflict(Message("The name %(name)s is taken.", {"name": SECRET})),
        FileNotFoundError(2, "No such file", f"/tmp/{SECRET}"),
        RuntimeError(SECRET),
    ],
)
def test_a_traceback_has_frames_and_no_values(error: Exception) -> None:
    found = described(error)
    assert SECRET not in found
    assert type(error).__qualname__ in found
    assert "test_logs.py" in found
    assert "in fail" in found


def test_what_speaks_of_code_is_kept() -> None:
    assert "has no attribute 'nothing'" in described(AttributeError("'str' object has no attribute 'nothing'"))
    assert "The name %(name)s is taken." in described(Conflict(Message("The name %(name)s is taken.", {"name": "x"})))


def test_causes_are_told_from_the_first_on() -> None:
    try:
        try:
            fail(KeyError(SECRET))
        except KeyError as first:
            raise TypeError("second") from first
    except TypeError as caught:
        found = logs.describe(caught)
    assert found.index("KeyError") < found.index("TypeError: second")
    assert SECRET not in found


def test_databases_say_what_is_wrong_but_not_with_which_values(postgres: str) -> None:
    for url in ("sqlite://", "postgresql+psycopg://" + postgres.split("://", 1)[1]):
        engine = create_engine(url, hide_parameters=True)
        with engine.connect() as connection:
            connection.execute(text("CREATE TEMPORARY TABLE logged (name TEXT UNIQUE, other TEXT NOT NULL)"))
            row = {"name": SECRET, "other": SECRET}
            connection.execute(text("INSERT INTO logged VALUES (:name, :other)"), row)
            with pytest.raises(DBAPIError) as caught:
                connection.execute(text("INSERT INTO logged VALUES (:name, :other)"), row)
        engine.dispose()
        found = logs.describe(caught.value)
        assert SECRET not in found
        assert "logged" in found
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(f"postgresql://somebody:{SECRET}@127.0.0.1:1/x")
    assert "refused" in logs.said(refused.value)
    assert SECRET not in logs.describe(refused.value)


def test_lines_are_json_with_level_and_time(lines: Callable[[], list[dict[str, Any]]]) -> None:
    log = structlog.get_logger("examengine.test")
    log.debug("not asked for")
    log.info("hello", route="/x", name="投诉")
    try:
        fail(ValueError(SECRET))
    except ValueError:
        log.exception("failed")
        logging.getLogger("somebody.else").exception("also failed: %s", "here")
    logging.getLogger("somebody.else").info("not asked for")
    hello, failed, foreign = lines()
    assert (hello["event"], hello["level"], hello["route"], hello["name"]) == ("hello", "info", "/x", "投诉")
    assert hello["timestamp"].endswith("Z")
    assert failed["exception"] == foreign["exception"]
    assert foreign["event"] == "also failed: here"
    assert SECRET not in json.dumps([failed, foreign])


def test_a_log_that_cannot_be_written_disturbs_nobody() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    before = structlog.get_config()
    logs.set_up(logging.INFO, Full())
    try:
        structlog.get_logger("examengine.test").info("hello")
        logging.getLogger("somebody.else").error("hello")
    finally:
        structlog.configure(**before)
        logging.getLogger().handlers.clear()


def test_sqlite_says_its_own_words() -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(":memory:").execute("SELECT * FROM absent")
    assert logs.said(caught.value) == "SQLITE_ERROR no such table: absent"
