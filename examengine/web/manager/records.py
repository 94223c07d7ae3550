"""Somebody's record: the timeline, and corrections, each a new entry."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.accounts import queries as people
from examengine.core import clock
from examengine.core.errors import Forbidden
from examengine.core.i18n import N_
from examengine.core.pages import SIZE, Page
from examengine.records import actions, queries
from examengine.records.models import Entry
from examengine.web.manager import blueprint
from examengine.web.manager.access import conflicts
from examengine.web.manager.forms import CorrectionForm
from examengine.web.shell.language import say
from examengine.web.shell.looks import log_look
from examengine.web.shell.people import me
from examengine.web.shell.timelines import timeline_of

MOST = 1_000


@blueprint.route("/manage/people/<int:person_id>/record", methods=["GET", "POST"])
def record(person_id: int) -> Response | tuple[str, int]:
    """The record of a person, to read or to print; each look is logged. A correction names the entry it corrects."""
    form = CorrectionForm(data={"entry": request.args.get("entry", type=int)})
    if form.is_submitted() and person_id == me().id:
        raise Forbidden(N_("Your own record is corrected by another manager."))
    if form.is_submitted():
        _offer(form, _entries(person_id))
    else:
        people.get_person(person_id)  # a look at nobody's is not logged
    if form.validate_on_submit():
        actions.correct(queries.get_entry(form.entry.data), form.text.data or "", clock.now(), me().id)
        flash(say(N_("The correction is on the record.")), "ok")
        return redirect(url_for("manager.record", person_id=person_id))
    log_look(lambda by, now: actions.note_look(by, person_id, now))
    page = _entries(person_id)
    _offer(form, page)
    names = people.find_names([entry.by_id for entry in page.rows if entry.by_id])
    text = render_template(
        "manager/record.html",
        person=people.get_person(person_id),
        page=page,
        entries=[(entry, row) for entry, row in zip(page.rows, _rows(page), strict=True)],
        names=names,
        form=form,
        own=person_id == me().id,
        now=clock.now(),
    )
    return text, 422 if form.errors else 200


def _entries(person_id: int) -> Page[Entry]:
    """A page of the record, or all of it for printing. Raises Missing for nobody's."""
    people.get_person(person_id)
    size = MOST if request.args.get("all") else SIZE
    return queries.find_entries(person_id, request.args.get("page", 1, int), size=size, excluded=conflicts())


def _offer(form: CorrectionForm, page: Page[Entry]) -> None:
    rows = timeline_of(page.rows, own=False)
    form.entry.choices = [(row["id"], f"{row['id']} · {row['when']} · {row['title']}") for row in rows]


def _rows(page: Page[Entry]) -> list[dict[str, Any]]:
    """Timeline rows; results lead to their details."""
    rows = timeline_of(page.rows, own=False)
    for entry, row in zip(page.rows, rows, strict=True):
        if entry.kind == "exam.result":
            row["url"] = url_for("manager.result", attempt_id=entry.source_id)
    return rows
