"""Pictures of the questions whose answers are marked."""

from __future__ import annotations

from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.grading import queries
from examengine.web.marker import blueprint, sheet
from examengine.web.marker.desk import own_case
from examengine.web.shell.media_files import picture
from examengine.web.shell.people import me


@blueprint.get("/marking/tasks/<int:task_id>/media/<name>")
def task_picture(task_id: int, name: str) -> Response:
    """A picture of question, answer or model answer, to who holds the task."""
    queries.check_picture(sheet.allowed(task_id, me().id, clock.now()).case, name)
    return picture(name)


@blueprint.get("/marking/desk/<int:case_id>/media/<name>")
def case_picture(case_id: int, name: str) -> Response:
    """The same to the lead, while the case is hers to see."""
    queries.check_picture(own_case(case_id), name)
    return picture(name)
