"""What the console commands share: the application around them, failures as one line and exit code 1."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from examengine.core import logs
from examengine.core.db import is_busy, session
from examengine.core.errors import Problem
from examengine.core.settings import Settings, SettingsError

P = ParamSpec("P")
R = TypeVar("R")


class Group(click.Group):
    """A group whose expected failures end with one line on standard error and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            fail("settings are missing or wrong:\n" + str(error))
        except Problem as error:
            fail("\n".join(error.reasons()))
        except DBAPIError as error:
            fail(f"the database does not answer as it should: {str(error.orig).splitlines()[0]}")
        except Exception as error:
            if not is_busy(error):
                raise
            fail(f"there is no room, or no right to write: {str(error).splitlines()[0]}")


def fail(reason: str) -> NoReturn:
    """End with exit code 1 and the reason on standard error."""
    click.echo(f"examengine: {reason}", err=True)
    sys.exit(1)


def set_up_logs(level: int = logging.INFO) -> None:
    """Structured logs as JSON lines on standard error."""
    logs.set_up(level)


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the application, committing when it succeeds."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from examengine.app import create_app  # late: --help stays quick

        set_up_logs(logging.WARNING)
        app = create_app()
        with app.app_context():
            done = command(*args, **kwargs)
            session.commit()
            return done

    return run


def settings_of_app() -> Settings:
    """The settings of the application that runs the command."""
    from flask import current_app

    found: Settings = current_app.config["SETTINGS"]
    return found
