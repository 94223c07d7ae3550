"""Pages of the invigilator audience."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("invigilator", __name__)
blueprint.before_request(guard("invigilator"))
