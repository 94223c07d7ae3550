"""The set-up page: what a new instance needs to know, on one page; it may be left and gone on with."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.accounts import actions as accounts
from examengine.accounts import queries as people
from examengine.bank import competencies
from examengine.bank import queries as bank
from examengine.core import setup as state
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.admin.settings import facts, save
from examengine.web.admin.settings_forms import SetupForm
from examengine.web.admin.suggested import suggested_tree
from examengine.web.shell.language import language, say
from examengine.web.shell.own_settings import own


@blueprint.route("/admin/setup", methods=["GET", "POST"])
def setup() -> Response | str | tuple[str, int]:
    """Save and go on later, or finish."""
    if state.is_finished():
        return redirect(url_for("admin.settings"), 303)
    form = SetupForm.of(own())
    if form.validate_on_submit() and save(form, lambda now, by: _further(form, now, by)):
        if request.form.get("then") == "finish":
            flash(say(N_("The engine is set up. These are the next steps.")), "ok")
            return redirect(url_for("admin.home"), 303)
        flash(say(N_("What you entered is saved; go on whenever you like.")), "ok")
        return redirect(url_for("admin.setup"), 303)
    tree = [(code, titles.get(language()) or code) for code, titles in suggested_tree()]
    known = bank.find_competencies()
    page = render_template("admin/setup.html", form=form, teams=people.find_teams(), known=known, tree=tree, **facts())
    return (page, 422) if form.errors else page


def _further(form: SetupForm, now: datetime, by: int) -> None:
    """Teams, competencies, and whether that was all."""
    for name in form.team_names:
        accounts.add_team(name, now, by)
    if form.tree.data and not bank.find_competencies():
        competencies.load_tree(suggested_tree(), now, by)
    if request.form.get("then") == "finish":
        state.finish(now, by)
