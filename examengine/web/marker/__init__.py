"""Pages for who marks: the queue, the marking page, one's own marks, the lead's desk."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("marker", __name__)
blueprint.before_request(guard("marker"))

from examengine.web.marker import correcting, desk, marks, media, queue, tasks  # noqa: E402, F401 (views register themselves)
