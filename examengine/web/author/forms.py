"""What the forms of these pages share, and the small ones."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import Form, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Regexp

from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.exams import plans
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def tidy(text: str | None) -> str | None:
    """Text without control characters (no database takes them all) and outer spaces."""
    return None if text is None else _CONTROL.sub("", text).strip()


class Part(Form):
    """A form inside a page's form, with messages in the reader's language."""

    class Meta(FlaskForm.Meta):  # type: ignore[name-defined,misc]  # our stub leaves it out
        csrf = False


class PointsField(StringField):
    """Points as people write them, at most two decimals; `points` is their value, None when the field is empty."""

    points: Decimal | None = None

    def process_data(self, value: Decimal | str | None) -> None:
        """Show points without trailing zeros."""
        self.data = f"{value.normalize():f}" if isinstance(value, Decimal) else value

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no number of points."""
        self.points = None
        try:
            self.points = plans.points(self.data) if (self.data or "").strip() else None
        except Invalid as error:
            raise ValidationError(say(error.detail)) from None


class ChosenField(SelectField):
    """A select whose value may be missing from the form: it keeps its default then."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent, if anything."""
        if valuelist:
            super().process_formdata(valuelist)


def required(*more: Any) -> list[Any]:
    """The validators of a field that must be filled in."""
    return [InputRequired(), *more]


class BankForm(PageForm):
    """A new bank."""

    code = StringField(
        N_("Code"),
        validators=required(
            Length(max=60),
            Regexp(
                r"[a-z][a-z0-9_]{1,59}\Z",
                message=N_("Small letters, digits and _ only, at least two, and a letter first."),
            ),
        ),
        filters=[tidy],
        description=N_("The name of its folder: small letters, digits and _. It does not change later."),
    )
    title_zh = StringField(N_("Title in Chinese"), validators=[Length(max=120)], filters=[tidy])
    title_en = StringField(N_("Title in English"), validators=[Length(max=120)], filters=[tidy])
    about_zh = TextAreaField(N_("About it, in Chinese"), validators=[Length(max=1000)], filters=[tidy])
    about_en = TextAreaField(N_("About it, in English"), validators=[Length(max=1000)], filters=[tidy])

    def validate(self, extra_validators: Any = None) -> bool:
        """At least one title is needed."""
        fits = super().validate(extra_validators)
        if not (self.title_zh.data or self.title_en.data):
            self.title_en.errors = [gettext(N_("A title in at least one language is needed."))]
            return False
        return fits


class NewExamForm(PageForm):
    """The title that an exam begins with."""

    title = StringField(N_("Title"), validators=required(Length(max=200)), filters=[tidy])


class WithdrawForm(PageForm):
    """Why an exam is withdrawn."""

    reason = TextAreaField(
        N_("Reason"),
        validators=required(Length(max=400)),
        filters=[tidy],
        description=N_("It is kept with the exam's history."),
    )
