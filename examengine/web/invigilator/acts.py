"""What an invigilator may do for one person."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.delivery import actions as delivery
from examengine.delivery import queries
from examengine.exams import actions as exams
from examengine.exams import queries as exam_queries
from examengine.exams.models import Enrolment
from examengine.grading import actions as grading
from examengine.results import queries as results
from examengine.web.invigilator import blueprint, roster
from examengine.web.invigilator.forms import ActForm, ExtraForm, ReasonForm, ResumeForm
from examengine.web.invigilator.people import panel
from examengine.web.invigilator.watching import begun, enrolled
from examengine.web.shell.closing import score_now
from examengine.web.shell.people import me

Answer = Response | tuple[str, int]
_PERSON = "/invigilation/<int:sitting_id>/people/<int:enrolment_id>"
ATTEMPT = "/invigilation/<int:sitting_id>/attempts/<int:attempt_id>"


def answered(enrolment: Enrolment, name: str, form: ActForm, act: Callable[[], str]) -> Answer:
    """Do it and go back to the room, or show the panel again with what was entered."""
    status = 422
    if form.validate():
        try:
            flash(act(), "ok")
            return redirect(url_for("invigilator.sitting", sitting_id=enrolment.sitting_id), 303)
        except (Conflict, Invalid) as problem:
            form.refuse(problem)
            status = problem.status
    return panel(enrolment, {name: form}), status


@blueprint.post(f"{_PERSON}/extra")
def extra(sitting_id: int, enrolment_id: int) -> Answer:
    """Extra time, before the start or during an attempt."""
    enrolment, form, now = enrolled(sitting_id, enrolment_id), ExtraForm("extra"), clock.now()

    def act() -> str:
        minutes, reason = form.minutes.data or 0, form.reason.data or ""
        exams.add_extra_time(enrolment, 60 * minutes, now, me().id, reason)
        delivery.refresh_deadline(enrolment.id, now, me().id, reason)
        return gettext("%(name)s has %(minutes)s minutes more.", name=enrolment.person.name, minutes=minutes)

    return answered(enrolment, "extra", form, act)


@blueprint.post(f"{_PERSON}/readmit")
def readmit(sitting_id: int, enrolment_id: int) -> Answer:
    """One attempt more."""
    enrolment, form, now = enrolled(sitting_id, enrolment_id), ReasonForm("readmit"), clock.now()

    def act() -> str:
        if roster.of_person(enrolment, now).is_open:
            raise Conflict(N_("An attempt goes on, so there is nothing to readmit to."))
        if now > enrolment.sitting.last_start_at:
            raise Conflict(N_("The last moment to start has passed."))
        exams.readmit(enrolment, now, me().id, form.reason.data or "")
        return gettext("%(name)s may start once more.", name=enrolment.person.name)

    return answered(enrolment, "readmit", form, act)


@blueprint.post(f"{ATTEMPT}/pause")
def pause(sitting_id: int, attempt_id: int) -> Answer:
    """Stop the clock."""
    enrolment, form = whose(sitting_id, attempt_id), ReasonForm("pause")

    def act() -> str:
        delivery.pause(attempt_id, clock.now(), me().id, form.reason.data or "")
        return gettext("%(name)s is paused: the clock stands and nothing is saved.", name=enrolment.person.name)

    return answered(enrolment, "pause", form, act)


@blueprint.post(f"{ATTEMPT}/resume")
def resume(sitting_id: int, attempt_id: int) -> Answer:
    """Let the clock go on."""
    enrolment, form = whose(sitting_id, attempt_id), ResumeForm("resume")

    def act() -> str:
        delivery.resume(attempt_id, clock.now(), me().id, (form.reason.data or "").strip())
        return gettext("The clock of %(name)s goes on.", name=enrolment.person.name)

    return answered(enrolment, "resume", form, act)


@blueprint.post(f"{ATTEMPT}/force")
def force(sitting_id: int, attempt_id: int) -> Answer:
    """Submit for her, with what is saved."""
    enrolment = whose(sitting_id, attempt_id)

    def act() -> str:
        closed = delivery.close_attempt(attempt_id, "force", clock.now(), me().id)
        if closed is None:
            raise Conflict(N_("This attempt is closed."), code="closed")
        score_now(attempt_id, clock.now())
        return gettext("The attempt of %(name)s is submitted.", name=enrolment.person.name)

    return answered(enrolment, "force", ActForm("force"), act)


@blueprint.post(f"{ATTEMPT}/void")
def void(sitting_id: int, attempt_id: int) -> Answer:
    """Declare void; nobody marks it any more."""
    enrolment, form = whose(sitting_id, attempt_id), ReasonForm("void")

    def act() -> str:
        delivery.void(attempt_id, clock.now(), me().id, form.reason.data or "")
        grading.void_cases(attempt_id)
        return gettext("The attempt of %(name)s is void.", name=enrolment.person.name)

    return answered(enrolment, "void", form, act)


@blueprint.post("/invigilation/<int:sitting_id>/late/<int:rejected_id>/admit")
def admit(sitting_id: int, rejected_id: int) -> Answer:
    """Let a late save count after all, as long as there is no result."""
    attempt_id, name = queries.get_rejected(rejected_id).attempt_id, f"admit-{rejected_id}"
    enrolment, form = whose(sitting_id, attempt_id), ReasonForm(name)

    def act() -> str:
        if results.find_result(attempt_id):
            raise Conflict(N_("There is a result already, so late answers cannot be admitted any more."))
        delivery.admit_late(rejected_id, clock.now(), me().id, form.reason.data or "")
        score_now(attempt_id, clock.now())
        return gettext("The late answers of %(name)s count.", name=enrolment.person.name)

    return answered(enrolment, name, form, act)


def whose(sitting_id: int, attempt_id: int) -> Enrolment:
    """The enrolment of an attempt of a watched sitting. Raises Missing."""
    return exam_queries.get_enrolment(begun(sitting_id, attempt_id).enrolment_id)
