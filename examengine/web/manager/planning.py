"""Planning a sitting, changing it, withdrawing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.accounts import queries as people
from examengine.core import clock, zones
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.delivery import actions as deadlines
from examengine.delivery import queries as delivery
from examengine.exams import actions, extending
from examengine.exams import queries as exams
from examengine.exams.models import Exam, Sitting
from examengine.records import actions as records
from examengine.web.manager import blueprint
from examengine.web.manager.access import conflicts, visible_exam, visible_sitting
from examengine.web.manager.forms import ReasonForm, SittingForm
from examengine.web.shell.language import say
from examengine.web.shell.lists import asked_number
from examengine.web.shell.people import me

Page = Response | str | tuple[str, int]
MOST_NAMES = 5
SHOWN_TO_THEM = N_("Enrolled, though their work shows them this exam: %(names)s. Until its last close it is hidden.")


@blueprint.route("/manage/sittings/new", methods=["GET", "POST"])
def sitting_new() -> Page:
    """Plan a sitting of a published exam; without an exam in the address, choose one first."""
    exam_id = asked_number("exam_id")
    if exam_id is None:
        return render_template("manager/sitting_exam.html", exams=exams.find_published(conflicts()))
    exam = visible_exam(exam_id)
    if exam.state != "published":
        raise Conflict(N_("Publish the exam before planning a sitting."))
    form = SittingForm(data=_proposal(exam))
    _offer(form, ())
    if form.validate_on_submit():
        try:
            return _plan(exam, form)
        except (Invalid, Conflict) as error:
            form.refuse(error)
    return _page(form, exam, None, has_begun=False)


def _proposal(exam: Exam) -> dict[str, Any]:
    """Tomorrow, for a working day."""
    today = zones.to_wall(clock.now(), current_app.config["SETTINGS"].zone).date()
    day = today + timedelta(days=1)
    hours = {"opens_at": 9, "last_start_at": 17, "hard_close_at": 18}
    return {"title": exam.title} | {name: datetime.combine(day, time(hour)) for name, hour in hours.items()}  # noqa: DTZ001, RUF100


def _plan(exam: Exam, form: SittingForm) -> Response:
    opens_at = form.opens_at.moment_or(None)
    twin = exams.find_twin(exam.id, form.title.data or "", opens_at)
    if twin is not None:
        flash(say(N_("This sitting was planned already; here it is. Nothing was added.")), "info")
        return redirect(url_for("manager.sitting", sitting_id=twin.id))
    sitting = actions.plan_sitting(
        exam,
        form.title.data or "",
        opens_at,
        form.last_start_at.moment_or(None),
        form.hard_close_at.moment_or(None),
        clock.now(),
        me().id,
        access_code=form.code,
        team_ids=form.teams.data or (),
        person_ids=form.people.data or (),
        invigilator_ids=form.invigilators.data or (),
    )
    return _done(sitting, say(N_("The sitting is planned; who is enrolled has been told.")))


@blueprint.route("/manage/sittings/<int:sitting_id>/edit", methods=["GET", "POST"])
def sitting_edit(sitting_id: int) -> Page:
    """Change times, code, audience and invigilators."""
    sitting = visible_sitting(sitting_id)
    _refuse_withdrawn(sitting)
    begun = delivery.find_begun(sitting_id)
    singles = exams.find_single_people(sitting_id)
    watchers = [person.id for person in exams.find_invigilators(sitting_id)]
    chosen = {"teams": exams.find_sitting_teams(sitting_id), "people": singles, "invigilators": watchers}
    form = SittingForm(obj=sitting, data=chosen)
    _offer(form, (*singles, *watchers))
    if form.validate_on_submit():
        try:
            return _change(sitting, form, begun)
        except Invalid as error:
            form.refuse(error)
    return _page(form, sitting.exam, sitting, has_begun=bool(begun))


def _change(sitting: Sitting, form: SittingForm, begun: frozenset[int]) -> Response:
    now, by = clock.now(), me().id
    before = sitting.last_start_at, sitting.hard_close_at
    actions.change_sitting(
        sitting,
        form.title.data or "",
        form.opens_at.moment_or(sitting.opens_at),
        form.last_start_at.moment_or(sitting.last_start_at),
        form.hard_close_at.moment_or(sitting.hard_close_at),
        form.code,
        now,
        by,
        has_begun=bool(begun),
    )
    actions.set_audience(sitting, form.teams.data or (), form.people.data or (), now, by, begun)
    actions.set_invigilators(sitting, form.invigilators.data or (), now, by)
    if before != (sitting.last_start_at, sitting.hard_close_at):
        records.lift_absences(extending.readmit_absent(sitting, now, by), now)
        deadlines.refresh_deadlines(sitting.id, now, by, "")
    return _done(sitting, say(N_("The sitting is changed.")))


@blueprint.route("/manage/sittings/<int:sitting_id>/withdraw", methods=["GET", "POST"])
def sitting_withdraw(sitting_id: int) -> Page:
    """Withdraw a sitting, with a reason."""
    sitting = visible_sitting(sitting_id)
    _refuse_withdrawn(sitting)
    form = ReasonForm()
    if form.validate_on_submit():
        actions.withdraw_sitting(sitting, clock.now(), me().id, form.reason.data or "")
        flash(say(N_("The sitting is withdrawn. Nobody can start it any more.")), "ok")
        return redirect(url_for("manager.sitting", sitting_id=sitting_id))
    running = len(delivery.find_begun(sitting_id))
    page = render_template("manager/sitting_withdraw.html", form=form, sitting=sitting, begun=running)
    return page, 422 if form.errors else 200


def _refuse_withdrawn(sitting: Sitting) -> None:
    if sitting.state == "withdrawn":
        raise Conflict(N_("This sitting has been withdrawn."))


def _offer(form: SittingForm, chosen: Sequence[int]) -> None:
    """Teams and people to choose from; who is chosen stays offered though she has left."""
    sizes = people.count_members()
    form.teams.choices = [(team.id, f"{team.name} ({sizes.get(team.id, 0)})") for team in people.find_teams()]
    form.people.choices = _options(people.find_choices(chosen))
    form.invigilators.choices = _options(people.find_choices(chosen, staff_only=True))


def _options(found: Sequence[people.Choice]) -> list[tuple[int, str]]:
    return [(c.id, " · ".join(part for part in (c.name, c.username, c.team) if part)) for c in found]


def _page(form: SittingForm, exam: Exam, sitting: Sitting | None, *, has_begun: bool) -> Page:
    page = render_template(
        "manager/sitting_form.html", form=form, exam=exam, sitting=sitting, has_begun=has_begun, now=clock.now()
    )
    return page, 422 if form.errors else 200


def _done(sitting: Sitting, text: str) -> Response:
    """Say what was done, and to whom the exam is closed from now on (semantics §4)."""
    flash(text, "ok")
    if sitting.hard_close_at > clock.now():
        names = [person.name for person in exams.find_enrolled_with_duty(sitting)]
        if names:
            shown = ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
            text = SHOWN_TO_THEM
            flash(gettext(text, names=shown), "warn")
    if sitting.exam_id in conflicts():
        flash(say(N_("You are enrolled yourself: until its last close this exam is hidden from you.")), "warn")
        return redirect(url_for("manager.sittings"))
    return redirect(url_for("manager.sitting", sitting_id=sitting.id))
