"""One's calendar under a secret address, for calendar programs."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from examengine.accounts.queries import get_person
from examengine.core import clock
from examengine.core.errors import Missing
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.notices import preferences
from examengine.web.public import blueprint
from examengine.web.shell.calendar import calendar_file
from examengine.web.shell.language import say, speak
from examengine.web.shell.own_settings import own
from examengine.web.shell.people import me


def own_calendar(person_id: int) -> str:
    """The address of the person's calendar; none while she has not asked for one."""
    feed = preferences.find_feed(person_id)
    if feed is None:
        return ""
    return own().address + url_for("public.calendar", token=preferences.feed_token(own().secret_key, feed))


@blueprint.get("/calendar/<token>.ics")
def calendar(token: str) -> Response:
    """The sittings of whom the address belongs to, from the last ninety days on. Raises Missing."""
    keys = (own().secret_key, *own().secret_key_fallbacks)
    person = get_person(preferences.read_feed_token(keys, token))
    if not person.active:
        raise Missing
    speak(person.language)
    name = f"{own().company} – {person.name}"
    return calendar_file(exams.find_calendar(person.id, clock.now()), "exams", name)


@blueprint.post("/account/calendar")
def account_calendar() -> Response:
    """Make an address, or a new one; or close the calendar."""
    person, now = me(), clock.now()
    if request.form.get("close"):
        preferences.close_feed(person.id, now)
        flash(say(N_("The calendar is closed; its address no longer works.")), "ok")
    else:
        preferences.open_feed(person.id, now)
        flash(
            say(N_("Your calendar has an address of its own. Keep it to yourself: whoever has it sees your sittings.")),
            "ok",
        )
    return redirect(url_for("public.account", _anchor="calendar"), 303)
