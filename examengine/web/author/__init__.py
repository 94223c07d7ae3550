"""Pages of the author audience: banks and questions for trainers, exams for trainers and managers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from examengine.core.errors import Missing
from examengine.web.shell.people import guard

LARGEST_ID = 2**63 - 1

blueprint = Blueprint("author", __name__)
blueprint.before_request(guard("author"))


@blueprint.url_value_preprocessor
def _known_numbers(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that no database column takes is the number of nothing."""
    if any(isinstance(value, int) and value > LARGEST_ID for value in (values or {}).values()):
        raise Missing


from examengine.web.author import (  # noqa: E402, F401
    banks,
    exam_acts,
    exam_list,
    exam_statistics,
    item_acts,
    item_editor,
    item_list,
    item_page,
    plan_editor,
)
