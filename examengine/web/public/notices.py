"""One's notices."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.i18n import N_
from examengine.notices import actions, queries
from examengine.web.public import blueprint
from examengine.web.shell.lists import asked_one
from examengine.web.shell.notices import lines
from examengine.web.shell.people import me, safe_next

SUBJECTS = {
    "sitting": N_("Sittings"),
    "result": N_("Results"),
    "appeal": N_("Appeals"),
    "marking": N_("Marking"),
    "account": N_("Account"),
}
"""By the first part of their kinds."""


@blueprint.route("/notices", methods=["GET", "POST"], endpoint="notices")
def notice_list() -> Response | str:
    """The person's notices, unread ones first; a button marks all read."""
    person = me()
    if request.method == "POST":
        actions.mark_read(person.id, clock.now())
        return redirect(url_for("public.notices"))
    page = queries.find_page(
        person.id,
        request.args.get("page", 1, int),
        unread_only=request.args.get("unread") == "yes",
        about=asked_one("about", SUBJECTS),
    )
    return render_template("public/notices.html", page=page, lines=lines(page.rows), subjects=SUBJECTS)


@blueprint.post("/notices/<int:notice_id>/read")
def notice_read(notice_id: int) -> Response:
    """Mark one of the person's notices read. Raises Missing."""
    notice = queries.get_notice(notice_id, me().id)
    actions.mark_read(notice.person_id, clock.now(), notice.id)
    return redirect(safe_next(request.form.get("next") or url_for("public.notices")), 303)
