"""One person: keep her out, let her in again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.accounts import actions, failures, queries
from examengine.accounts.models import Person
from examengine.core import clock
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.web.admin import blueprint
from examengine.web.admin.forms import ReasonForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.get("/admin/people/<int:person_id>")
def person(person_id: int) -> str:
    """Facts and what may be done."""
    return _page(queries.get_person(person_id), ReasonForm())


def _page(found: Person, form: ReasonForm) -> str:
    attempt = delivery.find_open(found.id)
    failed = failures.find_recent(found, clock.now())
    own = found.id == me().id
    return render_template("admin/person.html", person=found, form=form, attempt=attempt, own=own, failed=failed)


@blueprint.post("/admin/people/<int:person_id>/deactivate")
def person_deactivate(person_id: int) -> Response | tuple[str, int]:
    """Keep a person out; everything of hers stays."""
    return _switch(person_id, False, actions.deactivate, say(N_("The person is deactivated and logged out.")))


@blueprint.post("/admin/people/<int:person_id>/reactivate")
def person_reactivate(person_id: int) -> Response | tuple[str, int]:
    """Let a person in again."""
    return _switch(person_id, True, actions.reactivate, say(N_("The person may log in again.")))


def _switch(
    person_id: int, to: bool, act: Callable[[Person, datetime, int, str], None], done: str
) -> Response | tuple[str, int]:
    found, form = other(person_id), ReasonForm()
    if not form.validate():
        return _page(found, form), 422
    if found.active is not to:  # sent twice: done once
        act(found, clock.now(), me().id, form.reason.data or "")
    flash(done, "ok")
    return redirect(url_for("admin.person", person_id=person_id))


def other(person_id: int) -> Person:
    """Somebody else. Raises Missing, Conflict for oneself: nobody locks herself out here."""
    if person_id == me().id:
        raise Conflict(N_("This is your own account; another administrator does this for you."))
    return queries.get_person(person_id)
