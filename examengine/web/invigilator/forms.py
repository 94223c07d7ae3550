"""Forms of what an invigilator may do; several stand on a page, so their fields' ids carry the act's name."""

from __future__ import annotations

from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from examengine.core.i18n import N_
from examengine.web.shell.forms import PageForm

LONGEST = 400


class ActForm(PageForm):
    """An act without questions. `blank`: one that stands beside the form that was sent, and takes nothing of it."""

    def __init__(self, act: str, *, blank: bool = False) -> None:
        super().__init__(**({"formdata": None} if blank else {}))
        for field in self:
            field.id = f"{act}-{field.id}"


class ReasonForm(ActForm):
    """An act that is done for a reason."""

    reason = StringField(N_("Reason"), validators=[DataRequired(N_("A reason is needed.")), Length(max=LONGEST)])


class ResumeForm(ActForm):
    """An act for which a remark is enough."""

    reason = StringField(N_("Remark"), validators=[Optional(), Length(max=LONGEST)])


class ExtraForm(ReasonForm):
    """Extra time."""

    minutes = IntegerField(
        N_("Minutes"),
        validators=[
            DataRequired(N_("Enter a whole number of minutes.")),
            NumberRange(1, 1440, N_("Between 1 and 1440 minutes.")),
        ],
    )
