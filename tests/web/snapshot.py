"""A database and config.env put back as they were, in milliseconds; and whether anything was written meanwhile."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Flask
from sqlalchemy import text

from examengine.core.db import Base, db, session
from examengine.core.live_settings import LiveSettings
from tests.conftest import forget


class Snapshot:
    """The rows of all tables at one moment, and the settings."""

    def __init__(self, app: Flask) -> None:
        self.app, self.names = app, [table.name for table in Base.metadata.sorted_tables]
        self.settings = app.config["SETTINGS"]
        assert not self.settings.config.exists()
        with app.app_context():
            session.remove()
            self.postgres = db.engine.dialect.name == "postgresql"
            path = str(db.engine.url.database)
            if self.postgres:
                self._change("DROP SCHEMA IF EXISTS kept CASCADE", "CREATE SCHEMA kept")
                self._change(*(f"CREATE TABLE kept.{name} AS TABLE public.{name}" for name in self.names))
        if not self.postgres:
            self.rows = sqlite3.connect(":memory:")
            self.live = sqlite3.connect(path, isolation_level=None)
            self.live.backup(self.rows)
        self._seen = self._version()

    def _change(self, *statements: str) -> None:
        with db.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def restore(self) -> None:
        """All rows as they were; what processes keep by id is forgotten."""
        forget()
        self.put_settings_back()
        if not self.postgres:
            writer = sqlite3.connect(self.live.execute("PRAGMA database_list").fetchone()[2])
            self.rows.backup(writer)
            writer.close()
            self._seen = self._version()
            return
        with self.app.app_context():
            session.remove()
            copied = (f"INSERT INTO public.{name} SELECT * FROM kept.{name}" for name in self.names)
            self._change("SET LOCAL session_replication_role = replica", f"TRUNCATE {', '.join(self.names)}", *copied)
        self._seen = self._version()

    def put_settings_back(self) -> None:
        """As the application began: a form that changed them has written config.env."""
        if self.app.config["SETTINGS"] is not self.settings or self.settings.config.exists():
            self.settings.config.unlink(missing_ok=True)
            self.app.config["SETTINGS"] = self.settings
            self.app.extensions["live_settings"] = LiveSettings(self.settings)

    def changed(self) -> bool:
        """Whether anything was written since the last time it was put back or asked."""
        before, self._seen = self._seen, self._version()
        if before == self._seen or not self.postgres:
            return bool(before != self._seen)
        with self.app.app_context(), db.engine.connect() as connection:  # a lock takes a number too
            pairs = [(f"TABLE public.{name}", f"TABLE kept.{name}") for name in self.names]
            queries = (f"({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one})" for one, other in pairs)
            return any(connection.execute(text(query)).first() for query in queries)

    def _version(self) -> Any:
        if not self.postgres:
            return self.live.execute("PRAGMA data_version").fetchone()[0]
        with self.app.app_context(), db.engine.connect() as connection:
            return connection.execute(text("SELECT pg_snapshot_xmax(pg_current_snapshot())")).scalar_one()
