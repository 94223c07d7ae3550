"""Change somebody: details, roles, team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.accounts import actions, queries
from examengine.accounts.models import Person, Team
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.admin.forms import EditForm, MoveForm, RolesForm
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me

SAVED = N_("The change is saved.")
Answer = Response | str | tuple[str, int]


def _answer(form: PageForm, person: Person, template: str, act: Callable[[], str | None], **facts: Any) -> Answer:
    """Act when the form is sent and right (`act` gives what to say, None: nothing changed); what was entered stays."""
    if form.validate_on_submit():
        try:
            done = act()
        except (Conflict, Invalid) as error:
            form.refuse(error)
        else:
            flash(say(done or N_("Nothing was changed.")), "ok" if done else "info")
            return redirect(url_for("admin.person", person_id=person.id), 303)
    page = render_template(template, person=person, form=form, **facts)
    return (page, 422) if form.errors else page


@blueprint.route("/admin/people/<int:person_id>/edit", methods=["GET", "POST"])
def person_edit(person_id: int) -> Answer:
    """Name, employee number, mail address, language."""
    person = queries.get_person(person_id)
    form = EditForm(obj=person)

    def act() -> str | None:
        wanted: dict[str, Any] = {name: form[name].data for name in ("username", "name", "email", "language")}
        return SAVED if actions.set_details(person, clock.now(), me().id, **wanted) else None

    return _answer(form, person, "admin/person_edit.html", act)


@blueprint.route("/admin/people/<int:person_id>/roles", methods=["GET", "POST"])
def person_roles(person_id: int) -> Answer:
    """What the person may do."""
    person = queries.get_person(person_id)
    form = RolesForm(roles=sorted(person.roles))

    def act() -> str | None:
        changed = actions.set_roles(person, form.roles.data or (), clock.now(), me().id, form.reason.data or "")
        return SAVED if changed else None

    return _answer(form, person, "admin/person_roles.html", act, own=person_id == me().id)


@blueprint.route("/admin/people/<int:person_id>/team", methods=["GET", "POST"])
def person_team(person_id: int) -> Answer:
    """Into another team, now or from a day on."""
    person = queries.get_person(person_id)
    form = MoveForm(team=person.team_id or 0)
    form.fill()

    def act() -> str | None:
        why = form.reason.data or ""
        if not actions.move_person(person, team_of(form), clock.now(), me().id, why, form.since):
            return None
        return N_("The move is planned.") if form.since else SAVED

    return _answer(form, person, "admin/person_team.html", act, planned=queries.find_planned_move(person_id))


def team_of(form: MoveForm) -> Team | None:
    """The team that a form means, made when it is new."""
    if form.new_team.data:
        return actions.add_team(form.new_team.data, clock.now(), me().id)
    return queries.get_team(form.team.data) if form.team.data else None


@blueprint.post("/admin/people/<int:person_id>/team/cancel")
def person_team_cancel(person_id: int) -> Response:
    """The planned move does not take place."""
    actions.cancel_move(queries.get_person(person_id), clock.now(), me().id)
    flash(say(N_("The planned move is cancelled.")), "ok")
    return redirect(url_for("admin.person", person_id=person_id), 303)
