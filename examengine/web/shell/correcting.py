"""Corrections as several audiences see and press them: words, the detail's facts, the acts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from examengine.accounts import queries as people
from examengine.bank import queries as bank
from examengine.core import clock
from examengine.core.db import begin_writing, session, set_reading
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.grading import corrections
from examengine.grading.models import Correction
from examengine.itemtypes import get
from examengine.results import correction_pages
from examengine.results import corrections as results
from examengine.web.shell.fields import tidy
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say, show_points
from examengine.web.shell.lists import asked_number, asked_one
from examengine.web.shell.people import me
from examengine.web.shell.work import begin

KINDS = {
    "key": N_("Key"),
    "points": N_("Points"),
    "everyone": N_("Full points for everybody"),
    "drop": N_("Does not count"),
    "score": N_("One score"),
}
STATES = {
    "draft": N_("Being prepared"),
    "ready": N_("To be applied"),
    "applied": N_("Applied"),
    "undone": N_("Undone"),
    "discarded": N_("Discarded"),
}
TONES = {"draft": "neutral", "ready": "warn", "applied": "ok", "undone": "info", "discarded": "neutral"}
ACTS = ("apply", "undo", "discard", "renew")


class ReasonForm(PageForm):
    """Why a correction is applied or undone."""

    reason = TextAreaField(
        N_("Reason"), filters=[tidy], validators=[DataRequired(), Length(max=corrections.MOST_REASON)]
    )


class ScoreForm(PageForm):
    """Other points for one answer."""

    points = StringField(N_("Points"), filters=[tidy], validators=[DataRequired(), Length(max=20)])

    def validate_points(self, field: StringField) -> None:
        """A number; the action knows how many points there may be."""
        if not re.fullmatch(r"[0-9]{1,4}([.,][0-9]{1,4})?", field.data or ""):
            raise ValidationError(gettext("“%(text)s” is not a number of points.", text=field.data))

    @property
    def given(self) -> Decimal:
        """The points entered."""
        return Decimal((self.points.data or "").replace(",", "."))


def prepare(correction: Correction, back: str) -> Response:
    """Have the rows and the preview of a draft written; `back` is the correction's page."""
    return begin("correct", {"correction": correction.id}, back)


def press(correction_id: int, act: str, form: ReasonForm, back: str) -> Response | None:
    """Do one of ACTS and say so; None when the form must be shown again."""
    if act == "renew":
        return prepare(corrections.renew(correction_id, clock.now(), me().id), back)
    if act == "discard":
        corrections.discard(correction_id, clock.now(), me().id)
        flash(say(N_("The correction is discarded. Nothing was changed by it.")), "ok")
        return redirect(back, 303)
    if not form.validate():
        return None
    if act == "undo":
        corrections.undo(correction_id, form.reason.data or "", clock.now(), me().id)
        flash(say(N_("The correction is undone. Results follow within moments.")), "ok")
        return redirect(back, 303)
    return _apply(correction_id, form, back)


def _apply(correction_id: int, form: ReasonForm, back: str) -> Response | None:
    by = me().id
    session.rollback()
    set_reading(True)  # the check reads every line of the preview: nobody need wait for it
    stale = results.is_stale(corrections.get_correction(correction_id))
    begin_writing()
    try:
        if not stale or corrections.get_correction(correction_id).state not in ("ready", "undone"):
            corrections.apply(correction_id, form.reason.data or "", clock.now(), by)
            flash(say(N_("The correction is applied. Results follow within moments.")), "ok")
            return redirect(back, 303)
    except Conflict as problem:
        if problem.code != "stale":
            raise
    except Invalid as problem:
        form.refuse(problem)
        return None
    flash(say(corrections.STALE), "warn")
    return prepare(corrections.renew(correction_id, clock.now(), by), back)


def facts(correction: Correction, form: ReasonForm, *, names: bool) -> Mapping[str, Any]:
    """What a correction's page shows; `names`: whether the reader may see whose answers they are."""
    show = asked_one("show", correction_pages.SHOWN) or "changed"
    sitting = asked_number("sitting")
    page = max(1, asked_number("page") or 1)
    who = {correction.by_id, correction.applied_by_id, correction.undone_by_id}
    return {
        "correction": correction,
        "item": bank.get_item(correction.item_id),
        "exam": exams.get_exam(correction.exam_id) if correction.exam_id else None,
        "change": change_of(correction),
        "people": people.find_names([person for person in who if person]),
        "sittings": correction_pages.by_sitting(correction),
        "page": correction_pages.find_lines(correction, show, sitting, page),
        "show": show,
        "sitting": sitting,
        "form": form,
        "names": names,
        "barred": corrections.is_barred(correction, me().id, clock.now()),
        "kinds": KINDS,
        "states": STATES,
        "tones": TONES,
        "path": request.path if request.method != "POST" else request.path.rpartition("/")[0],
    }


def doers(rows: Iterable[Correction]) -> Mapping[int, str]:
    """Names of who applied, else drafted, corrections of a list."""
    return people.find_names([person for row in rows if (person := row.applied_by_id or row.by_id)])


def change_of(correction: Correction) -> tuple[str, str]:
    """Before and after in words."""
    before, after = correction.before, correction.after
    if correction.kind == "key":
        judging = sorted(before["versions"])
        return _key(judging[-1]), _key(int(after["version"]))
    if correction.kind == "score":
        return _of(before["points"], before["maximum"]), _of(after["points"], after["maximum"])
    was = " / ".join(map(show_points, before["points"])) or "–"
    if correction.kind == "points":
        return was, show_points(after["points"])
    return was, gettext(KINDS[correction.kind])


def _of(points: str, maximum: str) -> str:
    return gettext("%(points)s of %(maximum)s points", points=show_points(points), maximum=show_points(maximum))


def _key(version_id: int) -> str:
    """A version's key in one line."""
    version = bank.frozen([version_id])[version_id]
    kind = get(version.kind.name)
    worded = kind.present(version.content).facts.get("worded")
    lines = [gettext(line) if worded else line for line in kind.key(version.content)]
    return "; ".join(lines) or gettext("no listed answer")


OWNERS_WORDS = {
    "key": N_("The key of question %(numbers)s was corrected."),
    "points": N_("The points of question %(numbers)s were changed."),
    "everyone": N_("Everybody gets full points for question %(numbers)s."),
    "drop": N_("Question %(numbers)s does not count any more."),
    "score": N_("The score of question %(numbers)s was corrected."),
    "undone": N_("A correction of question %(numbers)s was taken back."),
    "marked": N_("Graders have marked again after a correction."),
}


def told(revised: correction_pages.Revised) -> str:
    """What was corrected, as the result's owner reads it: what, never who."""
    word = "undone" if revised.undone else revised.kind
    text = OWNERS_WORDS.get(word, N_("Your result was corrected."))
    return gettext(text, numbers=", ".join(map(str, revised.slots)))
