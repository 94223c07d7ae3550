"""Structured logs: a JSON line an event, and nothing in it that people typed or that the database holds.

Tracebacks are written with their frames and source lines, but of what an exception says only what is known to speak of
code: a message such as `invalid literal for int(): …` would carry an answer or a password into the log.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
import sys
import traceback
from collections.abc import Iterator
from typing import Any, TextIO, cast

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, Processor

from examengine.core.errors import Problem

_OF_CODE = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError, TypeError)
_MOST = 300


def set_up(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Write what this process has to say to `stream` (standard error); what libraries say from warnings up."""
    out = Unfailing(stream or sys.stderr)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [without_values, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, out)),
        cache_logger_on_first_use=False,  # a kept logger would go on writing to the stream of an earlier call
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


class Unfailing:
    """A stream whose failures stay its own: a full disk under the log must not refuse anybody's answers."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or not."""
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            return 0
        return len(text)

    def flush(self) -> None:
        """Flush, or not."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


def without_values(_: Any, __: str, event: EventDict) -> EventDict:
    """structlog's processor that writes exceptions out."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    event.pop("stack_info", None)
    return event


def describe(error: BaseException) -> str:
    """The traceback with all causes; frames and source lines, but no values."""
    parts = []
    for one in reversed(list(_chain(error))):
        frames = traceback.StackSummary.extract(traceback.walk_tb(one.__traceback__), capture_locals=False)
        words = said(one)
        head = (
            type(one).__qualname__
            if type(one).__module__ == "builtins"
            else f"{type(one).__module__}.{type(one).__qualname__}"
        )
        parts.append("".join([*frames.format(), f"{head}: {words}" if words else head]))
    return "\n\n".join(parts)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def said(error: BaseException) -> str:
    """What an exception says, as far as that cannot be anybody's data."""
    if isinstance(error, Problem):
        return f"{error.code}: {error.detail.text}" if error.detail else error.code
    if isinstance(error, DBAPIError) and error.orig is not None:
        return said(error.orig)
    if isinstance(error, psycopg.Error):
        return _said_by_postgres(error)
    if isinstance(error, sqlite3.Error):  # its messages name tables and columns, never values
        return f"{getattr(error, 'sqlite_errorname', '')} {error}".strip()[:_MOST]
    if isinstance(error, OSError):
        return f"{errno.errorcode.get(error.errno or 0, '')} {error.strerror or ''}".strip()
    return str(error)[:_MOST] if isinstance(error, _OF_CODE) else ""


def _said_by_postgres(error: psycopg.Error) -> str:
    if error.sqlstate is None:  # no connection: host, port and reason
        return str(error).split("\n", 1)[0][:_MOST] if isinstance(error, psycopg.OperationalError) else ""
    names = (error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
    return " ".join([error.sqlstate, *(name for name in names if name)])
