"""Pictures of the questions that somebody is asked."""

from __future__ import annotations

from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.results import pictures
from examengine.web.candidate import blueprint
from examengine.web.shell.media_files import picture as file
from examengine.web.shell.people import me


@blueprint.get("/attempts/<int:attempt_id>/slots/<int:slot>/media/<name>")
def picture(attempt_id: int, slot: int, name: str) -> Response:
    """A picture that the exam page or the result page shows at this slot (paper.py writes its address)."""
    pictures.check_own(attempt_id, me().id, slot, name, clock.now())
    return file(name)
