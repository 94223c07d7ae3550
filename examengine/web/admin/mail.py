"""Mail: where it goes, what became of each, trying again, a trial."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.core import audit, clock
from examengine.core.errors import Conflict
from examengine.core.i18n import N_, Message
from examengine.core.mail import is_address, server_of
from examengine.delivery.conflicts import find_hidden
from examengine.notices import actions as notices
from examengine.notices import deliveries
from examengine.web.admin import blueprint
from examengine.web.shell.language import say
from examengine.web.shell.lists import asked_one
from examengine.web.shell.notices import lines
from examengine.web.shell.own_settings import own
from examengine.web.shell.people import me

STATES = {
    "waiting": N_("waiting"),
    "sent": N_("sent"),
    "failed": N_("failed"),
    "dropped": N_("not sent"),
}
ALWAYS = ("account.", "mail.")
"""Kinds of notices that speak of no exam."""
TONES = {"waiting": "info", "sent": "ok", "failed": "bad", "dropped": "neutral"}


@blueprint.get("/admin/mail")
def mail() -> str:
    """Counts by state, then the deliveries; a figure filters.

    Who is enrolled in an exam that is not over reads of exams and results nothing here either (semantics §4).
    """
    state = asked_one("state", STATES)
    page = deliveries.find_page(state, request.args.get("page", 1, int))
    hidden = bool(find_hidden(me().id, clock.now()).exams)
    texts = [
        None if hidden and not line.notice.kind.startswith(ALWAYS) else line.text
        for line in lines(row.notice for row in page.rows)
    ]
    rows = list(zip(deliveries.with_people(page.rows), texts, strict=True))
    return render_template(
        "admin/mail.html",
        page=page,
        rows=rows,
        hidden=hidden,
        state=state,
        counts=deliveries.count_by_state(),
        states=STATES,
        tones=TONES,
        reasons=deliveries.REASONS,
        server=str(server_of(own().smtp_url)) if own().smtp_url else "",
        settings=own(),
    )


@blueprint.post("/admin/mail/test")
def mail_test() -> Response:
    """A trial mail to oneself, by the same way as all others. Raises Conflict without an address."""
    person, now = me(), clock.now()
    if not person.email or not is_address(person.email):
        raise Conflict(N_("Your own account has no valid e-mail address, so nothing can be sent to you."))
    notices.tell([person.id], "mail.test", now)
    audit.record(now, person.id, "mail.test", "person", person.id)
    text = N_("A test mail to %(address)s is on its way. Reload this page to see what became of it.")
    flash(say(Message(text, {"address": person.email})), "info")
    return redirect(url_for("admin.mail"), 303)


@blueprint.post("/admin/mail/<int:delivery_id>/retry")
def mail_retry(delivery_id: int) -> Response:
    """Try a failed mail again. Raises Missing, Conflict."""
    deliveries.retry(delivery_id, clock.now(), me().id)
    flash(say(N_("The mail is tried again.")), "ok")
    return redirect(url_for("admin.mail"), 303)


@blueprint.post("/admin/mail/retry")
def mail_retry_all() -> Response:
    """Try all failed mails again."""
    count = deliveries.retry_all(clock.now(), me().id)
    flash(say(Message(N_("Mails that are tried again: %(count)s."), {"count": count})), "ok")
    return redirect(url_for("admin.mail"), 303)
