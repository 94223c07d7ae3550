"""The instance's settings: company, zone, languages, logo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.core import clock, media, settings_change, setup
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_, Message
from examengine.core.settings import Settings
from examengine.web.admin import blueprint
from examengine.web.admin.settings_forms import NAMES, SettingsForm
from examengine.web.admin.zone_list import zone_list, zone_now
from examengine.web.shell.language import say
from examengine.web.shell.own_settings import live, own, take_over
from examengine.web.shell.people import me

Work = Callable[[datetime, int], None]


@blueprint.route("/admin/settings", methods=["GET", "POST"])
def settings() -> Response | str | tuple[str, int]:
    """What the set-up page asked, to be changed later."""
    form = SettingsForm.of(own())
    if form.validate_on_submit() and save(form, lambda now, by: None):
        flash(say(N_("The settings are saved.")), "ok")
        return redirect(url_for("admin.settings"), 303)
    page = render_template(
        "admin/settings.html", form=form, steps_hidden=setup.steps_hidden(), faults=live().faults, **facts()
    )
    return (page, 422) if form.errors else page


@blueprint.post("/admin/settings/steps")
def settings_steps() -> Response:
    """Show the list of next steps on the front page again."""
    setup.hide_steps(False, clock.now(), me().id)
    return redirect(url_for("admin.home"), 303)


def facts() -> dict[str, object]:
    """What both pages show beside the form."""
    return {"own": own(), "zones": zone_list(), "zone_now": zone_now(own().timezone), "language_names": NAMES}


def save(form: SettingsForm, further: Work) -> bool:
    """Settings, logo and `further` work, all or nothing. What is refused stands in the form."""
    before = own()
    session.rollback()  # nothing below keeps SQLite's write lock while a picture is looked at or a file written
    try:
        wanted = form.wanted() | _logo(form, before)
        with settings_change.prepared(before, wanted) as change:
            now, by = clock.now(), me().id
            change.record(now, by)
            further(now, by)
            session.commit()
            change.put()
    except (Conflict, Invalid) as error:
        session.rollback()
        form.refuse(error)
        if form.upload:
            form.form_errors.append(say(N_("Choose the logo's file again: a browser does not keep it.")))
        return False
    take_over(at_once=True)
    _tell(before, change.after)
    return True


def _logo(form: SettingsForm, before: Settings) -> dict[str, str]:
    """The logo's new name, its file kept; nothing when it stays. Raises Invalid, Conflict."""
    picture = form.picture()
    if picture is not None:
        media.keep(before.media, picture.name, picture.data)
        return {"logo": picture.name}
    return {"logo": ""} if form.remove_logo and form.remove_logo.data else {}


def _tell(before: Settings, after: Settings) -> None:
    if before.timezone != after.timezone:
        text = N_(
            "The time zone is now %(zone)s. Times are kept as moments (UTC) and are shown in it from now on; what was "
            "planned before takes place at the same moment. Please look over the planned sittings."
        )
        flash(say(Message(text, {"zone": f"{after.timezone} ({zone_now(after.timezone)})"})), "warn")
