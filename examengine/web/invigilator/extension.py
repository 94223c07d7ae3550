"""A sitting that runs is extended: everybody's deadline follows at once."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.delivery import actions as delivery
from examengine.exams import extending
from examengine.exams.models import Sitting
from examengine.records import actions as records
from examengine.web.invigilator import blueprint, roster
from examengine.web.invigilator.forms import LONGEST
from examengine.web.invigilator.watching import watched
from examengine.web.shell.fields import tidy
from examengine.web.shell.forms import MinuteField, PageForm
from examengine.web.shell.people import me


class ExtensionForm(PageForm):
    """New times and why."""

    last_start_at = MinuteField(N_("Last start"))
    hard_close_at = MinuteField(N_("Closes"))
    reason = StringField(
        N_("Reason"), filters=[tidy], validators=[DataRequired(N_("A reason is needed.")), Length(max=LONGEST)]
    )


@blueprint.route("/invigilation/<int:sitting_id>/extension", methods=["GET", "POST"])
def extension(sitting_id: int) -> Response | str | tuple[str, int]:
    """Who watches over the sitting, or a manager, moves last start and close later."""
    sitting = watched(sitting_id)
    form = ExtensionForm(obj=sitting)
    if form.validate_on_submit():
        try:
            return _extend(sitting, form)
        except (Conflict, Invalid) as problem:
            form.refuse(problem)
    facts: dict[str, Any] = {"sitting": sitting, "form": form, "now": clock.now()}
    page = render_template(
        "invigilator/extension.html", counts=roster.counted(roster.of_sitting(sitting, clock.now())), **facts
    )
    return (page, 422) if form.errors else page


def _extend(sitting: Sitting, form: ExtensionForm) -> Response:
    now, by, reason = clock.now(), me().id, form.reason.data or ""
    last, close = (
        form.last_start_at.moment_or(sitting.last_start_at),
        form.hard_close_at.moment_or(sitting.hard_close_at),
    )
    back = extending.extend_sitting(sitting.id, last, close, now, by, reason)
    records.lift_absences(back, now)
    moved = delivery.refresh_deadlines(sitting.id, now, by, reason)
    flash(
        ngettext(
            "The sitting is extended, and everybody is told. %(num)s open attempt follows.",
            "The sitting is extended, and everybody is told. %(num)s open attempts follow.",
            moved,
        ),
        "ok",
    )
    return redirect(url_for("invigilator.sitting", sitting_id=sitting.id), 303)
