"""The marking page: one answer at a time, blind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Conflict, Forbidden, Invalid, Missing, Problem
from examengine.core.i18n import N_
from examengine.delivery.conflicts import find_hidden
from examengine.grading import actions, queries
from examengine.grading.models import Mark
from examengine.web.marker import blueprint, sheet
from examengine.web.marker.forms import MarkForm, mark_form
from examengine.web.marker.queue import go_on
from examengine.web.shell.language import say, show_points
from examengine.web.shell.people import me

Answer = Response | str | tuple[str, int]


@blueprint.route("/marking/tasks/<int:task_id>", methods=["GET", "POST"])
def task(task_id: int) -> Answer:
    """The answer, its question and the rubric; a mark is taken and the next answer comes."""
    now, marking = clock.now(), request.method == "POST"
    try:
        found = sheet.load(task_id, me().id, now, also_open=marking)
    except (Missing, Forbidden, Conflict) as problem:
        return _lost(problem)
    form = mark_form(found.script.rubric, found.mark)
    return _judge(found, form, me().id, now) if marking else _page(found, form)


def _judge(found: sheet.Sheet, form: MarkForm, person_id: int, now: datetime) -> Answer:
    """Take the mark and go on; what cannot be taken stays on the screen."""
    if found.mark and form.before.data != str(found.mark.id):
        return _sent_again(found, found.mark, form, person_id, now)
    if not form.validate():
        return _page(found, form), 422
    try:
        if request.form.get("again"):
            actions.reclaim(found.task.id, person_id, now)
        elif found.mode == "lapsed":
            raise Conflict(N_("Your time for this answer ran out, and it went back to the queue."), code="lease-lost")
        mark = actions.give_mark(found.task.id, person_id, form.levels, form.comment.data or "", now)
    except Problem as problem:
        return _refused(found, form, problem)
    return _after(found, mark, person_id, now)


def _after(found: sheet.Sheet, mark: Mark, person_id: int, now: datetime) -> Response:
    if found.mode != "change":
        return go_on(person_id, now, found.case.version_id)
    words = {"code": found.case.code, "points": show_points(mark.total), "maximum": show_points(found.case.maximum)}
    flash(gettext("Your mark of answer %(code)s is changed: %(points)s of %(maximum)s points.", **words), "ok")
    return redirect(url_for("marker.marks"), 303)


def _sent_again(found: sheet.Sheet, mark: Mark, form: MarkForm, person_id: int, now: datetime) -> Answer:
    """The same form twice (a double click) goes on quietly; another one, of an older window, is shown and not taken."""
    same = [row["level"] for row in mark.criteria] == form.levels
    if same and mark.comment == (form.comment.data or "").strip():
        return go_on(person_id, now, found.case.version_id)
    form.before.data = str(mark.id)
    text = N_("You have marked this answer in another window meanwhile. Save again to change that mark to this one.")
    return _page(found, form, say(text)), 409


def _refused(found: sheet.Sheet, form: MarkForm, problem: Problem) -> Answer:
    """The page again with what was entered and why it was not taken."""
    if isinstance(problem, Invalid):
        form.refuse(problem)
        return _page(found, form), 422
    if isinstance(problem, (Missing, Forbidden)) or problem.code == "taken":
        return _lost(problem)
    mode = "lapsed" if problem.code == "lease-lost" else "decided"
    return _page(replace(found, mode=mode), form, say(problem.detail)), 409


def _page(found: sheet.Sheet, form: MarkForm, problem: str = "") -> str:
    criteria = [
        (criterion, form[f"criterion_{n}"], sheet.keys(criterion)) for n, criterion in enumerate(found.script.rubric, 1)
    ]
    fresh = request.method == "GET" and found.mode in ("mark", "lapsed")
    return render_template(
        "marker/task.html", sheet=found, form=form, criteria=criteria, problem=problem, fresh=fresh, person=me()
    )


def _lost(problem: Problem) -> Answer:
    """The answer is not hers any more: what she had entered, to copy, and nothing else."""
    levels = [
        (int(name.removeprefix("criterion_")), int(value) + 1)
        for name, value in request.form.items()
        if name.startswith("criterion_") and name[10:].isdecimal() and value.isdecimal() and len(value) < 3
    ]
    page = render_template(
        "marker/lost.html", problem=problem, levels=sorted(levels), comment=request.form.get("comment", "")
    )
    return page, problem.status


@blueprint.post("/marking/tasks/<int:task_id>/return")
def give_back(task_id: int) -> Response:
    """Return an answer to the queue for somebody else."""
    task = queries.get_task(task_id, me().id)
    if find_hidden(me().id, clock.now()).has(task.exam_id, task.version_id):
        raise Missing
    if task.state != "claimed":
        raise Conflict(N_("This answer is not with you any more, so there is nothing to give back."))
    code = task.case.code
    actions.give_back(task)
    flash(gettext("Answer %(code)s is back in the queue.", code=code), "info")
    return redirect(url_for("marker.queue"), 303)
