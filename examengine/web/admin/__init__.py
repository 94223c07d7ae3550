"""Pages for the administrator: set-up, settings, people, teams, competencies, mail, audit trail, state of things."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.lists import known_numbers
from examengine.web.shell.own_settings import take_over
from examengine.web.shell.people import guard

blueprint = Blueprint("admin", __name__)
blueprint.before_request(guard("admin"))
blueprint.before_request(known_numbers)


@blueprint.before_request
def _at_once() -> None:
    """Who changes settings sees them at once, whichever process answers."""
    take_over(at_once=True)


from examengine.web.admin import (  # noqa: E402, F401 (views register themselves)
    audit,
    competencies,
    competency,
    home,
    mail,
    people,
    person,
    settings,
    setup,
    status,
    teams,
)
