"""Forms of the pages for everybody."""

from __future__ import annotations

from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from examengine.core.i18n import N_
from examengine.web.shell.forms import PageForm

_PASSWORD = (DataRequired(), Length(min=8, max=200))


class LoginForm(PageForm):
    """Name and password."""

    username = StringField(N_("Employee number"), validators=[DataRequired(), Length(max=40)])
    password = PasswordField(N_("Password"), validators=[DataRequired(), Length(max=200)])


class NewPasswordForm(PageForm):
    """A first password, by one-time link."""

    password = PasswordField(N_("New password"), validators=[*_PASSWORD])
    again = PasswordField(
        N_("New password again"), validators=[EqualTo("password", message=N_("The two passwords differ."))]
    )


class ChangePasswordForm(NewPasswordForm):
    """A changed password."""

    old = PasswordField(N_("Present password"), validators=[DataRequired(), Length(max=200)])
