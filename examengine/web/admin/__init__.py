"""Pages for the administrator: people, the audit trail, the state of the instance."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.lists import known_numbers
from examengine.web.shell.people import guard

blueprint = Blueprint("admin", __name__)
blueprint.before_request(guard("admin"))
blueprint.before_request(known_numbers)

from examengine.web.admin import (  # noqa: E402 (views register themselves)
    audit,  # noqa: F401
    bulk,  # noqa: F401
    import_acts,  # noqa: F401
    imports,  # noqa: F401
    people,  # noqa: F401
    person,  # noqa: F401
    person_edit,  # noqa: F401
    slips,  # noqa: F401
    status,  # noqa: F401
)
