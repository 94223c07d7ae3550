"""Front page, log-out, and the first password by a one-time link."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from examengine.accounts import actions
from examengine.accounts.queries import find_link
from examengine.core import clock, setup
from examengine.core.db import begin_writing
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.web.public import blueprint
from examengine.web.public.forms import NewPasswordForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me

FRONT = (
    ("operator", "candidate.home"),
    ("grader", "marker.queue"),
    ("trainer", "author.items"),
    ("manager", "manager.sittings"),
    ("administrator", "admin.home"),
)


@blueprint.get("/")
def home() -> Response:
    """Each to her own first page."""
    if not current_user.is_authenticated:
        return redirect(url_for("public.login"))
    roles = me().roles
    if "administrator" in roles and not setup.is_finished():
        return redirect(url_for("admin.setup"))
    return redirect(url_for(next((page for role, page in FRONT if role in roles), "candidate.home")))


@blueprint.route("/logout", methods=["GET", "POST"])
def logout() -> Response | str:
    """Log out; while an attempt is open the page asks first."""
    if not current_user.is_authenticated:
        return redirect(url_for("public.login"))
    attempt = delivery.find_open(current_user.id)
    if request.method != "POST" or (attempt is not None and not request.form.get("sure")):
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
