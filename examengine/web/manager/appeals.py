"""Contested results: what waits, the evidence, and what the manager does about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.accounts import queries as people
from examengine.core import audit, clock
from examengine.core.errors import Conflict, Invalid, Missing, Problem
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.delivery.conflicts import find_hidden
from examengine.exams import queries as exams
from examengine.grading import fresh
from examengine.results import appeals as actions
from examengine.results import contested
from examengine.results import queries as results
from examengine.results.models import Appeal
from examengine.web.manager import blueprint
from examengine.web.manager.access import conflicts
from examengine.web.manager.evidence import evidence_of
from examengine.web.manager.forms import AnswerForm
from examengine.web.shell.language import say
from examengine.web.shell.lists import asked_one, asked_words
from examengine.web.shell.looks import log_look
from examengine.web.shell.people import me

Answer = Response | tuple[str, int]
STAGES = {
    "open": N_("Not handled yet"),
    "marking": N_("With graders"),
    "ready": N_("Ready to be answered"),
    "closed": N_("Closed"),
}


@blueprint.get("/manage/appeals")
def appeals() -> str:
    """The list with its figures; each figure is a filter."""
    hidden = conflicts()
    page = contested.find_lines(
        me().id,
        hidden,
        stage=asked_one("stage", contested.STAGES),
        words=asked_words("q"),
        page=request.args.get("page", 1, int),
    )
    counts = contested.count_stages(me().id, hidden)
    return render_template("manager/appeals.html", page=page, counts=counts, stages=STAGES)


def _visible(appeal_id: int) -> Appeal:
    """The appeal. Raises Missing for her own, and for exams that she is to sit herself."""
    found = contested.load_appeal(appeal_id)
    if found.person_id == me().id or found.exam_id in conflicts():
        raise Missing
    return found


@blueprint.get("/manage/appeals/<int:appeal_id>")
def appeal(appeal_id: int) -> str:
    """The reason, the contested answers with keys, marks and evidence, and what can be done; the look is logged."""
    attempt_id, owner = _visible(appeal_id).attempt_id, _visible(appeal_id).person_id
    log_look(lambda by, now: audit.record(now, by, "result.look", "attempt", attempt_id, person=owner))
    return _page(appeal_id)


def _page(appeal_id: int, refused: Mapping[str, AnswerForm] | None = None) -> str:
    found, now = _visible(appeal_id), clock.now()
    attempt = delivery.get_attempt(found.attempt_id)
    hidden = find_hidden(me().id, now).items
    judged = results.find_judged(attempt.id, hidden) if results.find_result(attempt.id) else []
    cases = fresh.cases_of(attempt.id)
    outcomes = contested.find_outcomes(found) if found.state == "marking" else {}
    ready = found.state == "marking" and all(outcome is not None for outcome in outcomes.values())
    done = [outcome for outcome in outcomes.values() if outcome is not None]
    forms: dict[str, AnswerForm] = {name: _blank(name) for name in ("reject", "answer")}
    facts: dict[str, Any] = {
        "appeal": found,
        "attempt": attempt,
        "person": people.get_person(found.person_id),
        "sitting": exams.get_sitting(attempt.sitting_id),
        "answers": [(row, evidence_of(row)) for row in judged],
        "graders": fresh.find_graders(list(cases.values()), me().id, now) if found.state == "open" else {},
        "cases": cases,
        "outcomes": outcomes,
        "ready": ready,
        "change": contested.change(done),
        "forms": {**forms, **(refused or {})},
        "chosen": request.form,
        "names": people.find_names({i for i in (found.sent_by_id, found.answered_by_id) if i is not None}),
    }
    return render_template("manager/appeal.html", **facts)


def _blank(name: str) -> AnswerForm:
    return _named(AnswerForm(formdata=None), name)


def _named(form: AnswerForm, name: str) -> AnswerForm:
    """Two forms stand on the page: their fields' ids carry the act's name."""
    for field in form:
        field.id = f"{name}-{field.id}"
    return form


def _refused(appeal_id: int, name: str, form: AnswerForm, problem: Problem | None = None) -> Answer:
    if problem is not None:
        form.refuse(problem)
    return _page(appeal_id, {name: form}), problem.status if problem else 422


@blueprint.post("/manage/appeals/<int:appeal_id>/rejection")
def appeal_reject(appeal_id: int) -> Answer:
    """Nothing changes; the operator reads why."""
    _visible(appeal_id)
    form = _named(AnswerForm(), "reject")
    if not form.validate():
        return _refused(appeal_id, "reject", form)
    try:
        actions.reject(appeal_id, form.answer.data or "", clock.now(), me().id)
    except (Conflict, Invalid) as problem:
        return _refused(appeal_id, "reject", form, problem)
    return _done(N_("The appeal is answered: nothing changes. The operator is told."))


@blueprint.post("/manage/appeals/<int:appeal_id>/marking")
def appeal_send(appeal_id: int) -> Answer:
    """Chosen answers go to fresh graders: a named one, or any who has not marked them."""
    _visible(appeal_id)
    form, chosen = _blank("send"), {}
    for text in request.form.getlist("slot"):
        grader = request.form.get(f"grader-{text}", "0")
        if text.isdecimal() and grader.isdecimal() and len(text) < 10 and len(grader) < 18:
            chosen[int(text)] = int(grader) or None
    try:
        actions.send(appeal_id, chosen, clock.now(), me().id)
    except (Conflict, Invalid) as problem:
        return _refused(appeal_id, "send", form, problem)
    return _done(N_("The answers are with fresh graders, who do not know that it is an appeal."))


@blueprint.post("/manage/appeals/<int:appeal_id>/answer")
def appeal_answer(appeal_id: int) -> Answer:
    """The fresh marks are there: close the appeal with an answer."""
    _visible(appeal_id)
    form = _named(AnswerForm(), "answer")
    if not form.validate():
        return _refused(appeal_id, "answer", form)
    try:
        actions.answer(appeal_id, form.answer.data or "", clock.now(), me().id, lower=form.lowered)
    except (Conflict, Invalid) as problem:
        return _refused(appeal_id, "answer", form, problem)
    return _done(N_("The appeal is answered. The operator is told, and the outcome is a new row of the results."))


def _done(text: str) -> Response:
    flash(say(text), "ok")
    return redirect(url_for("manager.appeals"), 303)
