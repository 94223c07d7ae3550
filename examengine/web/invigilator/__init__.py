"""Pages for who watches over a sitting: the room at a glance, and what may be done for a person or for all."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("invigilator", __name__)
blueprint.before_request(guard("invigilator"))

from examengine.web.invigilator import (  # noqa: E402, F401 (they register themselves)
    access,
    acts,
    chances,
    everybody,
    extension,
    people,
    sittings,
)
