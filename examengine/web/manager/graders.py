"""One grader of an exam: what she holds, who takes it over, her leave."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.accounts.models import Person
from examengine.accounts.queries import find_names
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.exams.models import Exam
from examengine.grading import leave
from examengine.grading import queries as grading
from examengine.grading.leave import Handed
from examengine.web.manager import blueprint
from examengine.web.manager.access import visible_exam
from examengine.web.manager.forms import HandOverForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me

POOL = 0
_GRADER = "/manage/exams/<int:exam_id>/marking/graders/<int:person_id>"


@blueprint.route(_GRADER, methods=["GET", "POST"])
def grader(exam_id: int, person_id: int) -> Response | str | tuple[str, int]:
    """Her tasks go to another grader or to the pool, at once or for a leave."""
    exam = visible_exam(exam_id)
    graders = exams.find_duties(exam_id)["grader"]
    person = next((other for other in graders if other.id == person_id), None)
    if person is None:
        raise Missing
    form = _form([other for other in graders if other.id != person_id and other.active])
    if form.validate_on_submit():
        try:
            return _hand_over(exam_id, person, form)
        except (Conflict, Invalid) as error:
            form.refuse(error)
    page = _page(exam, person, form)
    return (page, 422) if form.errors else page


def _form(others: Sequence[Person]) -> HandOverForm:
    form = HandOverForm()
    pool = (POOL, say(N_("the pool: any grader may take them")))
    form.stand_in.choices = [pool, *((other.id, other.name) for other in others)]
    return form


def _page(exam: Exam, person: Person, form: HandOverForm) -> str:
    now = clock.now()
    leaves = [row for row in leave.find_leaves(exam.id, now) if row.person_id == person.id]
    return render_template(
        "manager/grader.html",
        exam=exam,
        person=person,
        form=form,
        line=next((row for row in grading.marker_lines(exam.id) if row.person_id == person.id), None),
        leaves=leaves,
        names=find_names({row.stand_in_id for row in leaves if row.stand_in_id is not None}),
        now=now,
    )


def _hand_over(exam_id: int, person: Person, form: HandOverForm) -> Response:
    now, by, reason, name = clock.now(), me().id, form.reason.data or "", person.name
    to_id = form.stand_in.data or None
    if form.until_at.data is None:
        if form.from_at.data is not None:
            raise Invalid(N_("A leave needs the day on which she is back."))
        handed = leave.hand_over(exam_id, person.id, to_id, now, by, reason)
    else:
        begins = form.from_at.moment_or(None) if form.from_at.data is not None else now
        made, handed = leave.set_leave(
            exam_id, person.id, begins, form.until_at.moment_or(None), to_id, now, by, reason
        )
        text = N_("%(name)s is on leave now.") if made.from_at <= now else N_("The leave of %(name)s is noted.")
        flash(gettext(text, name=name), "ok")
    flash(_told(handed), "ok" if handed.given or handed.pooled else "info")
    return redirect(url_for("manager.grader", exam_id=exam_id, person_id=person.id), 303)


def _told(handed: Handed) -> str:
    if not handed.given and not handed.pooled:
        return gettext("No answer lay with her.")
    return gettext("Answers handed over: %(given)s. Back in the pool: %(pooled)s.", **vars(handed))


@blueprint.post(f"{_GRADER}/leaves/<int:leave_id>/end")
def leave_end(exam_id: int, person_id: int, leave_id: int) -> Response:
    """She is back, or will not go."""
    visible_exam(exam_id)
    try:
        leave.end_leave(exam_id, person_id, leave_id, clock.now(), me().id)
        flash(say(N_("The leave is ended. From now on she gets answers again.")), "ok")
    except Conflict as error:
        flash(say(error.detail), "info")
    return redirect(url_for("manager.grader", exam_id=exam_id, person_id=person_id), 303)
