"""What the forms of these pages share, and the small ones."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import DecimalField, Form, RadioField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, Regexp

from examengine.core.errors import Invalid, Problem
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

    class Meta(FlaskForm.Meta):
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
            self.points = plans.points(self.data) if self.data and self.data.strip() else None
        except Invalid as error:
            raise ValidationError(say(error.detail)) from None


class NumberField(DecimalField):
    """A finite number with at most two decimals, shown without trailing zeros."""

    def __init__(self, label: str, validators: list[Any], description: str = "", **kwargs: Any) -> None:
        super().__init__(label, validators, places=None, description=description, **kwargs)

    def process_data(self, value: Decimal | int | None) -> None:
        """Show the number as people write it."""
        self.data = None if value is None else Decimal(f"{Decimal(value).normalize():f}")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Refuse what is no plain number."""
        super().process_formdata(valuelist)
        if self.data is not None and (not self.data.is_finite() or not -(10**9) < self.data < 10**9):
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))

    def pre_validate(self, form: Any) -> None:
        """Refuse more than two decimals."""
        if self.data is not None and self.data != self.data.quantize(Decimal("0.01")):
            raise ValidationError(say(N_("At most two decimals, please.")))


def reasons(problem: Problem) -> str:
    """What an action objects to, in one line of the reader's language."""
    return " ".join(say(message) for message in getattr(problem, "problems", ())) or say(problem.detail)


def required(*more: Any) -> list[Any]:
    """The validators of a field that must be filled in."""
    return [DataRequired(), *more]


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


class WithdrawItemForm(PageForm):
    """Why a question leaves running exams, and whether it stays in the bank."""

    retire = RadioField(
        N_("Afterwards the question"),
        choices=[
            ("retire", N_("is retired: no exam takes it any more; it can be restored")),
            ("keep", N_("stays in the bank: an exam that is published anew may take it again")),
        ],
        default="retire",
    )
    reason = TextAreaField(N_("Reason"), validators=required(Length(max=400)), filters=[tidy])


class WithdrawForm(PageForm):
    """Why an exam is withdrawn."""

    reason = TextAreaField(
        N_("Reason"),
        validators=required(Length(max=400)),
        filters=[tidy],
        description=N_("It is kept with the exam's history."),
    )
