"""One request: its id and nonce, reading or writing, commit once, security headers, a log line."""

from __future__ import annotations

import re
import secrets
from typing import Any

import structlog
from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import NullSession, SecureCookieSession, SecureCookieSessionInterface
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from examengine.accounts.permissions import may_enter
from examengine.core import clock
from examengine.core.db import session, set_reading
from examengine.core.errors import Malformed
from examengine.core.i18n import N_

log = structlog.get_logger("examengine.web")
csrf = CSRFProtect()

READING = {"GET", "HEAD", "OPTIONS"}
_TOKEN_ONLY = re.compile(r"/attempts/\d+/(saves/\d+/\d+|submit)")


class Sessions(SecureCookieSessionInterface):
    """Signed cookies, except where the attempt token alone speaks: there no session is opened at all."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request; an empty one that cannot be written on the save path."""
        if _TOKEN_ONLY.fullmatch(request.path):
            return NullSession()
        return super().open_session(app, request)


def init_app(app: Flask) -> None:
    """Hook the cycle in."""
    app.session_interface = Sessions()
    app.before_request(_begin)
    app.before_request(_allow_uploads)  # before the token is looked for: that reads the form
    csrf.init_app(app)
    app.after_request(_finish)
    app.teardown_request(_log)


def _begin() -> None:
    g.begun = clock.seconds()
    g.request_id = secrets.token_hex(8)
    set_reading(request.method in READING)
    hosts = current_app.config["SETTINGS"].allowed_hosts
    if hosts and request.host.partition(":")[0] not in hosts:
        raise Malformed(N_("This server does not answer to that host name."))


UPLOADS: dict[str, int] = {}
"""By endpoint: bytes that a request may have where a file is uploaded."""


def _allow_uploads() -> None:
    """Larger requests where a file is expected, from those who may send one."""
    most = UPLOADS.get(request.endpoint or "")
    audience = (request.endpoint or "").partition(".")[0]
    if most and current_user.is_authenticated and may_enter(audience, lambda: current_user.roles):
        request.max_content_length = most


def csp_nonce() -> str:
    """This request's nonce for scripts and styles."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _finish(response: Response) -> Response:
    if session.registry.has():  # the save path opens none
        if response.status_code < 400 and request.method not in READING:
            session.commit()
        else:
            session.rollback()
    secure(response)
    return response


def secure(response: Response) -> None:
    """The headers that every answer carries."""
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "")
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Cache-Control", "no-store")
    if response.mimetype == "text/html":
        nonce = csp_nonce()
        headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if current_app.config["SETTINGS"].public:
        headers["Strict-Transport-Security"] = "max-age=31536000"


def _log(error: BaseException | None) -> None:
    facts: dict[str, Any] = {
        "request_id": g.get("request_id"),
        "method": request.method,
        "path": request.path,
        "ms": round(1000 * (clock.seconds() - g.get("begun", clock.seconds())), 1),
    }
    if error is not None:
        log.error("request failed", **facts, error=type(error).__name__)
    else:
        log.debug("request", **facts)
