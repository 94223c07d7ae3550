"""Duties of an exam's people, and its withdrawal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms import SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from examengine.accounts import queries as accounts
from examengine.accounts.models import Person
from examengine.core import clock
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.exams import actions, queries
from examengine.web.author import blueprint, words
from examengine.web.author.forms import WithdrawForm
from examengine.web.author.sight import exam_in_sight, only_read
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me

NOBODY = 0


class DutiesForm(PageForm):
    """Graders, lead and deputy."""

    grader = SelectMultipleField(
        N_("Graders"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=N_("They mark what the machine cannot score, without names and without each other's marks."),
    )
    lead = SelectField(
        N_("Lead grader"), coerce=int, description=N_("Decides where graders' marks stay too far apart.")
    )
    deputy = SelectField(N_("Deputy"), coerce=int, description=N_("Decides when the lead is away."))

    def fill(self, duties: Mapping[str, Sequence[Person]]) -> None:
        """Offer all graders, and those who have a duty although they are graders no more."""
        people = {person.id: person for person in accounts.find_people(role="grader")}
        former = {p.id: p for held in duties.values() for p in held if p.id not in people}
        choices = [(p.id, f"{p.name} ({p.username})") for p in people.values()]
        choices += [(p.id, gettext("%(name)s (no longer a grader)", name=p.name)) for p in former.values()]
        self.grader.choices = choices
        self.lead.choices = self.deputy.choices = [(NOBODY, gettext("Nobody")), *choices]

    def validate(self, extra_validators: Any = None) -> bool:
        """The deputy is another person than the lead."""
        fits = super().validate(extra_validators)
        if fits and self.lead.data and self.lead.data == self.deputy.data:
            self.deputy.errors = [gettext("The deputy must be another person than the lead.")]
            return False
        return fits


@blueprint.route("/exams/<int:exam_id>/people", methods=["GET", "POST"])
def exam_people(exam_id: int) -> Response | str | tuple[str, int]:
    """Who grades, leads and deputises."""
    found = exam_in_sight(exam_id)
    duties = queries.find_duties(exam_id)
    held: dict[str, Any] = {"grader": [p.id for p in duties["grader"]]}
    held |= {duty: next((p.id for p in duties[duty]), NOBODY) for duty in ("lead", "deputy")}
    form = DutiesForm(data=held)
    form.fill(duties)
    if form.validate_on_submit():
        wanted = {"grader": form.grader.data or [], "lead": [form.lead.data], "deputy": [form.deputy.data]}
        people = {duty: [p for p in ids if p != NOBODY] for duty, ids in wanted.items()}
        actions.set_duties(found, people, clock.now(), me().id)
        flash(say(N_("The duties are saved. They hold at once, for published exams too.")), "ok")
        return redirect(url_for("author.exam_people", exam_id=exam_id), 303)
    page = render_template("author/exam_people.html", exam=found, form=form, words=words)
    return (page, 422) if form.errors else page


@blueprint.route("/exams/<int:exam_id>/withdrawal", methods=["GET", "POST"])
def withdraw_exam(exam_id: int) -> Response | str | tuple[str, int]:
    """No further starts; asks for the reason."""
    found, form = exam_in_sight(exam_id), WithdrawForm()
    try:
        if form.validate_on_submit():
            actions.withdraw_exam(found, clock.now(), me().id, form.reason.data or "")
            flash(say(N_("The exam is withdrawn. Nobody can start it any more.")), "ok")
            return redirect(url_for("author.exam", exam_id=exam_id), 303)
    except Invalid as error:
        form.refuse(error)
        only_read()
    page = render_template("author/withdraw_exam.html", exam=found, form=form, words=words)
    return (page, 422) if form.errors else page
