"""One request: its id and nonce, reading or writing, commit once, security headers, a log line."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Collection, Mapping
from functools import lru_cache
from hmac import compare_digest
from typing import Any

import structlog
from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import NullSession, SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect, same_origin  # type: ignore[attr-defined]  # its stubs lack one
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.datastructures.structures import iter_multi_items

from examengine.accounts.permissions import may_enter
from examengine.core import clock
from examengine.core.brief import AGAIN
from examengine.core.db import session, set_reading
from examengine.core.errors import Malformed
from examengine.core.i18n import N_
from examengine.core.settings import Settings

log = structlog.get_logger("examengine.web")
csrf = CSRFProtect()

PLAIN_HEADERS = (("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin"))
"""Of every answer, whatever it holds."""
PAGE_HEADERS = (
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
"""Of every page."""
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{0}'; style-src 'self' 'nonce-{0}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
READING = {"GET", "HEAD", "OPTIONS"}
SAVING = "PUT"
"""The method of saves, and of nothing else: the journal says more of them than a log line could."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_HOST = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?", re.ASCII)
_TOKEN_ONLY = re.compile(r"/attempts/\d+/(saves/\d+/\d+|submit)")


def is_save(path: str) -> bool:
    """Whether a path is of the save path, where the attempt token alone speaks."""
    return bool(_TOKEN_ONLY.fullmatch(path))


_BRIEF = re.compile(
    r"GET /attempts/\d+(/result)?|PUT /attempts/\d+/saves/\d+/\d+|POST /(sittings/\d+/start|attempts/\d+/submit)",
    re.ASCII,
)


def is_brief(method: str, path: str) -> bool:
    """Whether a request is of the hot path, so that it may be answered where nobody may wait (core.brief)."""
    return bool(_BRIEF.fullmatch(f"{method} {path}"))


class Fields(ImmutableMultiDict[str, Any]):
    """Values of an address or a form, without U+0000, which no database takes."""

    def __init__(self, mapping: Any = None) -> None:
        super().__init__([(_without_nul(name), _without_nul(value)) for name, value in iter_multi_items(mapping or ())])


def _without_nul(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


class CleanRequest(Request):
    """A request whose values can be looked for and stored."""

    parameter_storage_class = Fields


class Sessions(SecureCookieSessionInterface):
    """Signed cookies, except where the attempt token alone speaks: there no session is opened at all."""

    _made: tuple[tuple[Any, ...], URLSafeTimedSerializer | None] = ((), None)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request; an empty one that cannot be written on the save path."""
        if is_save(request.path):
            return NullSession()
        return super().open_session(app, request)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The one that all requests share: making it costs as much as using it."""
        keys = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        kept, serializer = self._made
        if keys != kept:
            serializer = super().get_signing_serializer(app)
            self._made = keys, serializer
        return serializer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where something changed; what anybody may keep for ever has none and does not vary by it."""
        if response.headers.get("Cache-Control", "").startswith("public"):
            return
        if session.modified or "Vary" in response.headers:
            super().save_session(app, session, response)
        elif session.accessed:  # most requests only read, and say no more than that
            response.headers.add("Vary", "Cookie")


def init_app(app: Flask) -> None:
    """Hook the cycle in."""
    app.extensions["is_brief"] = is_brief
    app.request_class = CleanRequest
    app.session_interface = Sessions()
    app.before_request(_begin)  # first: what refuses a request early needs its id and language too
    app.before_request(_allow_uploads)  # before the token is looked for: that reads the form
    csrf.init_app(app)
    app.after_request(_finish)
    app.teardown_request(_log)
    app.log_exception = _log_failure  # type: ignore[method-assign]  # Flask's own names the path, which may hold a token


def csrf_holds(app: Flask, request: Request, opened: Mapping[str, Any], given: str) -> bool:
    """What flask-wtf demands of a form, for who answers before Flask begins: signed with our key, the session's own,
    and under TLS sent from a page of ours. Whoever is told no asks flask-wtf."""
    kept = opened.get("csrf_token")
    try:
        said = _csrf_signer(str(app.secret_key)).loads(given)
    except BadData:
        return False
    if not (isinstance(kept, str) and isinstance(said, str) and kept and compare_digest(kept.encode(), said.encode())):
        return False
    return not request.is_secure or same_origin(request.referrer or "", f"https://{request.host}/")


@lru_cache(maxsize=4)
def _csrf_signer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="wtf-csrf-token")  # flask-wtf's own words


def _begin() -> None:
    g.begun = clock.seconds()
    g.request_id = request_id(request.headers.get("X-Request-Id", ""), current_app.config["SETTINGS"])
    set_reading(request.method in READING)
    _check_host(current_app.config["SETTINGS"].allowed_hosts)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Malformed(N_("A compressed request is not read."))


def _check_host(names: Collection[str]) -> None:
    if not is_known_host(request.host if names else "", names):
        raise Malformed(N_("This server does not answer to that host name."))


def is_known_host(host: str, names: Collection[str]) -> bool:
    """Whether a Host header is one of the names that are answered to (none: to all)."""
    if not names:
        return True
    match = _HOST.fullmatch(host)
    return match is not None and match[1].strip("[]").rstrip(".").lower() in {name.lower() for name in names}


def request_id(given: str, settings: Settings) -> str:
    """The number that a trusted proxy in front gave the request, so that both logs name the same; else a new one."""
    return given if settings.trusted_proxies and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


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
            response = _commit(response)
        else:
            session.rollback()
    secure(response)
    g.status = response.status_code
    return response


def _commit(response: Response) -> Response:
    """The answer once what it tells is on disk; else what the failure says (a full disk shows itself here)."""
    try:
        session.commit()
    except Exception as error:
        session.rollback()
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def secure(response: Response) -> None:
    """The headers that every answer carries."""
    headers = response.headers
    headers.add("X-Request-Id", g.get("request_id", ""))
    for name, value in PLAIN_HEADERS:
        headers.add(name, value)
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
    if response.mimetype == "text/html":
        headers.add("Content-Security-Policy", _POLICY.format(csp_nonce()))
        for name, value in PAGE_HEADERS:
            headers.add(name, value)
    for name, value in transport_headers(current_app.config["SETTINGS"]):
        headers.add(name, value)


def transport_headers(settings: Settings) -> list[tuple[str, str]]:
    """What keeps browsers on TLS, off loopback."""
    return [("Strict-Transport-Security", "max-age=31536000")] if settings.public else []


def route() -> str:
    """The pattern of the request's address: the address itself may hold tokens and names."""
    return request.url_rule.rule if request.url_rule else ""


def _facts() -> dict[str, Any]:
    return {
        "request_id": g.get("request_id"),
        "method": request.method,
        "route": route(),
        "status": g.get("status"),
        "ms": round(1000 * (clock.seconds() - g.get("begun", clock.seconds())), 1),
        "person": g.get("person_id"),
    }


def _log(error: BaseException | None) -> None:
    if AGAIN in request.environ:
        return
    if error is not None:
        log.error("request failed", **_facts(), error=type(error).__name__)
    elif g.get("status", 500) >= 400 or (request.method not in READING and request.method != SAVING):
        log.info("request", **_facts())
    elif log.is_enabled_for(logging.DEBUG):
        log.debug("request", **_facts())


def _log_failure(exc_info: Any) -> None:
    log.error("request failed", **_facts(), exc_info=exc_info)
