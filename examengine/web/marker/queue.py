"""The grader's queue: what waits for her, item by item."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine import itemtypes
from examengine.core import clock
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.grading import actions, queries
from examengine.web.marker import blueprint
from examengine.web.marker.frame import sections
from examengine.web.shell.language import say
from examengine.web.shell.lists import posted_number
from examengine.web.shell.people import me


@blueprint.get("/marking")
def queue() -> str:
    """The piles, the answer she holds on top."""
    person, now = me(), clock.now()
    away = queries.find_away(person.id, now)
    piles = queries.find_piles(person.id, queries.find_barred(person.id, now))
    mine = {(pile.exam_id, pile.version_id) for pile in piles}
    held = [task for task in queries.find_held(person.id, now) if (task.exam_id, task.version_id) in mine]
    return render_template(
        "marker/queue.html",
        tabs=sections(person.id),
        piles=[(pile, itemtypes.get(pile.kind).label) for pile in piles],
        words={pile.version_id: pile.words for pile in piles},
        held=held,
        waiting=sum(pile.open for pile in piles),
        away=[(exams.get_exam(exam_id).title, row.until_at) for exam_id, row in away.items()],
    )


@blueprint.post("/marking/next", endpoint="next")
def next_task() -> Response:
    """Claim the next answer, of one question's pile if it is named."""
    return go_on(me().id, clock.now(), posted_number("version_id"))


def go_on(person_id: int, now: datetime, version_id: int | None) -> Response:
    """To the next task under a fresh lease, or back to the queue when there is none."""
    task = actions.claim_next(person_id, now, version_id)
    if task is not None:
        return redirect(url_for("marker.task", task_id=task.id), 303)
    done = N_("All done: no answer to this question waits for you.") if version_id else N_("All done: no answer waits.")
    flash(say(done), "ok")
    return redirect(url_for("marker.queue"), 303)
