"""What the lanes share: short ways past Flask for plain requests that succeed (docs/decisions/0008)."""

from __future__ import annotations

import io
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import Engine

from examengine.core import db
from examengine.core.settings import Settings
from examengine.web.shell.request_cycle import PLAIN_HEADERS, is_known_host, request_id, transport_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FAILED = "examengine.failed"
"""In a request's environment: what a lane met with; the whole application says it and does not try again."""


class Lane:
    """A WSGI application in front of the whole one. It can only say yes: everything else is asked of the other."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app, self._inner = app, inner

    @property
    def _settings(self) -> Settings:
        found: Settings = self._app.config["SETTINGS"]
        return found

    @cached_property
    def _engine(self) -> Engine:
        with self._app.app_context():
            return db.db.engine

    def _body(self, environ: dict[str, Any], most: int) -> bytes | None:
        """The body, which the whole application can still read; None unless it is plain, short and for this host."""
        length, coding = environ.get("CONTENT_LENGTH") or "", environ.get("HTTP_CONTENT_ENCODING", "identity")
        if not length.isdecimal() or int(length) > most or coding != "identity":
            return None
        if not is_known_host(environ.get("HTTP_HOST", ""), self._settings.allowed_hosts):
            return None
        body: bytes = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        return body

    def _headers(self, environ: dict[str, Any], kind: str, length: int, number: str) -> list[tuple[str, str]]:
        """Those of `request_cycle.secure`; `number`: the request's."""
        return [
            ("Content-Type", kind),
            ("Content-Length", str(length)),
            ("X-Request-Id", number),
            *PLAIN_HEADERS,
            ("Cache-Control", "no-store"),
            *transport_headers(self._settings),
        ]

    def _number(self, environ: dict[str, Any]) -> str:
        return request_id(environ.get("HTTP_X_REQUEST_ID", ""), self._settings)
