"""Import people from a file: upload, say how it is to be read, look at what would change, take it over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from examengine.accounts import imports as staged
from examengine.accounts import slips
from examengine.accounts.permissions import ROLES
from examengine.accounts.staging import PeopleImport, PeopleImportRow
from examengine.core import clock, tasks
from examengine.core.errors import Conflict
from examengine.core.i18n import N_, Message
from examengine.core.tasks import Task
from examengine.formats import people_table
from examengine.formats.encodings import ENCODINGS
from examengine.formats.table_csv import Cell
from examengine.web.admin import blueprint
from examengine.web.admin.forms import TakeOverForm, UploadForm
from examengine.web.shell.fields import tidy
from examengine.web.shell.language import say
from examengine.web.shell.lists import asked_one, asked_words, csv_file
from examengine.web.shell.people import me
from examengine.web.shell.request_cycle import UPLOADS
from examengine.web.shell.work import go

UPLOADS["admin.people_import"] = people_table.MOST_BYTES + 64 * 1024
SHOWN = (*staged.OUTCOMES, "absent")
MOST_REFUSED = 5_000
Answer = Response | str | tuple[str, int]


@blueprint.route("/admin/people/import", methods=["GET", "POST"])
def people_import() -> Any:
    """Upload a file; the latest uploads are still there."""
    form = UploadForm()
    if form.validate_on_submit():
        return _receive(form.file.data)
    known = staged.find_imports()
    facts = {"fields": people_table.FIELDS, "needed": people_table.NEEDED, "roles": ROLES}
    page = render_template("admin/people_import.html", form=form, known=known, **facts)
    return (page, 422) if form.errors else page


def _receive(file: FileStorage) -> Any:
    name = tidy(file.filename or "")[-200:] or gettext("File")
    found = staged.add_import(file.read(), name, clock.now(), me().id)
    return work_on(found, "people.read", {"import": found.id})


def work_on(found: PeopleImport, kind: str, args: Mapping[str, Any]) -> Any:
    """Begin long work on an upload."""
    task = tasks.plan(kind, args, clock.now(), me().id)
    found.task_id = task.id
    return go(task, url_for("admin.people_import_preview", import_id=found.id))


@blueprint.get("/admin/people/import/template")
def people_import_template() -> Response:
    """A file with the columns' names in both languages and no rows."""
    titles: list[Cell] = [f"{say_in('zh', title)} / {title}" for title in people_table.FIELDS.values()]
    return csv_file([titles], "people", gettext("people"))


def say_in(language: str, text: str) -> str:
    """A marked word in a language that need not be the page's."""
    from flask_babel import force_locale

    with force_locale(language):
        return gettext(text)


@blueprint.get("/admin/people/import/<int:import_id>")
def people_import_preview(import_id: int) -> Any:
    """What the file would change; or the question which column is what; or why it cannot be read."""
    found = staged.get_import(import_id)
    if found.state == "reading":
        return _being_read(found)
    facts: dict[str, Any] = {"found": found, "fields": people_table.FIELDS, "encodings": ENCODINGS}
    if found.state != "ready":
        return render_template("admin/people_columns.html", needed=people_table.NEEDED, **facts)
    show, words = asked_one("show", SHOWN), asked_words("q")
    page_number = request.args.get("page", 1, int)
    page: Any = (
        staged.find_absent(import_id, page_number)
        if show == "absent"
        else staged.find_rows(import_id, show, page_number, words)
    )
    return render_template(
        "admin/people_preview.html",
        page=page,
        show=show,
        form=TakeOverForm(),
        counts=staged.count_outcomes(import_id),
        absent=staged.count_absent(import_id),
        slips=_own_slips(found),
        task=_open_task(found),
        told=told,
        needed=people_table.NEEDED,
        **facts,
    )


def _being_read(found: PeopleImport) -> Any:
    """Lead to the work; who comes when it failed is told so."""
    task = _open_task(found)
    if task is None:
        raise Conflict(N_("This file was not read to its end. Please upload it again."))
    if task.by_id != me().id:
        raise Conflict(N_("This file is just being worked on. Please come back in a moment."))
    on = url_for("admin.people_import_preview", import_id=found.id)
    return redirect(url_for("public.work", task_id=task.id, next=on))


def _open_task(found: PeopleImport) -> Task | None:
    """The long work that goes on with this upload."""
    task = tasks.get_task(found.task_id) if found.task_id is not None else None
    return task if task is not None and task.is_open else None


def need_rest(found: PeopleImport) -> None:
    """Raises Conflict while something goes on with the upload."""
    if _open_task(found) is not None:
        raise Conflict(N_("This file is just being worked on. Please come back in a moment."))


def _own_slips(found: PeopleImport) -> int | None:
    """The list of first passwords made by this import, if it waits for the reader."""
    known = slips.find_list(found.slips_id, clock.now())
    return known.id if known is not None and known.by_id == me().id else None


def told(row: PeopleImportRow) -> list[tuple[str, str, str]]:
    """A row's changes in the reader's words: field, old, new."""
    return [
        (say(people_table.FIELDS[field]), _shown(field, old), _shown(field, new)) for field, old, new in row.changes
    ]


def _shown(field: str, text: str) -> str:
    if field == "roles":
        return gettext(", ").join(gettext(ROLES.get(role, role)) for role in text.split())
    return {"zh": "中文", "en": "English"}.get(text, text) if field == "language" else text


@blueprint.get("/admin/people/import/<int:import_id>/refused")
def people_import_refused(import_id: int) -> Response:
    """The refused rows with their reasons as a file, to be put right and uploaded again."""
    staged.get_import(import_id)
    rows = staged.find_refused(import_id, MOST_REFUSED)
    head: list[Cell] = [*(gettext(title) for title in people_table.FIELDS.values()), gettext("Row"), gettext("Reason")]
    body: list[list[Cell]] = [
        [
            *(row.values.get(field, "") for field in people_table.FIELDS),
            row.row,
            " ".join(say(Message.of(reason)) for reason in row.reasons),
        ]
        for row in rows
    ]
    return csv_file([head, *body], "refused", gettext("refused"))
