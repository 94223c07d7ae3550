"""Front page, log-in and log-out."""

from __future__ import annotations

from flask import flash, g, jsonify, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from examengine.accounts import actions, login
from examengine.accounts.models import Person
from examengine.accounts.queries import find_link
from examengine.core import clock
from examengine.core.db import begin_writing, reading
from examengine.core.errors import Conflict, SignedOut
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.web.public import blueprint
from examengine.web.public.forms import LoginForm, NewPasswordForm
from examengine.web.shell.language import say
from examengine.web.shell.people import browser, safe_next, wants_json

FRONT = (
    ("operator", "candidate.home"),
    ("grader", "marker.queue"),
    ("trainer", "author.items"),
    ("manager", "manager.sittings"),
    ("administrator", "admin.people"),
)


@blueprint.get("/")
def home() -> Response:
    """Each to her own first page."""
    if not current_user.is_authenticated:
        return redirect(url_for("public.login"))
    return redirect(url_for(next((page for role, page in FRONT if role in current_user.roles), "candidate.home")))


@blueprint.route("/login", methods=["GET", "POST"], endpoint="login")
def login_page() -> Response | str | tuple[str, int]:
    """Log in; for the exam page's dialog also as JSON."""
    if request.method == "GET" and wants_json():
        return jsonify(csrf_token=generate_csrf())
    form = LoginForm()
    if request.method == "POST":
        person = _checked(form)
        if person is not None:
            _enter(person)
            if wants_json():
                return jsonify(person=person.id, csrf_token=generate_csrf())
            return redirect(safe_next(request.args.get("next")))
        if wants_json():
            raise SignedOut(N_("Employee number or password is not right."))
        form.password.errors = [say(N_("Employee number or password is not right."))]
        return render_template("public/login.html", form=form), 401
    if current_user.is_authenticated:
        return redirect(url_for("public.home"))
    return render_template("public/login.html", form=form)


def _checked(form: LoginForm) -> Person | None:
    """The person, found without SQLite's write lock: the hash takes its time."""
    with reading():
        return login.check(form.username.data or "", form.password.data or "") if form.validate() else None


def _enter(person: Person) -> None:
    """A new session; only the browser's mark and the switches stay."""
    mark = browser()
    kept = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()
    session.update(kept, browser=mark)
    session.permanent = True
    if actions.is_login_due(person, clock.now()):
        begin_writing()
        actions.note_login(person, clock.now())
    login_user(person)
    g.pop("csrf_token", None)


@blueprint.route("/logout", methods=["GET", "POST"])
def logout() -> Response | str:
    """Log out; while an attempt is open the page asks first."""
    if not current_user.is_authenticated:
        return redirect(url_for("public.login"))
    attempt = delivery.find_open(current_user.id)
    if request.method == "GET" or (attempt is not None and not request.form.get("sure")):
        return render_template("public/logout.html", attempt=attempt)
    person = current_user._get_current_object()
    actions.end_sessions(person)
    logout_user()
    kept = {name: session[name] for name in ("language", "theme", "browser") if name in session}
    session.clear()
    session.update(kept)
    flash(say(N_("You are logged out.")), "ok")
    return redirect(url_for("public.login"))


@blueprint.route("/welcome/<token>", methods=["GET", "POST"])
def welcome(token: str) -> Response | str:
    """Set a first password by a one-time link."""
    form = NewPasswordForm()
    now = clock.now()
    if form.validate_on_submit():
        begin_writing()
        person = actions.use_link(token, form.password.data or "", now)
        flash(say(N_("Your password is set. Please log in.")), "ok")
        return redirect(url_for("public.login", username=person.username))
    if find_link(token, now) is None:
        raise Conflict(N_("This link has been used or is out of date."))
    return render_template("public/welcome.html", form=form)
