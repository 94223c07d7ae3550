"""A make-up sitting for who missed one: everything proposed, planned by one click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from examengine.accounts import queries as people
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.exams import makeup as makeups
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.web.manager import blueprint
from examengine.web.manager.access import visible_sitting
from examengine.web.manager.forms import MakeupForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@dataclass(frozen=True)
class Makeup:
    """Who of a sitting misses it still, and what is planned."""

    missing: tuple[int, ...]
    """Absent, or with void attempts only, and in no make-up yet."""
    planned: Sequence[Sitting]
    source: Sitting | None


def makeup_of(sitting: Sitting, now: datetime) -> Makeup:
    """Nobody is missing before the last moment to start has passed."""
    missing: tuple[int, ...] = ()
    if now > sitting.last_start_at and sitting.exam.state == "published":
        served = makeups.find_served(sitting.id)
        missing = tuple(person for person in delivery.find_missed(sitting.id) if person not in served)
    source = exams.get_sitting(sitting.makeup_of_id) if sitting.makeup_of_id is not None else None
    return Makeup(missing, makeups.find_makeups(sitting.id), source)


@blueprint.route("/manage/sittings/<int:sitting_id>/makeup", methods=["GET", "POST"])
def makeup(sitting_id: int) -> Response | str | tuple[str, int]:
    """The proposal: the same exam, the next working day, the people who missed it."""
    sitting, now = visible_sitting(sitting_id), clock.now()
    found = makeup_of(sitting, now)
    if now <= sitting.last_start_at:
        raise Conflict(N_("A make-up sitting is planned once nobody can start this one any more."))
    if not found.missing and found.planned:
        flash(say(N_("Everybody who missed this sitting is in its make-up already; here it is.")), "info")
        return redirect(url_for("manager.sitting", sitting_id=found.planned[0].id), 303)
    form = _proposal(sitting, now)
    if form.validate_on_submit():
        try:
            return _plan(sitting, found, form)
        except (Conflict, Invalid) as error:
            form.refuse(error)
    named = people.find_names(found.missing)
    names = [named[person] for person in found.missing]
    page = render_template("manager/makeup.html", sitting=sitting, form=form, names=names)
    return (page, 422) if form.errors else page


def _proposal(sitting: Sitting, now: datetime) -> MakeupForm:
    names = ("opens_at", "last_start_at", "hard_close_at")
    times = dict(zip(names, makeups.proposed(sitting, now, current_app.config["SETTINGS"].zone), strict=True))
    title = gettext("%(title)s – make-up", title=sitting.title)[:200]
    return MakeupForm(data={"title": title, **times})


def _plan(sitting: Sitting, found: Makeup, form: MakeupForm) -> Response:
    made = makeups.plan_makeup(
        sitting,
        found.missing,
        form.title.data or "",
        form.opens_at.moment_or(None),
        form.last_start_at.moment_or(None),
        form.hard_close_at.moment_or(None),
        clock.now(),
        me().id,
    )
    text = ngettext(
        "The make-up sitting is planned; %(num)s person is told.",
        "The make-up sitting is planned; %(num)s people are told.",
        len(found.missing),
    )
    flash(text, "ok")
    return redirect(url_for("manager.sitting", sitting_id=made.id), 303)
