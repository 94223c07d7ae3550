"""The administrator's front page: what is to be done next, and how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.accounts import queries as people
from examengine.bank import queries as bank
from examengine.core import clock, migrations, setup
from examengine.core.heartbeat import last_beat
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.web.admin import blueprint
from examengine.web.shell.own_settings import live
from examengine.web.shell.people import me

STALE = timedelta(seconds=20)


@dataclass(frozen=True)
class Step:
    """A step of the list, done when the data say so."""

    title: str
    text: str
    done: bool
    endpoint: str
    role: str
    """Who may open the page; others are told whose work it is."""


@blueprint.get("/admin")
def home() -> str:
    """Next steps until they are all done or put away; what needs somebody; counts."""
    steps = [] if setup.steps_hidden() else _steps()
    beat = last_beat("loop")
    return render_template(
        "admin/home.html",
        steps=steps if any(not step.done for step in steps) else [],
        roles=me().roles,
        finished=setup.is_finished(),
        faults=live().faults,
        alive=beat is not None and clock.now() - beat < STALE,
        missing=migrations.missing(),
        people=people.count_people(),
        teams=len(people.find_teams()),
        items=bank.count_items(),
        exams=sum(exams.count_exams().values()),
        sittings=exams.count_all_sittings(),
    )


def _steps() -> list[Step]:
    return [
        Step(
            N_("Add people"),
            N_("Operators sit exams; trainers write them, managers plan sittings, graders mark."),
            people.is_held("operator"),
            "admin.people",
            "administrator",
        ),
        Step(
            N_("Load or write the first bank"),
            N_("A trainer writes questions, or loads a folder: examengine bank load question_banks"),
            bank.has_published(),
            "author.banks",
            "trainer",
        ),
        Step(
            N_("Publish the first exam"),
            N_("A trainer puts questions together, names graders and publishes."),
            bool(exams.count_exams().get("published")),
            "author.exams",
            "trainer",
        ),
        Step(
            N_("Plan the first sitting"),
            N_("A manager says when, for whom and who watches."),
            exams.count_all_sittings() > 0,
            "manager.sittings",
            "manager",
        ),
    ]


@blueprint.post("/admin/steps")
def steps() -> Response:
    """Put the list of next steps away."""
    setup.hide_steps(True, clock.now(), me().id)
    return redirect(url_for("admin.home"), 303)
