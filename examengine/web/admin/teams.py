"""Teams: all of them, and one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.accounts import actions, queries, teams
from examengine.accounts.models import Team
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.admin.forms import LeaderForm, TeamForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.route("/admin/teams", methods=["GET", "POST"], endpoint="teams")
def team_list() -> Response | str | tuple[str, int]:
    """Teams with leader and members; a form for a new one."""
    form = TeamForm()
    try:
        if form.validate_on_submit():
            return _added(form)
    except Invalid as error:
        form.refuse(error)
    retired = request.args.get("state") == "retired"
    page = queries.find_team_page(request.args.get("page", 1, int), retired)
    leaders = queries.find_names({team.leader_id for team in page.rows if team.leader_id})
    shown = render_template(
        "admin/teams.html", form=form, page=page, leaders=leaders, counts=queries.count_members(), retired=retired
    )
    return (shown, 422) if form.errors else shown


def _added(form: TeamForm) -> Response:
    known = {team.name for team in queries.find_teams()}
    made = actions.add_team(form.name.data or "", clock.now(), me().id)
    if made.name in known:
        flash(say(N_("There is this team already.")), "warn")
    else:
        flash(say(N_("The team is made.")), "ok")
    return redirect(url_for("admin.teams"), 303)


@blueprint.route("/admin/teams/<int:team_id>", methods=["GET", "POST"])
def team(team_id: int) -> Response | str | tuple[str, int]:
    """Name and leader; retire an empty team."""
    found = queries.get_team(team_id)
    members = queries.find_members(team_id)
    form = LeaderForm(data={"name": found.name, "leader": found.leader_id or 0})
    also = {*members, *([found.leader_id] if found.leader_id else [])}
    form.leader.choices = [
        (0, say(N_("nobody"))),
        *((one.id, f"{one.name} ({one.username})") for one in queries.find_choices(also, staff_only=True)),
    ]
    try:
        if form.validate_on_submit():
            return _changed(found, form)
    except (Conflict, Invalid) as error:
        form.refuse(error)
    page = render_template("admin/team.html", team=found, form=form, members=len(members))
    return (page, 422) if form.errors else page


def _changed(found: Team, form: LeaderForm) -> Response:
    now, by = clock.now(), me().id
    teams.rename(found, form.name.data or "", now, by)
    teams.set_leader(found, form.leader.data or None, now, by)
    flash(say(N_("The team is saved.")), "ok")
    return redirect(url_for("admin.teams"), 303)


@blueprint.post("/admin/teams/<int:team_id>/retire")
def team_retire(team_id: int) -> Response:
    """Offer it no more."""
    return _switch(team_id, teams.retire, say(N_("The team is retired.")))


@blueprint.post("/admin/teams/<int:team_id>/restore")
def team_restore(team_id: int) -> Response:
    """Offer it again."""
    return _switch(team_id, teams.restore, say(N_("The team is in use again.")))


def _switch(team_id: int, act: Callable[[Team, datetime, int], None], done: str) -> Response:
    act(queries.get_team(team_id), clock.now(), me().id)
    flash(done, "ok")
    return redirect(url_for("admin.teams"), 303)
