"""Log-in by name and password; for the exam page's dialog also as JSON."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from examengine.accounts import login, tickets, waits
from examengine.accounts.models import Person
from examengine.core import clock, db
from examengine.core.errors import SignedOut, TooMany
from examengine.core.i18n import N_
from examengine.web.public import blueprint
from examengine.web.public.entering import admit, let_in
from examengine.web.public.forms import LoginForm
from examengine.web.shell.errors import retry_after
from examengine.web.shell.language import say
from examengine.web.shell.people import browser, wants_json

Answer = Response | str | tuple[str, int]
WRONG = N_("Employee number or password is not right.")
_TYPED = "typed"


@blueprint.get("/login", endpoint="login")
def login_page() -> Answer:
    """The form; to scripts the token that they must send with it."""
    if wants_json():
        return jsonify(csrf_token=generate_csrf())
    if current_user.is_authenticated:
        return redirect(url_for("public.home"))
    return render_template("public/login.html", form=LoginForm(username=request.args.get("username", "")[:40]))


@blueprint.post("/login")
def login_try() -> Answer:
    """Let in, refuse, or (for an account that somebody guesses at) tell which a little later."""
    form = LoginForm()
    if not form.validate():
        return _wrong(form)
    username = form.username.data or ""
    try:
        standing = admit(username)
    except TooMany as wait:
        return _wait(form, wait)
    with db.reading():  # without SQLite's write lock: the hash takes its time
        person = login.check(username, form.password.data or "")
        db.session.rollback()
    db.begin_writing()
    if waits.is_slowed(standing):
        return _later(person, username)
    return let_in(person, username) if person else _wrong(form)


def _wrong(form: LoginForm) -> Answer:
    if wants_json():
        raise SignedOut(WRONG)
    form.password.errors = [say(WRONG)]
    return render_template("public/login.html", form=form), 401


def _wait(form: LoginForm, wait: TooMany) -> Response:
    if wants_json():
        raise wait
    page = render_template("public/login.html", form=form, wait=wait)
    return make_response(page, wait.status, retry_after(wait))


def _later(person: Person | None, username: str) -> Response:
    """Right, wrong and unknown names alike get a ticket, and the outcome two seconds later."""
    token = tickets.make(person, browser(), clock.now())
    session[_TYPED] = username
    return _moment(url_for("public.ticket", token=token, **_onward()), waits.whole_seconds(waits.DELAY))


def _onward() -> dict[str, Any]:
    """The page to go on to, if any."""
    return {"next": request.args["next"]} if request.args.get("next") else {}


def _moment(address: str, seconds: int) -> Response:
    """One moment: the page goes on by itself, or by its button; a script is told when to ask."""
    if wants_json():
        answer = jsonify(ticket=address, retry_after=seconds)
        answer.status_code = 202
        return answer
    page = render_template("public/moment.html", address=address)
    return make_response(page, 202, {"Refresh": f"{seconds}; url={address}"})


@blueprint.get("/login/ticket/<token>")
def ticket(token: str) -> Answer:
    """What the ticket says, once: in, or not."""
    if request.method != "GET":  # HEAD: somebody looks without coming in
        return Response()
    db.begin_writing()
    outcome = tickets.take(token, session.get("browser", ""), clock.now())
    if outcome.early:
        return _moment(request.full_path.rstrip("?"), waits.whole_seconds(outcome.early))
    if not outcome.known:
        return _lost()
    typed = session.pop(_TYPED, "")
    answer = let_in(outcome.person, outcome.person.username) if outcome.person else None
    db.session.commit()  # the door commits what is sent by POST; this comes by GET, for it goes on by itself
    return answer or _wrong(LoginForm(username=typed))


def _lost() -> Answer:
    """A ticket that is spent, out of date or another browser's."""
    text = N_("That took too long. Please log in once more.")
    if wants_json():
        raise SignedOut(text)
    if not current_user.is_authenticated:
        flash(say(text), "warn")
    return redirect(url_for("public.login", **_onward()))
