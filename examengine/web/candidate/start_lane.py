"""Starts that succeed, answered before Flask begins (docs/decisions/0008); whatever is not plain goes the whole way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import structlog

from examengine.core import clock
from examengine.core.brief import WouldWait
from examengine.core.errors import Problem
from examengine.delivery import starting
from examengine.web.candidate.sittings import begun
from examengine.web.shell.lanes import FAILED, Lane
from examengine.web.shell.people import pass_of
from examengine.web.shell.request_cycle import csrf_holds

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

log = structlog.get_logger("examengine.web")
ROUTE = "/sittings/<int:sitting_id>/start"
"""As the whole application logs it."""
_PATH = re.compile(r"/sittings/([1-9]\d{0,17})/start", re.ASCII)
MOST_FORM = 2_048
"""Bytes: a token and a code."""


class StartLane(Lane):
    """A room of candidates starts within the same minute: session, token and two statements, and little else."""

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """A start, where nothing has to be said but the way to the attempt."""
        if environ["REQUEST_METHOD"] == "POST" and (path := _PATH.fullmatch(environ["PATH_INFO"])):
            came_at = clock.seconds()
            attempt = self._start(environ, int(path[1]))
            if attempt is not None:
                number = self._number(environ)
                kind, location = begun(attempt)
                more = [("Location", location), ("Vary", "Cookie")]
                start("303 See Other", self._headers(environ, kind, 0, number) + more)
                facts = {"request_id": number, "method": "POST", "route": ROUTE, "status": 303, "person": None}
                log.info("request", **facts, ms=round(1000 * (clock.seconds() - came_at), 1))
                return []
        return self._inner(environ, start)

    def _start(self, environ: dict[str, Any], sitting: int) -> int | None:
        if environ["QUERY_STRING"] or environ.get("CONTENT_TYPE") != "application/x-www-form-urlencoded":
            return None
        body = self._body(environ, MOST_FORM)
        if body is None or not body.isascii():
            return None
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        form = dict(pairs)
        if len(form) != len(pairs) or not form.keys() <= {"csrf_token", "code"}:
            return None
        request = self._app.request_class(environ)
        session: Mapping[str, Any] = self._app.session_interface.open_session(self._app, request) or {}
        own, browser = pass_of(session), session.get("browser")
        if own is None or not browser or not csrf_holds(self._app, request, session, form.get("csrf_token", "")):
            return None
        this = (sitting, own.person, "", str(browser), clock.now())  # a code has to be checked: that may wait
        try:
            with self._app.app_context():
                return starting.start(*this, session_version=own.session_version, wait=False)
        except (Problem, WouldWait):  # nothing was done; the whole application finds out and says it
            return None
        except Exception as error:
            environ[FAILED] = error
            return None
