"""An attempt handed in by accident goes on: delivery's move with what grading and results have to say to it."""

from __future__ import annotations

from datetime import datetime

from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.delivery import actions as delivery
from examengine.delivery import reopening
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.grading import rounds
from examengine.notices import actions as notices
from examengine.results import queries


def reopen(attempt_id: int, now: datetime, by: int, reason: str) -> Attempt:
    """Let a closed attempt go on until its own deadline; graders wait until it is closed again.

    Raises Invalid without a reason, Conflict (there is a result, its time is over, a later attempt was begun).
    """
    attempt = delivery.locked(attempt_id)
    if queries.find_result(attempt_id) is not None:
        raise Conflict(
            N_("There is a result already, so this attempt cannot go on. Declare it void and readmit the person.")
        )
    attempt = reopening.reopen(attempt_id, now, by, reason)
    rounds.suspend(attempt_id)
    title = exams.get_sitting(attempt.sitting_id).title
    notices.tell([attempt.person_id], "attempt.reopened", now, attempt_id, title=title)
    return attempt
