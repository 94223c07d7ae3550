"""Forms of the candidate's pages."""

from __future__ import annotations

from flask_babel import gettext
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from examengine.core.i18n import N_
from examengine.results.appeals import MOST
from examengine.web.shell.fields import CheckList, tidy
from examengine.web.shell.forms import PageForm


class AppealForm(PageForm):
    """What of a result is contested, and why."""

    slots = CheckList(N_("Questions"), coerce=int)
    reason = TextAreaField(
        N_("Reason"), filters=[tidy], validators=[DataRequired(N_("A reason is needed.")), Length(max=MOST)]
    )


def appeal_form(questions: int, *, blank: bool = False) -> AppealForm:
    """The form for a paper of so many questions; `blank`: takes nothing of what was sent."""
    form = AppealForm(**({"formdata": None} if blank else {}))
    form.slots.choices = [(n, gettext("Question %(number)s", number=n)) for n in range(1, questions + 1)]
    return form
