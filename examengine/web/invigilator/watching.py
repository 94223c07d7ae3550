"""The object check of every page and act here."""

from __future__ import annotations

from examengine.core import clock
from examengine.core.errors import Missing
from examengine.delivery import queries
from examengine.delivery.conflicts import find_hidden
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, Sitting
from examengine.web.shell.people import me


def watched(sitting_id: int) -> Sitting:
    """A sitting that names the person as invigilator, or any for a manager.

    Raises Missing, also while she is to sit that exam herself.
    """
    sitting, person = exams.get_sitting(sitting_id), me()
    named = "manager" in person.roles or exams.is_invigilator(sitting_id, person.id)
    if not named or sitting.exam_id in find_hidden(person.id, clock.now()).exams:
        raise Missing
    return sitting


def enrolled(sitting_id: int, enrolment_id: int) -> Enrolment:
    """Somebody's place in a watched sitting. Raises Missing."""
    sitting, found = watched(sitting_id), exams.get_enrolment(enrolment_id)
    if found.sitting_id != sitting.id or found.state == "left":
        raise Missing
    return found


def begun(sitting_id: int, attempt_id: int) -> Attempt:
    """An attempt of a watched sitting. Raises Missing."""
    sitting, found = watched(sitting_id), queries.get_attempt(attempt_id)
    if found.sitting_id != sitting.id:
        raise Missing
    return found
