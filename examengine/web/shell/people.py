"""Who is looking: flask-login, the guard of each audience, the browser's own mark."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from examengine.accounts import login
from examengine.accounts.models import Person
from examengine.accounts.permissions import may_enter
from examengine.core.errors import Forbidden, Missing, PasswordDue, SignedOut
from examengine.core.i18n import N_

logins = LoginManager()


def init_app(app: Flask) -> None:
    """Hook flask-login in."""
    logins.session_protection = None  # sessions end by their version (accounts), not by a changed network
    logins.user_loader(_load)
    logins.init_app(app)


def _load(session_id: str) -> Person | None:
    person = login.load_person(session_id)
    if person is not None:
        g.person_id = person.id  # for the log, which must not ask the database
    return person


def forget_reader() -> None:
    """Go on as for a stranger: whoever is looking, the database is not to be asked for her."""
    g._login_user = logins.anonymous_user()  # where flask-login keeps whom it has loaded


def here() -> Person:
    """The person logged in, also while she has to choose a password. Raises SignedOut."""
    if not current_user.is_authenticated:
        raise SignedOut
    person: Person = current_user._get_current_object()
    return person


def me() -> Person:
    """The person logged in. Raises SignedOut, PasswordDue."""
    person = here()
    if person.must_change_password:
        raise PasswordDue(N_("Choose your own password first: somebody else knows the present one."))
    return person


def wants_json() -> bool:
    """Whether the caller is a script that reads problem documents."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best not in (None, "text/html") or request.is_json


@dataclass(frozen=True)
class Pass:
    """Who a session says it is of; the statement that acts for it looks whether it still holds."""

    person: int
    session_version: int


def session_pass() -> Pass | None:
    """What this request's session vouches for, without asking the database."""
    return pass_of(session)


def pass_of(opened: Mapping[str, Any]) -> Pass | None:
    """What an opened session vouches for."""
    person, _, version = str(opened.get("_user_id", "")).partition(".")
    return Pass(int(person), int(version)) if person.isdecimal() and version.isdecimal() else None


def guard(audience: str, hot: Collection[str] = ()) -> Callable[[], Response | None]:
    """The before_request function of an audience's blueprint.

    `hot`: endpoints whose own statements check the session (docs/decisions/0007); they `turn_away` if it did not hold.
    """

    def check() -> Response | None:
        if request.endpoint in hot and session_pass() is not None:
            return None
        return whole_check()

    def whole_check() -> Response | None:
        if not current_user.is_authenticated:
            if wants_json() or request.method not in ("GET", "HEAD"):
                raise SignedOut
            return redirect(url_for("public.login", next=request.full_path.rstrip("?")))
        person = me()
        if not may_enter(audience, lambda: person.roles):
            raise Forbidden
        return None

    check.audience = audience  # type: ignore[attr-defined]  # read by the tests of the access rules
    check.whole = whole_check  # type: ignore[attr-defined]  # see turn_away
    return check


def turn_away(check: Any) -> Response:
    """The answer to a hot request whose statement found nothing: the guard's own, else Missing is raised."""
    answer: Response | None = check.whole()
    if answer is None:
        raise Missing
    return answer


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
