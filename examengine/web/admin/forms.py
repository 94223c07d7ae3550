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


class ReasonForm(PageForm):
    """Why somebody is kept out or let in again."""

    reason = TextAreaField(N_("Reason"), filters=[tidy], validators=[DataRequired(), Length(max=400)])
