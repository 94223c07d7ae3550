"""Forms of the manager's pages."""

from __future__ import annotations

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from examengine.core import codes
from examengine.core.i18n import N_
from examengine.results.appeals import MOST
from examengine.web.shell.fields import CheckList, tidy
from examengine.web.shell.forms import MinuteField, PageForm


class SittingForm(PageForm):
    """When, behind which code, for whom, watched by whom."""

    title = StringField(N_("Title"), filters=[tidy], validators=[DataRequired(), Length(max=200)])
    opens_at = MinuteField(N_("Opens"))
    last_start_at = MinuteField(N_("Last start"))
    hard_close_at = MinuteField(N_("Closes"))
    access_code = StringField(N_("Access code"), filters=[tidy], validators=[Length(max=40)])
    make_code = BooleanField(N_("Make a new access code when saving"))
    teams = CheckList(N_("Teams"), coerce=int)
    people = CheckList(N_("Further people"), coerce=int)
    invigilators = CheckList(N_("Invigilators"), coerce=int)

    @property
    def code(self) -> str:
        """The access code to be kept: a new one, when asked for."""
        return codes.readable(6) if self.make_code.data else self.access_code.data or ""


class ReasonForm(PageForm):
    """Why something is done that others will want to understand."""

    reason = TextAreaField(N_("Reason"), filters=[tidy], validators=[DataRequired(), Length(max=400)])


class MakeupForm(PageForm):
    """When those who missed a sitting sit it."""

    title = StringField(N_("Title"), filters=[tidy], validators=[DataRequired(), Length(max=200)])
    opens_at = MinuteField(N_("Opens"))
    last_start_at = MinuteField(N_("Last start"))
    hard_close_at = MinuteField(N_("Closes"))


class HandOverForm(ReasonForm):
    """Who takes over what a grader holds; with times it is a leave."""

    stand_in = SelectField(N_("Her answers go to"), coerce=int, default=0)
    from_at = MinuteField(N_("On leave from"), optional=True)
    until_at = MinuteField(N_("Back on"), optional=True)


class AnswerForm(PageForm):
    """The answer to an appeal; where fresh marks make the result lower, whether they count."""

    answer = TextAreaField(
        N_("Answer to the operator"),
        filters=[tidy],
        validators=[DataRequired(N_("An answer is needed.")), Length(max=MOST)],
    )
    lower = RadioField(
        N_("The fresh marks make the result lower"),
        choices=[
            ("stand", N_("The points so far stand; the fresh marks are kept in the file only.")),
            ("lower", N_("The fresh marks count: the result gets lower.")),
        ],
        validators=[Optional()],
    )

    @property
    def lowered(self) -> bool | None:
        """Whether a lower result was confirmed; None: not said."""
        return {"lower": True, "stand": False}.get(self.lower.data or "")


class CorrectionForm(PageForm):
    """A correction of an entry, as a new entry."""

    entry = SelectField(N_("Entry to correct"), coerce=int)
    text = TextAreaField(N_("Correction"), filters=[tidy], validators=[DataRequired(), Length(max=2000)])
