"""All people, and adding one."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext

from examengine.accounts import actions, queries
from examengine.accounts.models import Person, Team
from examengine.accounts.permissions import ROLES
from examengine.core import audit as trail
from examengine.core import clock, codes
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.formats import people_table
from examengine.formats.table_csv import Cell
from examengine.web.admin import blueprint
from examengine.web.admin.forms import PersonForm
from examengine.web.shell.lists import asked_number, asked_one, asked_words, csv_file, for_sheet
from examengine.web.shell.looks import log_look
from examengine.web.shell.people import me

ACTIVE = {"yes": True, "no": False}
PASSWORD_LENGTH = 10
MOST = 5_000
"""People in one export."""


@blueprint.get("/admin/people")
def people() -> str:
    """Everybody with roles, team and whether she may log in."""
    chosen = _chosen()
    sort = request.args.get("sort", "name")
    page = queries.find_people_page(chosen, sort, request.args.get("page", 1, int))
    facts = {"roles": ROLES, "teams": queries.find_teams(), "most": MOST}
    return render_template("admin/people.html", page=page, sort=sort, **facts)


def _chosen() -> queries.PeopleFilter:
    """The address's filter."""
    return queries.PeopleFilter(
        asked_words("q"),
        asked_one("role", ROLES),
        asked_number("team"),
        ACTIVE.get(request.args.get("active", "")),
        request.args.get("never") == "1",
    )


@blueprint.get("/admin/people/export")
def people_export() -> Response:
    """What is filtered, as CSV that can be imported again; the export itself is logged first."""
    asked = dict(request.args)
    log_look(lambda by, now: trail.record(now, by, "people.export", "person", None, filter=asked))
    titles = [gettext(people_table.FIELDS[field]) for field in people_table.FIELDS]
    more = [gettext("State"), gettext("Last log-in"), gettext("Added")]
    head: list[Cell] = [*titles, *more]
    rows = [head, *(_line(found) for found in queries.find_sheet(_chosen(), MOST))]
    return csv_file(rows, "people", f"people-{for_sheet(clock.now())[:10]}")


def _line(found: queries.Sheet) -> list[Cell]:
    said = {
        "username": found.username,
        "name": found.name,
        "team": found.team,
        "roles": ", ".join(gettext(ROLES[role]) for role in found.roles),
        "email": found.email,
        "language": {"zh": "中文", "en": "English"}.get(found.language or ""),
    }
    state = gettext("Active") if found.active else gettext("Deactivated")
    return [*(said[f] for f in people_table.FIELDS), state, for_sheet(found.last_login_at), for_sheet(found.created_at)]


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
