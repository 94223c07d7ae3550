"""Pages of the admin audience."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("admin", __name__)
blueprint.before_request(guard("admin"))
