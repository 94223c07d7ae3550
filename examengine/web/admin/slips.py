"""First passwords on paper: the page of a list, its one download, and forgetting it."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.accounts import slips as lists
from examengine.core import clock, sealed
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.shell.language import say
from examengine.web.shell.lists import file_of, for_sheet
from examengine.web.shell.people import me
from examengine.web.shell.work import begin

SEALED_FOR = "slips"


@blueprint.get("/admin/people/slips/<int:list_id>")
def slips(list_id: int) -> str:
    """How many slips there are, until when, and whose names could not be printed."""
    found = lists.get_list(list_id, clock.now(), me().id)
    return render_template("admin/slips.html", found=found, waiting=lists.count_slips(list_id))


@blueprint.post("/admin/people/slips/<int:list_id>/print")
def slips_print(list_id: int) -> Response:
    """Make the list of first passwords that were made before some long work was stopped."""
    lists.get_list(list_id, clock.now(), me().id)
    return begin("people.slips", {"list": list_id}, url_for("admin.slips", list_id=list_id))


@blueprint.post("/admin/people/slips/<int:list_id>/pdf")
def slips_pdf(list_id: int) -> Response:
    """The one download: nothing is left here after it."""
    now = clock.now()
    content = lists.hand_over(lists.get_list(list_id, now, me().id), now, me().id)
    pdf = sealed.unseal(current_app.config["SETTINGS"], SEALED_FOR, content) if content else None
    if pdf is None:
        raise Conflict(N_("This list is not printed, or the instance's secret key was changed since."))
    return file_of(pdf, "slips.pdf", f"slips-{for_sheet(now)[:10]}", "application/pdf")


@blueprint.post("/admin/people/slips/<int:list_id>/forget")
def slips_forget(list_id: int) -> Response:
    """Drop the list unread; the passwords stay what they are."""
    lists.drop_list(lists.get_list(list_id, clock.now(), me().id).id)
    flash(say(N_("The slip list is deleted.")), "ok")
    return redirect(url_for("admin.people"), 303)
