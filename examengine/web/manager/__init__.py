"""Pages for who plans sittings and follows results: sittings, results, marking progress, people and their records."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.lists import known_numbers
from examengine.web.shell.people import guard

blueprint = Blueprint("manager", __name__)
blueprint.before_request(guard("manager"))
blueprint.before_request(known_numbers)

from examengine.web.manager import (  # noqa: E402, F401 (views register themselves)
    appeals,
    corrections,
    graders,
    makeup,
    marking,
    media,
    people,
    planning,
    records,
    result,
    sitting,
    sittings,
)
