"""All people, and adding one."""

from __future__ import annotations

from flask import render_template, request

from examengine.accounts import actions, queries
from examengine.accounts.models import Person, Team
from examengine.accounts.permissions import ROLES
from examengine.core import clock, codes
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.admin.forms import PersonForm
from examengine.web.shell.lists import asked_number, asked_one, asked_words
from examengine.web.shell.people import me

ACTIVE = {"yes": True, "no": False}
PASSWORD_LENGTH = 10


@blueprint.get("/admin/people")
def people() -> str:
    """Everybody with roles, team and whether she may log in."""
    chosen = queries.PeopleFilter(
        asked_words("q"), asked_one("role", ROLES), asked_number("team"), ACTIVE.get(request.args.get("active", ""))
    )
    sort = request.args.get("sort", "name")
    page = queries.find_people_page(chosen, sort, request.args.get("page", 1, int))
    return render_template("admin/people.html", page=page, sort=sort, roles=ROLES, teams=queries.find_teams())


@blueprint.route("/admin/people/new", methods=["GET", "POST"])
def person_new() -> str | tuple[str, int]:
    """Add a person. The first password is in this answer and nowhere else, so there is no redirect."""
    form = PersonForm()
    form.team.choices = [(0, "–"), *((team.id, team.name) for team in queries.find_teams())]
    if form.validate_on_submit():
        try:
            person, password = _add(form)
        except (Conflict, Invalid) as error:
            form.refuse(error)
        else:
            return render_template("admin/password.html", person=person, password=password, title=N_("Person added"))
    return render_template("admin/person_new.html", form=form), 422 if form.errors else 200


def _add(form: PersonForm) -> tuple[Person, str]:
    now, by, password = clock.now(), me().id, codes.readable(PASSWORD_LENGTH)
    person = actions.add_person(
        form.username.data or "",
        form.name.data or "",
        form.roles.data or (),
        now,
        password=password,
        temporary=True,
        team=_team(form),
        email=form.email.data,
        by=by,
    )
    return person, password


def _team(form: PersonForm) -> Team | None:
    if form.new_team.data:
        return actions.add_team(form.new_team.data, clock.now(), me().id)
    return next((team for team in queries.find_teams() if team.id == form.team.data), None)
