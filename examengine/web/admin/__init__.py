"""Pages for the administrator: people, the audit trail, the state of the instance."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.lists import known_numbers
from examengine.web.shell.people import guard

blueprint = Blueprint("admin", __name__)
blueprint.before_request(guard("admin"))
blueprint.before_request(known_numbers)

from examengine.web.admin import access, audit, people, person, status  # noqa: E402, F401 (views register themselves)
