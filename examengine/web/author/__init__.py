"""Pages of the author audience."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("author", __name__)
blueprint.before_request(guard("author"))
