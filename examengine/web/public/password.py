"""Whoever's password somebody else knows chooses her own before anything else."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from examengine.accounts import actions, passwords, queries
from examengine.core import clock, db
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.web.public import blueprint
from examengine.web.public.forms import NewPasswordForm
from examengine.web.shell.language import say
from examengine.web.shell.people import here, safe_next


@blueprint.route("/account/password", methods=["GET", "POST"])
def password() -> Response | str | tuple[str, int]:
    """Choose it; then on to where she wanted to be."""
    if request.method != "POST" and not current_user.is_authenticated:
        return redirect(url_for("public.login"))
    if not here().must_change_password:
        return redirect(url_for("public.account"))
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            _set(here().id, form.password.data or "")
        except Invalid as error:
            form.password.errors = [say(error.detail)]
        else:
            flash(say(N_("Your password is set.")), "ok")
            return redirect(safe_next(request.args.get("next")))
    return render_template("public/password.html", form=form), 422 if form.errors else 200


def _set(person_id: int, chosen: str) -> None:
    """Hash without SQLite's write lock, then write; this session goes on, all others end."""
    stored = here().password_hash
    db.session.rollback()
    made = passwords.renewed(stored, chosen)
    db.begin_writing()
    person = queries.get_person(person_id)
    actions.set_hash(person, made, clock.now(), person_id)
    login_user(person)
