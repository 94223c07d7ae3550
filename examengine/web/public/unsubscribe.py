"""The link in mails that switches one kind of mail off for one person, without a log-in."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Forbidden, Missing
from examengine.notices import preferences
from examengine.notices.kinds import KINDS
from examengine.web.public import blueprint
from examengine.web.shell.own_settings import own
from examengine.web.shell.request_cycle import csrf


@csrf.exempt  # the signed token is the permission: a mail program's own button has no session (RFC 8058)
@blueprint.route("/notices/off/<token>", methods=["GET", "POST"])
def notice_off(token: str) -> Response | str:
    """GET asks, POST does. A forged link is no page, and may do nothing. Raises Missing, Forbidden."""
    keys = (own().secret_key, *own().secret_key_fallbacks)
    try:
        person_id, kind = preferences.read_off_token(keys, token)
    except Forbidden:
        if request.method == "POST":
            raise
        raise Missing from None
    if request.method == "POST":
        preferences.switch_mail_off(person_id, kind, clock.now())
    is_off = (kind, "mail") in preferences.find_off([person_id]).get(person_id, ())
    return render_template("public/notice_off.html", label=KINDS[kind].label, is_off=is_off)
