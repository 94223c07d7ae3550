"""Forms of the administrator's pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, Optional, Regexp

from examengine.accounts.permissions import ROLES
from examengine.accounts.queries import find_teams
from examengine.core import clock, zones
from examengine.core.i18n import N_
from examengine.core.settings import LANGUAGES
from examengine.web.shell.fields import CheckList, tidy
from examengine.web.shell.forms import PageForm
from examengine.web.shell.lists import start_of


class DetailsForm(PageForm):
    """Who somebody is."""

    username = StringField(N_("Employee number"), filters=[tidy], validators=[DataRequired(), Length(max=40)])
    name = StringField(N_("Name"), filters=[tidy], validators=[DataRequired(), Length(max=80)])
    email = StringField(
        N_("E-mail"),
        filters=[tidy],
        validators=[Optional(), Length(max=200), Regexp(r"[^@\s]+@[^@\s]+$", message=N_("This is no e-mail address."))],
    )


class EditForm(DetailsForm):
    """New details of somebody."""

    language = SelectField(
        N_("Language"),
        choices=[("", N_("As the browser asks")), *zip(LANGUAGES, ("中文", "English"), strict=True)],
        validators=[Optional()],
    )


class PersonForm(DetailsForm):
    """A new person."""

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


class RolesForm(PageForm):
    """The roles that somebody holds, and why they change."""

    roles = CheckList(N_("Roles"), choices=list(ROLES.items()), validators=[DataRequired()])
    reason = TextAreaField(N_("Reason"), filters=[tidy], validators=[Length(max=400)])


NOTHING = -1


class MoveForm(PageForm):
    """Into which team, and from which day on."""

    team = SelectField(N_("New team"), coerce=int, default=0)
    new_team = StringField(N_("or a new team"), filters=[tidy], validators=[Length(max=80)])
    day = DateField(N_("From this day on"), validators=[Optional()])
    reason = TextAreaField(N_("Reason"), filters=[tidy], validators=[Length(max=400)])
    since: datetime | None = None

    def fill(self, chosen: bool = True) -> None:
        """Offer the teams there are; not `chosen`: nobody's present team stands there, so one has to be chosen."""
        teams = [(0, gettext("No team")), *((team.id, team.name) for team in find_teams())]
        self.team.choices = teams if chosen else [(NOTHING, "–"), *teams]

    def validate_team(self, field: SelectField) -> None:
        """One of the teams, or a new one."""
        if field.data == NOTHING and not self.new_team.data:
            raise ValidationError(gettext("Choose a team."))

    def validate_day(self, field: DateField) -> None:
        """Today means now; before today nobody is moved."""
        today = zones.to_wall(clock.now(), current_app.config["SETTINGS"].zone).date()
        if field.data is None or not today <= field.data <= today + timedelta(days=731):
            raise ValidationError(gettext("Choose today or a day of the next two years."))
        if field.data > today:
            self.since = start_of(field.data)


class UploadForm(PageForm):
    """A file of people."""

    file = FileField(N_("File"), validators=[FileRequired(message=N_("Choose a file first."))])


class TakeOverForm(PageForm):
    """Which rows of a file are taken over."""

    passwords = BooleanField(N_("Make first passwords for new people, on slips to print"), default=True)


class ReasonForm(PageForm):
    """Why somebody is kept out or let in again."""

    reason = TextAreaField(N_("Reason"), filters=[tidy], validators=[DataRequired(), Length(max=400)])
