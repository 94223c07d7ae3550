"""Errors as the drivers raise them: real ones, caught in the act."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import OperationalError


def locked(folder: Path) -> sqlite3.OperationalError:
    """What SQLite says when somebody else holds the lock."""
    path = folder / "locked.sqlite3"
    one, other = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
    one.execute("BEGIN IMMEDIATE")
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error
    finally:
        one.close()
        other.close()
    raise AssertionError("not locked")


def cannot_open(folder: Path) -> sqlite3.OperationalError:
    """What SQLite says of a file that is not there."""
    try:
        sqlite3.connect(folder / "nowhere" / "x.sqlite3")
    except sqlite3.OperationalError as error:
        return error
    raise AssertionError("opened")


def full(folder: Path) -> sqlite3.OperationalError:
    """What SQLite says when there is no room."""
    connection = sqlite3.connect(folder / "full.sqlite3", isolation_level=None)
    connection.execute("CREATE TABLE x (y)")
    connection.execute("PRAGMA max_page_count = 2")
    try:
        connection.execute("INSERT INTO x VALUES (zeroblob(100000))")
    except sqlite3.OperationalError as error:
        return error
    finally:
        connection.close()
    raise AssertionError("there was room")


def read_only(folder: Path) -> sqlite3.OperationalError:
    """What SQLite says when it may only read."""
    connection = sqlite3.connect(folder / "read.sqlite3", isolation_level=None)
    connection.execute("CREATE TABLE x (y)")
    connection.execute("PRAGMA query_only = ON")
    try:
        connection.execute("INSERT INTO x VALUES (1)")
    except sqlite3.OperationalError as error:
        return error
    finally:
        connection.close()
    raise AssertionError("written")


def wrapped(error: sqlite3.OperationalError) -> OperationalError:
    """The same as SQLAlchemy hands it on."""
    return OperationalError("SELECT 1", {}, error)
