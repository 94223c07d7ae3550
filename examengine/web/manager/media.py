"""Pictures of the questions whose answers a manager reads."""

from __future__ import annotations

from werkzeug.wrappers import Response

from examengine.delivery import queries as delivery
from examengine.results import pictures
from examengine.web.manager import blueprint
from examengine.web.manager.access import hidden_items, visible_sitting
from examengine.web.shell.media_files import picture as file


@blueprint.get("/manage/attempts/<int:attempt_id>/questions/<int:slot>/media/<name>")
def picture(attempt_id: int, slot: int, name: str) -> Response:
    """A picture of the question at this slot."""
    visible_sitting(delivery.get_attempt(attempt_id).sitting_id)
    pictures.check_judged(attempt_id, slot, name, hidden_items())
    return file(name)
