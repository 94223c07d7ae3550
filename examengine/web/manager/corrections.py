"""Points and scores of an exam put right: what was corrected, a question for everybody, one answer of one person."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from flask import render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms import RadioField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from examengine.accounts import queries as people
from examengine.bank import queries as bank
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.delivery.conflicts import find_hidden
from examengine.exams import plans
from examengine.exams import queries as exams
from examengine.grading import correction_queries as queries
from examengine.grading import corrections
from examengine.grading.models import Correction
from examengine.itemtypes import get, kinds
from examengine.results import queries as results
from examengine.web.manager import blueprint
from examengine.web.manager.access import visible_exam, visible_sitting
from examengine.web.shell import correcting
from examengine.web.shell.correcting import KINDS, STATES, TONES, ReasonForm, ScoreForm
from examengine.web.shell.fields import tidy
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say
from examengine.web.shell.lists import asked_number, asked_words
from examengine.web.shell.looks import log_look
from examengine.web.shell.people import me

Page = Response | str | tuple[str, int]


class ExamCorrectionForm(PageForm):
    """What is put right for everybody who was asked the question."""

    kind = RadioField(
        N_("What is to be corrected"),
        choices=[
            ("points", N_("The question is worth other points")),
            ("everyone", N_("Everybody gets full points for it")),
            ("drop", N_("It does not count: percent is over the other questions")),
        ],
        validators=[DataRequired()],
    )
    points = StringField(N_("Points"), filters=[tidy], validators=[Length(max=20)])

    def validate_points(self, field: StringField) -> None:
        """Points are needed for the first choice only."""
        if self.kind.data == "points":
            try:
                plans.points(field.data or "")
            except Invalid as problem:
                raise ValidationError(say(problem.detail)) from None

    @property
    def worth(self) -> Decimal | None:
        """The new points, where they are what is corrected."""
        return plans.points(self.points.data or "") if self.kind.data == "points" else None


@blueprint.get("/manage/exams/<int:exam_id>/corrections", endpoint="corrections")
def exam_corrections(exam_id: int) -> str:
    """Corrections that touch an exam, and its questions, each with a way to correct it."""
    exam, hidden = visible_exam(exam_id), _hidden()
    page = queries.find_of_exam(exam_id, hidden, asked_number("page") or 1)
    asked = queries.find_asked(exam_id, asked_words("q"), hidden, asked_number("asked") or 1)
    words = {"kinds": KINDS, "states": STATES, "tones": TONES, "change_of": correcting.change_of}
    facts = {"asked": asked, "people": correcting.doers(page.rows), "item_kinds": kinds(), "codes": _codes(page.rows)}
    return render_template("manager/corrections.html", exam=exam, page=page, **facts, **words)


def _hidden() -> frozenset[int]:
    return find_hidden(me().id, clock.now()).items


def _codes(rows: Sequence[Correction]) -> dict[int, str]:
    wanted = {row.item_id for row in rows}
    return {item.id: item.code for item in bank.find_chosen(wanted)}


@blueprint.route("/manage/exams/<int:exam_id>/questions/<int:item_id>/correction", methods=["GET", "POST"])
def correct_question(exam_id: int, item_id: int) -> Page:
    """Other points, full points, or it does not count; saving prepares the preview."""
    exam, form = visible_exam(exam_id), ExamCorrectionForm()
    if item_id in _hidden() or not exams.uses_item(exam_id, item_id):
        raise Missing
    if form.validate_on_submit():
        try:
            kind = form.kind.data or ""
            made = corrections.plan_for_exam(exam_id, item_id, kind, form.worth, clock.now(), me().id)
            return correcting.prepare(made, _address(exam_id, made.id))
        except (Invalid, Conflict) as problem:
            session.rollback()
            form.refuse(problem)
    item = bank.get_item(item_id)
    maxima = corrections.find_maxima(exam_id, item_id)
    page = render_template(
        "manager/correct_question.html", exam=exam, item=item, form=form, maxima=maxima, kind=get(item.latest.kind)
    )
    return (page, 422) if form.errors else page


def _address(exam_id: int, correction_id: int) -> str:
    return url_for("manager.correction", exam_id=exam_id, correction_id=correction_id)


@blueprint.route("/manage/attempts/<int:attempt_id>/questions/<int:slot>/correction", methods=["GET", "POST"])
def correct_score(attempt_id: int, slot: int) -> Page:
    """Other points for one answer of one person; saving prepares the preview."""
    attempt = delivery.get_attempt(attempt_id)
    sitting, form = visible_sitting(attempt.sitting_id), ScoreForm()
    hidden = _hidden()
    judged = next((a for a in results.find_judged(attempt_id, hidden) if a.number == slot and not a.hidden), None)
    if judged is None:
        raise Missing
    if form.validate_on_submit():
        try:
            made = corrections.plan_score(attempt_id, slot, form.given, clock.now(), me().id)
            return correcting.prepare(made, _address(sitting.exam_id, made.id))
        except (Invalid, Conflict) as problem:
            session.rollback()
            form.refuse(problem)
    person = people.get_person(attempt.person_id)
    facts = {"attempt": attempt, "sitting": visible_sitting(attempt.sitting_id), "person": person, "answer": judged}
    page = render_template("manager/correct_score.html", form=form, **facts)
    return (page, 422) if form.errors else page


@blueprint.get("/manage/exams/<int:exam_id>/corrections/<int:correction_id>")
def correction(exam_id: int, correction_id: int) -> str:
    """What it changes, person by person, who did what when and why; the look is logged."""
    _of_exam(exam_id, correction_id)
    log_look(lambda by, now: audit.record(now, by, "correction.look", "correction", correction_id))
    return _page(exam_id, correction_id, ReasonForm())


@blueprint.post("/manage/exams/<int:exam_id>/corrections/<int:correction_id>/<any(apply, undo, discard, renew):act>")
def correction_act(exam_id: int, correction_id: int, act: str) -> Page:
    """Apply, undo, discard, or prepare anew."""
    _of_exam(exam_id, correction_id)
    form = ReasonForm()
    done = correcting.press(correction_id, act, form, _address(exam_id, correction_id))
    return done if done is not None else (_page(exam_id, correction_id, form), 422)


def _of_exam(exam_id: int, correction_id: int) -> Correction:
    visible_exam(exam_id)
    found = corrections.get_correction(correction_id)
    if found.item_id in _hidden() or not queries.touches(found, exam_id):
        raise Missing
    return found


def _page(exam_id: int, correction_id: int, form: ReasonForm) -> str:
    found, exam = _of_exam(exam_id, correction_id), visible_exam(exam_id)
    act = partial(url_for, "manager.correction_act", exam_id=exam_id, correction_id=correction_id)
    crumbs = [
        (gettext("Sittings"), url_for("manager.sittings", exam_id=exam_id)),
        (exam.title, url_for("manager.corrections", exam_id=exam_id)),
    ]
    seen = correcting.facts(found, form, names=True)
    return render_template("correction.html", **seen, act_url=act, crumbs=crumbs)
