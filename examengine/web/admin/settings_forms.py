"""Forms of the set-up and settings pages."""

from __future__ import annotations

from typing import Any, Self

from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, FileField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from examengine.accounts import teams
from examengine.core import pictures, settings_change
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.core.settings import LANGUAGES, Settings, zone_names
from examengine.web.shell.fields import CheckList, tidy
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say

NAMES = {"zh": "中文", "en": "English"}
LONGEST_COMPANY, MOST_TEAMS = 80, 200


class SettingsForm(PageForm):
    """Company, zone, languages, logo. What the environment decides is taken out by `of`."""

    company = StringField(
        N_("Name of the company"), filters=[tidy], validators=[DataRequired(), Length(max=LONGEST_COMPANY)]
    )
    timezone = StringField(N_("Time zone"), filters=[tidy], validators=[DataRequired(), Length(max=60)])
    languages = CheckList(N_("Languages offered"), choices=list(NAMES.items()), validators=[DataRequired()])
    language = RadioField(N_("Default language"), choices=list(NAMES.items()))
    logo = FileField(N_("Logo"))
    remove_logo = BooleanField(N_("Remove the present logo"))

    own: Settings

    @classmethod
    def of(cls, own: Settings) -> Self:
        """The form as the settings stand."""
        company = own.company if own.company != "examengine" else ""
        form = cls(
            data={
                "company": company,
                "timezone": own.timezone,
                "languages": list(own.languages),
                "language": own.language,
            }
        )
        form.own = own
        if settings_change.is_fixed(own, "logo"):
            del form.remove_logo
        for name in settings_change.NAMES:
            if settings_change.is_fixed(own, name):
                delattr(form, name)
        return form

    @property
    def upload(self) -> FileStorage | None:
        """The picture that was sent, if one was."""
        data = self.logo.data if self.logo else None
        return data if isinstance(data, FileStorage) and data.filename else None

    def validate(self, extra_validators: Any = None) -> bool:
        """Each by itself, then together."""
        fits = super().validate(extra_validators)
        if self.timezone and self.timezone.data and self.timezone.data not in zone_names():
            self.timezone.errors = [
                gettext("There is no such time zone; choose one of the list, such as Asia/Shanghai.")
            ]
            fits = False
        offered = self.languages.data if self.languages else self.own.languages
        default = self.language.data if self.language else self.own.language
        field = self.language or self.languages
        if field and offered and default not in offered:
            field.errors = [gettext("The default language must be one of those offered.")]
            fits = False
        return fits

    def wanted(self) -> dict[str, str]:
        """Values as config.env has them, without the logo."""
        found = {name: getattr(self, name).data for name in ("company", "timezone", "language") if getattr(self, name)}
        if self.languages:
            found["languages"] = ",".join(code for code in LANGUAGES if code in (self.languages.data or ()))
        return found

    def picture(self) -> pictures.Picture | None:
        """The checked picture. Raises Invalid."""
        upload = self.upload
        return pictures.checked(upload.stream.read(pictures.LOGO.size + 1)) if upload else None


class SetupForm(SettingsForm):
    """The same with the first teams and the competency tree."""

    teams = TextAreaField(N_("Teams"), filters=[tidy], validators=[Length(max=20_000)])
    tree = BooleanField(N_("Take over the suggested competencies"), default=True)

    @property
    def team_names(self) -> list[str]:
        """One a line, each once."""
        lines = (" ".join(line.split()) for line in (self.teams.data or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, extra_validators: Any = None) -> bool:
        """Names of teams are checked with the rest."""
        fits = super().validate(extra_validators)
        try:
            for name in self.team_names:
                teams.checked(name)
        except Invalid as error:
            self.teams.errors = [say(error.detail)]
            return False
        if len(self.team_names) > MOST_TEAMS:
            self.teams.errors = [gettext("At most %(n)s teams at once, please.", n=MOST_TEAMS)]
            return False
        return fits
