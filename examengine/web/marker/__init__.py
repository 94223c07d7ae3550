"""Pages of the marker audience."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("marker", __name__)
blueprint.before_request(guard("marker"))
