"""Saves that succeed, answered before Flask begins (docs/decisions/0008); whatever is not plain goes the whole way."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask
from sqlalchemy import Engine

from examengine.core import clock, db
from examengine.core.brief import AGAIN, BRIEF
from examengine.core.settings import Settings
from examengine.delivery.journal import MOST_BODY
from examengine.delivery.saving import Saved, try_save
from examengine.delivery.tokens import read
from examengine.web.candidate.exam import keys_of
from examengine.web.candidate.protocol import FAILED, acknowledgement, page_clock
from examengine.web.shell.request_cycle import PLAIN_HEADERS, is_known_host, request_id, transport_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

log = structlog.get_logger("examengine.web")
_PATH = re.compile(r"/attempts/([1-9]\d{0,17})/saves/([1-9]\d{0,8})/([1-9]\d{0,8})", re.ASCII)


class SaveLane:
    """A WSGI application in front of the whole one: a save costs its statement and little else."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app, self._inner = app, inner

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """A save of an open attempt is acknowledged here; everything else is asked of the whole application."""
        if environ["REQUEST_METHOD"] == "PUT" and (path := _PATH.fullmatch(environ["PATH_INFO"])):
            attempt, epoch, seq = map(int, path.groups())
            done = self._save(environ, attempt, epoch, seq)
            if done is not None:
                text = acknowledgement(attempt, epoch, done).encode()
                start("200 OK", self._headers(environ, len(text)))
                return [text]
            if BRIEF in environ:  # what more has to be said may have to wait
                environ[AGAIN] = True
                start("503 Service Unavailable", [])
                return []
        return self._inner(environ, start)

    def _save(self, environ: dict[str, Any], attempt: int, epoch: int, seq: int) -> Saved | None:
        own: Settings = self._app.config["SETTINGS"]
        length, coding = environ.get("CONTENT_LENGTH") or "", environ.get("HTTP_CONTENT_ENCODING", "identity")
        if not length.isdecimal() or int(length) > MOST_BODY or coding != "identity":
            return None
        if not is_known_host(environ.get("HTTP_HOST", ""), own.allowed_hosts) or log.is_enabled_for(logging.DEBUG):
            return None
        token = read(environ.get("HTTP_ATTEMPT_TOKEN", ""), keys_of(own))
        age = page_clock(environ.get("HTTP_PAGE_CLOCK", ""))
        if token is None or (token.attempt, token.epoch) != (attempt, epoch) or age is None:
            return None
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            return try_save(db.hot_of(self._engine), token, seq, body, age, clock.now(), wait=BRIEF not in environ)
        except Exception as error:  # the whole application says it and logs it; it does not try again
            environ[FAILED] = error
            return None

    @cached_property
    def _engine(self) -> Engine:
        with self._app.app_context():
            return db.db.engine

    def _headers(self, environ: dict[str, Any], length: int) -> list[tuple[str, str]]:
        own: Settings = self._app.config["SETTINGS"]
        return [
            ("Content-Type", "application/json"),
            ("Content-Length", str(length)),
            ("X-Request-Id", request_id(environ.get("HTTP_X_REQUEST_ID", ""), own)),
            ("Cache-Control", "no-store"),
            *PLAIN_HEADERS,
            *transport_headers(own),
        ]
