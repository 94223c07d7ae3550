"""What an invigilator may do for the whole room at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.delivery import actions as delivery
from examengine.exams import actions as exams
from examengine.exams.models import Sitting
from examengine.web.invigilator import blueprint, roster
from examengine.web.invigilator.forms import ActForm, ExtraForm, ReasonForm, ResumeForm
from examengine.web.invigilator.watching import watched
from examengine.web.shell.people import me

Answer = Response | tuple[str, int]
_ALL = "/invigilation/<int:sitting_id>/everybody"


@blueprint.get(_ALL)
def everybody(sitting_id: int) -> str:
    """The panel; on the room's page a dialog shows it."""
    return panel(watched(sitting_id))


def panel(sitting: Sitting, refused: Mapping[str, ActForm] | None = None) -> str:
    """The page with its forms; `refused`: the one that came back with errors."""
    forms: dict[str, ActForm] = {
        "extra": ExtraForm("extra", blank=True),
        "pause": ReasonForm("pause", blank=True),
        "resume": ResumeForm("resume", blank=True),
        "waits": ResumeForm("waits", blank=True),
    }
    everyone = roster.of_sitting(sitting, clock.now())
    return render_template(
        "invigilator/everybody.html",
        sitting=sitting,
        counts=roster.counted(everyone),
        unfinished=sum(map(_is_unfinished, everyone)),
        forms={**forms, **(refused or {})},
        opened=set(refused or ()),
    )


def _is_unfinished(line: roster.Line) -> bool:
    return line.is_open or (line.state == "waiting" and line.may_start)


def _answer(sitting: Sitting, name: str, form: ActForm, act: Callable[[], str]) -> Answer:
    status = 422
    if form.validate():
        try:
            flash(act(), "ok")
            return redirect(url_for("invigilator.sitting", sitting_id=sitting.id), 303)
        except (Conflict, Invalid) as problem:
            form.refuse(problem)
            status = problem.status
    return panel(sitting, {name: form}), status


@blueprint.post(f"{_ALL}/extra")
def extra_all(sitting_id: int) -> Answer:
    """The same extra time for everybody who has not finished."""
    sitting, form, now = watched(sitting_id), ExtraForm("extra"), clock.now()

    def act() -> str:
        minutes, reason = form.minutes.data or 0, form.reason.data or ""
        given = [line.enrolment for line in roster.of_sitting(sitting, now) if _is_unfinished(line)]
        if not given:
            raise Conflict(N_("Everybody has finished, so nobody needs extra time."))
        exams.add_extra_time_to_all(given, 60 * minutes, now, me().id, reason)
        delivery.refresh_deadlines(sitting.id, now, me().id, reason)
        return gettext("People who have %(minutes)s minutes more: %(n)s.", minutes=minutes, n=len(given))

    return _answer(sitting, "extra", form, act)


@blueprint.post(f"{_ALL}/pause")
def pause_all(sitting_id: int) -> Answer:
    """Stop every clock that runs."""
    sitting, form = watched(sitting_id), ReasonForm("pause")

    def act() -> str:
        paused = delivery.pause_all(sitting.id, clock.now(), me().id, form.reason.data or "")
        if not paused:
            raise Conflict(N_("Nobody is at work, so no clock runs."))
        return gettext("People paused: %(n)s. Their clocks stand and nothing is saved.", n=paused)

    return _answer(sitting, "pause", form, act)


@blueprint.post(f"{_ALL}/resume")
def resume_all(sitting_id: int) -> Answer:
    """Let every clock that stands go on."""
    sitting, form = watched(sitting_id), ResumeForm("resume")

    def act() -> str:
        going = delivery.resume_all(sitting.id, clock.now(), me().id, form.reason.data or "")
        if not going:
            raise Conflict(N_("Nobody is paused."))
        return gettext("People whose clocks go on: %(n)s.", n=going)

    return _answer(sitting, "resume", form, act)
