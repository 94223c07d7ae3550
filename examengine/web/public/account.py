"""One's own account: password, language and theme, what one is told where, one's calendar."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from examengine.accounts import actions
from examengine.core import clock
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.notices import actions as notices
from examengine.notices import preferences as wishes
from examengine.notices.kinds import KINDS
from examengine.web.public import blueprint
from examengine.web.public.calendar import own_calendar
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
def account() -> Response | str | tuple[str, int]:
    """Name, roles, password."""
    person = me()
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            actions.change_password(person, form.old.data or "", form.password.data or "", clock.now())
        except Invalid as error:
            form.old.errors = [say(error.detail)]
        else:
            notices.tell([person.id], "account.password", clock.now())
            login_user(person)  # this session goes on; all others have ended
            flash(say(N_("Your password is changed. Other devices are logged out.")), "ok")
            return redirect(url_for("public.account"))
    page = render_template(
        "public/account.html",
        form=form,
        person=person,
        kinds=[(name, KINDS[name]) for name in wishes.offered(person.roles)],
        off=wishes.find_off([person.id]).get(person.id, frozenset()),
        may_switch=wishes.may_switch,
        calendar=own_calendar(person.id),
    )
    return (page, 422) if form.errors else page


@blueprint.post("/account/notices")
def account_notices() -> Response:
    """What the person wants to be told in the app and by mail: the boxes that are not ticked are off."""
    person = me()
    ticked = set(request.form.getlist("wanted"))
    pairs = [(kind, channel) for kind in wishes.offered(person.roles) for channel in wishes.CHANNELS]
    off = [pair for pair in pairs if " ".join(pair) not in ticked]
    wishes.set_off(person.id, person.roles, off, clock.now())
    flash(say(N_("What you want to be told is kept.")), "ok")
    return redirect(url_for("public.account", _anchor="notices"), 303)
