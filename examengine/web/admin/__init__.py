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


from examengine.web.admin import (  # noqa: E402 (views register themselves)
    access,  # noqa: F401
    audit,  # noqa: F401
    bulk,  # noqa: F401
    competencies,  # noqa: F401
    competency,  # noqa: F401
    home,  # noqa: F401
    import_acts,  # noqa: F401
    imports,  # noqa: F401
    mail,  # noqa: F401
    people,  # noqa: F401
    person,  # noqa: F401
    person_edit,  # noqa: F401
    settings,  # noqa: F401
    setup,  # noqa: F401
    slips,  # noqa: F401
    status,  # noqa: F401
    teams,  # noqa: F401
)
