"""Which migrations the database has and which the code has."""

from __future__ import annotations

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from examengine.core import settings
from examengine.core.db import session


@cache
def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(settings.root() / "migrations"))
    return ScriptDirectory.from_config(config)


def heads() -> tuple[str, ...]:
    """What the code expects."""
    return tuple(_script().get_heads())


def current() -> tuple[str, ...]:
    """What the database has."""
    return tuple(MigrationContext.configure(session.connection()).get_current_heads())


def missing() -> list[str]:
    """Expected heads that the database does not have (or has outgrown)."""
    return sorted(set(heads()) - set(current()))
