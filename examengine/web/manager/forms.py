"""Forms of the manager's pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext
from wtforms import BooleanField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from examengine.core import codes, zones
from examengine.core.i18n import N_
from examengine.web.shell.fields import CheckList, tidy
from examengine.web.shell.forms import PageForm, WallTimeField


class MinuteField(WallTimeField):
    """A wall-clock time to the minute, between 2000 and 2100."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        super().__init__(label, [InputRequired()], format=formats, **kwargs)

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


class CorrectionForm(PageForm):
    """A correction of an entry, as a new entry."""

    entry = SelectField(N_("Entry to correct"), coerce=int)
    text = TextAreaField(N_("Correction"), filters=[tidy], validators=[DataRequired(), Length(max=2000)])
