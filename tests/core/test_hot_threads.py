"""The plain connection of a thread ends with the thread."""

from __future__ import annotations

import gc
import sqlite3
import threading
import warnings
from typing import Any

from flask import Flask

from examengine.core import db


def test_a_thread_that_ends_leaves_no_connection_behind(app: Flask) -> None:
    seen: list[Any] = []

    def work() -> None:
        with app.app_context():
            hot = db.hot()
            hot.execute("SELECT 1", {})
            seen.append(hot._connection)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        gc.collect()
    [connection] = seen
    closed = getattr(connection, "closed", None)
    if closed is None:  # SQLite's says it only when it is used
        try:
            connection.execute("SELECT 1")
        except sqlite3.ProgrammingError as error:
            closed = "closed" in str(error)
    assert closed
