"""Long work from a page: put into the queue after the commit, then watched on a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, redirect, url_for
from werkzeug.wrappers import Response

from examengine.core import clock, tasks
from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.i18n import N_
from examengine.core.queue import queue
from examengine.core.tasks import Task
from examengine.web.shell.people import me, safe_next

KINDS: dict[str, str] = {
    "correct": N_("Preview of a correction"),
    "people.read": N_("Reading the file"),
    "people.apply": N_("Taking people over"),
    "people.passwords": N_("Giving first passwords"),
    "people.slips": N_("Printing slips"),
    "people.act": N_("Changing people"),
}
"""By kind of task: what is being done, as the page heads it."""

THROUGH = frozenset({"people.read", "people.apply", "people.passwords", "people.slips"})
"""Kinds whose page leads on by itself once all is done and nothing is to be told."""

STATES = {
    "waiting": N_("It begins in a moment."),
    "working": N_("It is being done. You may leave this page; it goes on."),
    "done": N_("It is done."),
    "failed": N_("It could not be done. What was finished before stays as it is."),
    "stopped": N_("It was stopped. What was finished before stays as it is."),
}


def begin(kind: str, args: Mapping[str, Any], back: str) -> Response:
    """Plan the work, commit, put it into the queue, go to its page; `back` (a path of ours) is what follows."""
    return go(tasks.plan(kind, args, clock.now(), me().id), back)


def go(task: Task, back: str) -> Response:
    """The same for work that is planned already."""
    session.commit()
    queue(current_app.config["SETTINGS"]).put("task", task.id)
    return redirect(url_for("public.work", task_id=task.id, next=safe_next(back)), 303)


def own_task(task_id: int) -> Task:
    """A task that the person asked for. Raises SignedOut, Missing (also for anybody else's)."""
    person = me()
    task = tasks.get_task(task_id)
    if task.by_id != person.id:
        raise Missing
    return task
