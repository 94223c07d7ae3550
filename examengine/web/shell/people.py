"""Who is looking: flask-login, the guard of each audience, the browser's own mark."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Flask, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from examengine.accounts import login
from examengine.accounts.models import Person
from examengine.accounts.permissions import may_enter
from examengine.core.errors import Forbidden, SignedOut

logins = LoginManager()


def init_app(app: Flask) -> None:
    """Hook flask-login in."""
    logins.session_protection = None  # sessions end by their version (accounts), not by a changed network
    logins.user_loader(login.load_person)
    logins.init_app(app)


def me() -> Person:
    """The person logged in. Raises SignedOut."""
    if not current_user.is_authenticated:
        raise SignedOut
    person: Person = current_user._get_current_object()
    return person


def wants_json() -> bool:
    """Whether the caller is a script that reads problem documents."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best not in (None, "text/html") or request.is_json


def guard(audience: str) -> Callable[[], Response | None]:
    """The before_request function of an audience's blueprint."""

    def check() -> Response | None:
        if not current_user.is_authenticated:
            if wants_json() or request.method not in ("GET", "HEAD"):
                raise SignedOut
            return redirect(url_for("public.login", next=request.full_path.rstrip("?")))
        if not may_enter(audience, lambda: me().roles):
            raise Forbidden
        return None

    check.audience = audience  # type: ignore[attr-defined]  # read by the tests of the access rules
    return check


def need(role: str) -> None:
    """A view's own further condition. Raises Forbidden."""
    if role not in me().roles:
        raise Forbidden


def browser() -> str:
    """This browser's own mark: it tells a reload from another device. Kept in the session over logins."""
    mark = session.get("browser") or g.get("browser")
    if not mark:
        mark = g.browser = secrets.token_urlsafe(12)
        session["browser"] = mark
    return str(mark)


def safe_next(target: str | None) -> str:
    """A path of this site to go on to, else the front page: never another site."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return url_for("public.home")
    if "\\" in target or any(ord(char) < 32 for char in target):
        return url_for("public.home")
    return target
