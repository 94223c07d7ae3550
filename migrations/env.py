"""Alembic's environment: all tables of the house, both databases, one transaction a migration."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection

import examengine.accounts.models
import examengine.accounts.staging
import examengine.bank.models
import examengine.core.audit
import examengine.core.facts
import examengine.core.heartbeat
import examengine.core.tasks
import examengine.delivery.models
import examengine.exams.models
import examengine.grading.models
import examengine.notices.models
import examengine.records.models
import examengine.results.models  # noqa: F401 (models register their tables)
from examengine.core.db import Base, db


def run() -> None:
    """Run the migrations: within the caller's transaction if she gave one, else over the application's own engine."""
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    with db.engine.connect() as connection:
        keep_keys(connection, False)
        migrate(connection)
        keep_keys(connection, True)


def migrate(connection: Connection) -> None:
    """Over this connection; a transaction that is open on it stays open."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def keep_keys(connection: Connection, on: bool) -> None:
    """SQLite alters a table by making it anew: meanwhile rows that point to it must not be in the way."""
    driver = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")  # outside of any transaction, or it does nothing


if not current_app:
    raise RuntimeError("migrations run inside the application: examengine db upgrade")
run()
