"""One's own account, language and theme, notices."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from examengine.accounts import actions
from examengine.core import clock
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.notices import actions as notices
from examengine.notices.kinds import KINDS
from examengine.notices.queries import find_notices
from examengine.web.public import blueprint
from examengine.web.public.forms import ChangePasswordForm
from examengine.web.shell.language import say
from examengine.web.shell.own_settings import own
from examengine.web.shell.people import here, me, safe_next


@blueprint.post("/preferences")
def preferences() -> Response:
    """Language and theme, kept with the person or, for strangers, in the session."""
    language, theme = request.form.get("language"), request.form.get("theme")
    offered = own().languages
    if current_user.is_authenticated:
        actions.set_preferences(here(), language if language in offered else None, theme)
    if language in offered:
        session["language"] = language
    if theme in actions.THEMES:
        session["theme"] = theme
    return redirect(safe_next(request.form.get("next")))


@blueprint.route("/account", methods=["GET", "POST"])
def account() -> Response | str:
    """Name, roles, password."""
    person = me()
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            actions.change_password(person, form.old.data or "", form.password.data or "", clock.now())
        except Invalid as error:
            form.old.errors = [say(error.detail)]
        else:
            login_user(person)  # this session goes on; all others have ended
            flash(say(N_("Your password is changed. Other devices are logged out.")), "ok")
            return redirect(url_for("public.account"))
    return render_template("public/account.html", form=form, person=person)


def notices_page() -> Response | str:
    """The person's notices; a button marks them read."""
    person = me()
    if request.method == "POST":
        notices.mark_read(person.id, clock.now())
        return redirect(url_for("public.notices"))
    rows = [(row, KINDS.get(row.kind)) for row in find_notices(person.id)]
    return render_template("public/notices.html", rows=rows)


blueprint.add_url_rule("/notices", "notices", notices_page, methods=["GET", "POST"])
