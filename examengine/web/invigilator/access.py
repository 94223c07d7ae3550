"""Helping a candidate to log in: a one-time code to read out, an end to her waits; an end to the room's waits."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.accounts import codes, failures
from examengine.core import clock
from examengine.core.errors import Conflict, Forbidden
from examengine.exams import helping
from examengine.exams.models import Enrolment
from examengine.web.invigilator import blueprint
from examengine.web.invigilator.everybody import panel as room
from examengine.web.invigilator.forms import ResumeForm
from examengine.web.invigilator.people import panel
from examengine.web.invigilator.watching import enrolled, watched
from examengine.web.shell.people import me

Answer = Response | str | tuple[str, int]
_PERSON = "/invigilation/<int:sitting_id>/people/<int:enrolment_id>"


@blueprint.post(f"{_PERSON}/code")
def code(sitting_id: int, enrolment_id: int) -> Answer:
    """A one-time code. It is in this answer and nowhere else, so there is no redirect."""
    enrolment, form, now = enrolled(sitting_id, enrolment_id), ResumeForm("code"), clock.now()
    if not form.validate():
        return panel(enrolment, {"code": form}), 422
    try:
        made = helping.give_code(enrolment, now, me().id, form.reason.data or "")
    except (Conflict, Forbidden) as problem:
        return _refused(enrolment, "code", form, problem)
    return render_template("invigilator/code.html", enrolment=enrolment, code=made, until=now + codes.LIFE)


@blueprint.post(f"{_PERSON}/wait")
def wait(sitting_id: int, enrolment_id: int) -> Answer:
    """She may try again at once."""
    enrolment, form = enrolled(sitting_id, enrolment_id), ResumeForm("wait")
    if not form.validate():
        return panel(enrolment, {"wait": form}), 422
    try:
        helping.clear_wait(enrolment, clock.now(), me().id, form.reason.data or "")
    except (Conflict, Forbidden) as problem:
        return _refused(enrolment, "wait", form, problem)
    flash(gettext("%(name)s may try again at once.", name=enrolment.person.name), "ok")
    return redirect(url_for("invigilator.sitting", sitting_id=sitting_id), 303)


def _refused(enrolment: Enrolment, name: str, form: ResumeForm, problem: Conflict | Forbidden) -> Answer:
    form.refuse(problem)
    return panel(enrolment, {name: form}), problem.status


@blueprint.post("/invigilation/<int:sitting_id>/everybody/waits")
def waits(sitting_id: int) -> Answer:
    """Everybody may try the access code again at once (after a wrong one was told, say)."""
    sitting, form = watched(sitting_id), ResumeForm("waits")
    if not form.validate():
        return room(sitting, {"waits": form}), 422
    failures.clear_sitting(sitting.id, clock.now(), me().id, form.reason.data or "")
    flash(gettext("Everybody may try the access code again at once."), "ok")
    return redirect(url_for("invigilator.sitting", sitting_id=sitting_id), 303)
