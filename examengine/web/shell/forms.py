"""Forms in the reader's language: labels, hints and choices are marked where they are made and translated here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app, request
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, Field, FieldList, FormField, SelectFieldBase, ValidationError
from wtforms.validators import InputRequired, Optional

from examengine.core import zones
from examengine.core.errors import Problem
from examengine.core.i18n import N_
from examengine.web.shell.language import say


def worded(form: Iterable[Field]) -> None:
    """Translate what the fields of a form (and of the forms in it) show."""
    for field in form:
        if field.label is not None and field.label.text:
            field.label.text = gettext(field.label.text)
        if field.description:
            field.description = gettext(field.description)
        if isinstance(field, FormField):
            worded(field.form)
        elif isinstance(field, FieldList):
            worded(field.entries)
        elif isinstance(field, SelectFieldBase) and isinstance(getattr(field, "choices", None), list):
            field.choices = [(value, say(label)) for value, label, *_ in field.choices]  # type: ignore[attr-defined]


class PageForm(FlaskForm):
    """A form of our pages: with CSRF token, in the reader's language. It reads form fields, never JSON of any shape."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            return None if request.is_json else super().wrap_formdata(form, formdata)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        worded(self)

    def refuse(self, problem: Problem) -> None:
        """Show a problem that an action raised at the head of the form; what was entered stays."""
        messages = [say(message) for message in getattr(problem, "problems", ())] or [say(problem.detail)]
        self.form_errors.extend(messages)


class WallTimeField(DateTimeLocalField):
    """A time of the company's wall clock, named beside it; `moment` is the same in UTC."""

    moment: datetime | None = None

    def process_data(self, value: datetime | None) -> None:
        """Show a moment of the database as wall-clock time."""
        zone = current_app.config["SETTINGS"].zone
        super().process_data(zones.to_wall(value, zone) if value is not None and value.tzinfo else value)

    def pre_validate(self, form: Any) -> None:
        """Refuse times that the clock skips."""
        if self.data is None:
            return
        try:
            self.moment = zones.to_utc(self.data, current_app.config["SETTINGS"].zone)
        except zones.NoSuchTime:
            text = N_("This time does not exist: the clocks go forward then.")
            raise ValidationError(gettext(text)) from None


class MinuteField(WallTimeField):
    """A wall-clock time to the minute, between 2000 and 2100."""

    def __init__(self, label: str, *, optional: bool = False, **kwargs: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        super().__init__(label, [Optional() if optional else InputRequired()], format=formats, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse years that are slips of the pen, and times that the clock skips."""
        if self.data is not None and not 2000 <= self.data.year <= 2100:
            raise ValidationError(gettext("The year must be between 2000 and 2100."))
        super().pre_validate(form)

    def moment_or(self, before: datetime | None) -> datetime:
        """The moment entered; `before`, to the microsecond, when the minute shown was left as it was."""
        if before is not None and self.data is not None:
            zone = current_app.config["SETTINGS"].zone
            if zones.to_wall(before, zone).replace(second=0, microsecond=0) == self.data:
                return before
        assert self.moment is not None, "the form is valid"  # noqa: S101
        return self.moment
