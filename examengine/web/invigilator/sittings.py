"""The sittings a person watches over, and the room at a glance."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, render_template, request, url_for

from examengine.core import clock, zones
from examengine.core.pages import Page
from examengine.delivery.conflicts import find_hidden
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.web.invigilator import blueprint, roster
from examengine.web.invigilator.watching import watched
from examengine.web.shell.people import me


@blueprint.get("/invigilation")
def sittings() -> str:
    """The sittings that name her; all of them for a manager."""
    person, now = me(), clock.now()
    conflicts = find_hidden(person.id, now).exams
    if "manager" in person.roles:
        page = exams.find_sittings(request.args.get("page", 1, int), excluded=conflicts)
    else:
        own = [sitting for sitting in exams.find_watched(person.id) if sitting.exam_id not in conflicts]
        page = Page(own, 1, max(1, len(own)), len(own))
    return render_template(
        "invigilator/sittings.html",
        page=page,
        rows=[(sitting, stage(sitting, now)) for sitting in page.rows],
        enrolled=exams.count_enrolled([sitting.id for sitting in page.rows]),
    )


def stage(sitting: Sitting, now: datetime) -> str:
    """withdrawn, early, open, closing (no more starts) or over."""
    if sitting.state == "withdrawn":
        return "withdrawn"
    if now < sitting.opens_at:
        return "early"
    if now > sitting.hard_close_at:
        return "over"
    return "open" if now <= sitting.last_start_at else "closing"


@blueprint.get("/invigilation/<int:sitting_id>")
def sitting(sitting_id: int) -> str:
    """Everybody with state, time left and last save. The page fetches itself anew every ten seconds."""
    found, now = watched(sitting_id), clock.now()
    everybody = roster.of_sitting(found, now)
    wanted = request.args.get("state", "")
    return render_template(
        "invigilator/sitting.html",
        sitting=found,
        stage=stage(found, now),
        now=now,
        wall=_wall,
        panels=url_for("invigilator.person", sitting_id=found.id, enrolment_id=0).removesuffix("0"),
        counts=roster.counted(everybody),
        total=len(everybody),
        wanted=wanted,
        lines=[line for line in everybody if not wanted or line.state == wanted],
        words=roster.WORDS,
        tones=roster.TONES,
    )


def _wall(moment: datetime) -> datetime:
    """The company's wall clock; formatted plainly on the page, for there are some hundred."""
    return zones.to_wall(moment, current_app.config["SETTINGS"].zone)
