"""What a manager may see: everything but the exams that she is to sit (semantics §4)."""

from __future__ import annotations

from examengine.core import clock
from examengine.core.errors import Missing
from examengine.delivery.conflicts import find_hidden
from examengine.exams import queries as exams
from examengine.exams.models import Exam, Sitting
from examengine.web.shell.people import me


def conflicts() -> frozenset[int]:
    """Exams that do not exist for the manager: she is enrolled and they are not over (semantics §4)."""
    return find_hidden(me().id, clock.now()).exams


def hidden_items() -> frozenset[int]:
    """Questions of those exams: they do not exist for her in other exams either."""
    return find_hidden(me().id, clock.now()).items


def visible_sitting(sitting_id: int) -> Sitting:
    """The sitting with its exam. Raises Missing, also in conflict."""
    sitting = exams.get_sitting(sitting_id)
    if sitting.exam_id in conflicts():
        raise Missing
    return sitting


def visible_exam(exam_id: int) -> Exam:
    """The exam. Raises Missing, also in conflict."""
    if exam_id in conflicts():
        raise Missing
    return exams.get_exam(exam_id)
