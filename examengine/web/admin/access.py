"""Letting a person in who cannot log in: a one-time code to read out, an end to her waits."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.accounts import codes, failures
from examengine.accounts.queries import get_person
from examengine.core import clock
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.admin.person import other
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.post("/admin/people/<int:person_id>/code")
def person_code(person_id: int) -> str:
    """A one-time code. It is in this answer and nowhere else, so there is no redirect."""
    found, now = other(person_id), clock.now()
    made = codes.give_code(found, now, me().id)
    return render_template("admin/code.html", person=found, code=made, until=now + codes.LIFE)


@blueprint.post("/admin/people/<int:person_id>/wait")
def person_wait(person_id: int) -> Response:
    """She may try again at once."""
    failures.clear_wait(get_person(person_id), clock.now(), me().id)
    flash(say(N_("The person may try again at once.")), "ok")
    return redirect(url_for("admin.person", person_id=person_id))
