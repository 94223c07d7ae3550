"""Forms of the pages for everybody."""

from __future__ import annotations

from wtforms import Field, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, EqualTo, Length

from examengine.accounts.passwords import NO_OTHER
from examengine.core.i18n import N_
from examengine.web.shell.fields import tidy
from examengine.web.shell.forms import PageForm

_PASSWORD = (DataRequired(), Length(min=8, max=200))


class LoginForm(PageForm):
    """Name and password."""

    username = StringField(N_("Employee number"), filters=[tidy], validators=[DataRequired(), Length(max=40)])
    password = PasswordField(N_("Password"), validators=[DataRequired(), Length(max=200)])


class NewPasswordForm(PageForm):
    """A first password, by one-time link."""

    password = PasswordField(N_("New password"), validators=[*_PASSWORD])
    again = PasswordField(
        N_("New password again"), validators=[EqualTo("password", message=N_("The two passwords differ."))]
    )


class CodeForm(NewPasswordForm):
    """A new password, by one-time code."""

    username = StringField(N_("Employee number"), filters=[tidy], validators=[DataRequired(), Length(max=40)])
    code = StringField(N_("One-time code"), filters=[tidy], validators=[DataRequired(), Length(max=40)])


class ChangePasswordForm(NewPasswordForm):
    """A changed password."""

    old = PasswordField(N_("Present password"), validators=[DataRequired(), Length(max=200)])

    def validate_password(self, field: Field) -> None:
        """A change is a change."""
        if field.data == self.old.data:
            raise ValidationError(NO_OTHER)
