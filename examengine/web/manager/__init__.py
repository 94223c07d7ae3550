"""Pages of the manager audience."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("manager", __name__)
blueprint.before_request(guard("manager"))
