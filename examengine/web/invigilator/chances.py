"""Second chances for one person: a void attempt with a new start, an attempt handed in by accident."""

from __future__ import annotations

from flask_babel import gettext

from examengine.core import clock
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.delivery import actions as delivery
from examengine.exams import actions as exams
from examengine.grading import actions as grading
from examengine.notices import actions as notices
from examengine.results import reopening
from examengine.web.invigilator import blueprint, roster
from examengine.web.invigilator.acts import ATTEMPT, Answer, answered, whose
from examengine.web.invigilator.forms import ReasonForm
from examengine.web.shell.people import me


@blueprint.post(f"{ATTEMPT}/resit")
def resit(sitting_id: int, attempt_id: int) -> Answer:
    """Declare void and allow one attempt more, in one act."""
    enrolment, form, now = whose(sitting_id, attempt_id), ReasonForm("resit"), clock.now()

    def act() -> str:
        if now > enrolment.sitting.last_start_at:
            raise Conflict(
                N_("The last moment to start has passed. Declare the attempt void; a make-up sitting is for the rest.")
            )
        delivery.void(attempt_id, now, me().id, form.reason.data or "")
        grading.void_cases(attempt_id)
        line = roster.of_person(enrolment, now)
        if not line.may_start and not line.is_open:  # a void attempt is not counted, so mostly it is her turn already
            exams.readmit(enrolment, now, me().id, form.reason.data or "")
        notices.tell([enrolment.person_id], "attempt.resit", now, sitting_id, title=enrolment.sitting.title)
        return gettext("The attempt of %(name)s is void; she may start once more.", name=enrolment.person.name)

    return answered(enrolment, "resit", form, act)


@blueprint.post(f"{ATTEMPT}/reopen")
def reopen(sitting_id: int, attempt_id: int) -> Answer:
    """Let an attempt go on that was handed in by accident, until its own deadline."""
    enrolment, form = whose(sitting_id, attempt_id), ReasonForm("reopen")

    def act() -> str:
        reopening.reopen(attempt_id, clock.now(), me().id, form.reason.data or "")
        return gettext("The attempt of %(name)s goes on.", name=enrolment.person.name)

    return answered(enrolment, "reopen", form, act)
