"""What is done with an upload of people: read it in another way, take rows over, delete it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from examengine.accounts import imports as staged
from examengine.core import clock
from examengine.core.errors import Malformed
from examengine.core.i18n import N_
from examengine.formats import people_table
from examengine.formats.encodings import ENCODINGS
from examengine.web.admin import blueprint
from examengine.web.admin.imports import need_rest, work_on
from examengine.web.shell.language import say
from examengine.web.shell.people import me

WHICH = {"all": ("new", "changed"), "new": ("new",), "changed": ("changed",), "chosen": staged.TAKEN}


@blueprint.post("/admin/people/import/<int:import_id>/read")
def people_import_read(import_id: int) -> Any:
    """Read the file in another way: encoding, sheet, which column is what."""
    found = staged.get_import(import_id)
    need_rest(found)
    columns = {field: _position(field) for field in people_table.FIELDS}
    chosen = {field: at for field, at in columns.items() if at is not None}
    wishes: dict[str, Any] = {
        "encoding": asked if (asked := request.form.get("encoding", "")) in ENCODINGS else "",
        "sheet": request.form.get("sheet", "")[:200],
    }
    if chosen != found.facts.get("columns"):  # said by hand; else they are found by their titles again
        wishes["columns"] = chosen
    staged.read_again(found, wishes)
    return work_on(found, "people.read", {"import": import_id})


def _position(field: str) -> int | None:
    text = request.form.get(f"column_{field}", "")
    return int(text) if text.isdecimal() and len(text) < 4 else None


@blueprint.post("/admin/people/import/<int:import_id>/apply")
def people_import_apply(import_id: int) -> Any:
    """Take rows over: all that are new or changed, or the chosen ones."""
    found, which = staged.get_import(import_id), request.form.get("which", "")
    if which not in WHICH or found.state != "ready":
        raise Malformed
    need_rest(found)
    ids = [int(text) for text in request.form.getlist("ids")[:500] if text.isdecimal() and len(text) < 18]
    chosen = ids if which == "chosen" else None
    if not staged.count_waiting(import_id, WHICH[which], chosen):
        flash(say(N_("Choose rows that are new or changed first.")), "warn")
        return redirect(url_for("admin.people_import_preview", import_id=import_id), 303)
    address = url_for("public.login", _external=True)
    wanted = {"outcomes": list(WHICH[which]), "ids": chosen, "passwords": bool(request.form.get("passwords"))}
    return work_on(found, "people.apply", {"import": import_id, "address": address, **wanted})


@blueprint.post("/admin/people/import/<int:import_id>/drop")
def people_import_drop(import_id: int) -> Any:
    """Drop the upload; what was taken over stays."""
    found = staged.get_import(import_id)
    need_rest(found)
    staged.give_up(found, clock.now(), me().id)
    flash(say(N_("The upload is deleted. What was taken over stays.")), "ok")
    return redirect(url_for("admin.people_import"), 303)
