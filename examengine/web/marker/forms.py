"""Forms of marking and of the lead's decision."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from examengine.core.i18n import N_
from examengine.grading.models import Mark, MarkingCase
from examengine.itemtypes.base import Rubric
from examengine.web.shell.forms import PageForm

LONGEST = 4_000


def unix(text: str | None) -> str | None:
    """Browsers send CRLF: count a line's end as the one character it is."""
    return text.replace("\r\n", "\n") if text else text


class MarkForm(PageForm):
    """A comment and, by subclass, a level for each criterion."""

    before = HiddenField()
    """The mark that this one is to take the place of: tells a repeated sending from a changed mind."""
    comment = TextAreaField(N_("Comment to the operator"), filters=[unix], validators=[Length(max=LONGEST)])

    @property
    def levels(self) -> list[int | None]:
        """The chosen level of each criterion."""
        return [field.data for field in self if isinstance(field, RadioField)]


def mark_form(rubric: Rubric, mark: Mark | None) -> MarkForm:
    """The form for a rubric, filled with the mark that stands."""
    fields = {
        f"criterion_{number}": RadioField(
            criterion.title or N_("Points"),
            choices=[(index, level.text) for index, level in enumerate(criterion.levels)],
            coerce=int,
            validators=[InputRequired(N_("Choose a level."))],
        )
        for number, criterion in enumerate(rubric, 1)
    }
    given = {f"criterion_{n}": row["level"] for n, row in enumerate(mark.criteria, 1)} if mark else {}
    form: MarkForm = type("RubricMarkForm", (MarkForm,), fields)(
        data={**given, "comment": mark.comment if mark else "", "before": str(mark.id) if mark else ""}
    )
    return form


def steps(maximum: Decimal, step: Decimal) -> list[Decimal]:
    """0 to the maximum in mark steps; the maximum itself whatever the step."""
    whole = int((maximum / step).to_integral_value(ROUND_CEILING))
    return [*(step * n for n in range(whole)), maximum]


class DecisionForm(PageForm):
    """The lead's decision."""

    total = SelectField(N_("Points"), validators=[InputRequired(N_("Choose the points."))])
    reason = TextAreaField(
        N_("Reason"), filters=[unix], validators=[DataRequired(N_("A reason is needed.")), Length(max=LONGEST)]
    )
    comment = TextAreaField(N_("Comment to the operator"), filters=[unix], validators=[Length(max=LONGEST)])

    def __init__(self, case: MarkingCase) -> None:
        super().__init__()
        points = [f"{value.normalize():f}" for value in steps(case.maximum, case.step)]
        self.total.choices = [("", "–"), *((value, value) for value in points)]
