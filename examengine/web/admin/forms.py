"""Forms of the administrator's pages."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, Regexp

from examengine.accounts.permissions import ROLES
from examengine.core.i18n import N_
from examengine.web.shell.fields import CheckList, tidy
from examengine.web.shell.forms import PageForm


class PersonForm(PageForm):
    """A new person."""

    username = StringField(N_("Employee number"), filters=[tidy], validators=[DataRequired(), Length(max=40)])
    name = StringField(N_("Name"), filters=[tidy], validators=[DataRequired(), Length(max=80)])
    email = StringField(
        N_("E-mail"),
        filters=[tidy],
        validators=[Optional(), Length(max=200), Regexp(r"[^@\s]+@[^@\s]+$", message=N_("This is no e-mail address."))],
    )
    roles = CheckList(N_("Roles"), choices=list(ROLES.items()), validators=[DataRequired()], default=["operator"])
    team = SelectField(N_("Team"), coerce=int, default=0)
    new_team = StringField(N_("or a new team"), filters=[tidy], validators=[Length(max=80)])


class TeamForm(PageForm):
    """A team's name."""

    name = StringField(N_("Name"), filters=[tidy], validators=[DataRequired(), Length(max=80)])


class LeaderForm(TeamForm):
    """A team's name and leader."""

    leader = SelectField(N_("Leader"), coerce=int, default=0)


class TitlesForm(PageForm):
    """A competency's titles."""

    title_zh = StringField(N_("Title in Chinese"), filters=[tidy], validators=[Length(max=120)])
    title_en = StringField(N_("Title in English"), filters=[tidy], validators=[Length(max=120)])

    @property
    def titles(self) -> dict[str, str]:
        """By language."""
        return {"zh": self.title_zh.data or "", "en": self.title_en.data or ""}


class CompetencyForm(TitlesForm):
    """A new competency."""

    parent = SelectField(N_("Below"), coerce=int, default=0)
    name = StringField(
        N_("Code"),
        filters=[tidy],
        validators=[DataRequired(), Length(max=60)],
        description=N_("Small letters, such as: billing. Bank files name it by this code, so it never changes."),
    )


class PlaceForm(PageForm):
    """Another competency: the new parent, or the one to merge into."""

    place = SelectField(N_("Competency"), coerce=int, default=0)


class ReasonForm(PageForm):
    """Why somebody is kept out or let in again."""

    reason = TextAreaField(N_("Reason"), filters=[tidy], validators=[DataRequired(), Length(max=400)])
