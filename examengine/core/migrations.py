"""Which migrations the database has and which the code has; bringing one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from examengine.core import settings
from examengine.core.db import session


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(settings.root() / "migrations").replace("%", "%%"))
    return config


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def heads() -> tuple[str, ...]:
    """What the code expects."""
    return tuple(_script().get_heads())


def current(connection: Connection | None = None) -> tuple[str, ...]:
    """What the database has."""
    return tuple(MigrationContext.configure(connection or session.connection()).get_current_heads())


def missing() -> list[str]:
    """Expected heads that the database does not have (or has outgrown)."""
    return sorted(set(heads()) - set(current()))


def unknown(found: Sequence[str]) -> list[str]:
    """Which of these the code does not know: a newer version made them."""
    known = {script.revision for script in _script().walk_revisions()}
    return sorted(set(found) - known)


def upgrade(revisions: Sequence[str] = ("heads",), connection: Connection | None = None) -> None:
    """Run the migrations up to `revisions`; within the open transaction of `connection`, if one is given.

    Needs the application's context (migrations/env.py).
    """
    config = _config()
    config.attributes["connection"] = connection
    for revision in revisions:
        command.upgrade(config, revision)
