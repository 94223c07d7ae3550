"""Long work: what is done for each kind of task, and the consumer that takes it, and mails, from the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from flask import Flask
from huey.consumer import Consumer

from examengine.core import clock, tasks
from examengine.core.db import is_busy, session
from examengine.core.errors import Problem
from examengine.core.queue import Queue, queue
from examengine.core.tasks import Handler, Stopped
from examengine.jobs import people, post
from examengine.results import corrections

log = structlog.get_logger("examengine.jobs")

HANDLERS: dict[str, Handler] = {
    "correct": corrections.prepare,
    "people.read": people.read_import,
    "people.apply": people.apply_import,
    "people.passwords": people.give_passwords,
    "people.slips": people.print_slips,
    "people.act": people.act_on_people,
}
"""By kind of task."""


def run(task_id: int, handlers: Mapping[str, Handler] = HANDLERS) -> bool:
    """Do a task unless somebody else does. Returns whether it was ours; failures are kept in its row."""
    work = tasks.claim(task_id, clock.now())
    session.commit()
    if work is None:
        return False
    state = "done"
    outcome: Mapping[str, object] = {}
    try:
        outcome = handlers[tasks.get_task(task_id).kind](work)
    except Stopped:
        state = "stopped"
    except Problem as problem:
        state, outcome = "failed", {"reasons": problem.reasons()}
    except Exception as error:
        if is_busy(error):
            raise  # the row stays as it is; a sweep puts it into the queue again
        log.exception("task failed", task=task_id)
        state, outcome = "failed", {"reasons": []}
    if state != "done":
        session.rollback()
    tasks.end(task_id, state, outcome, clock.now())
    session.commit()
    return True


class Worker(Consumer):
    """Huey's consumer as a thread beside the job loop, which has the signals."""

    def _set_signal_handlers(self) -> None:
        """None: the loop stops us."""


def _bound(app: Flask) -> Queue:
    """The application's queue, which knows what to do for each job."""
    own = queue(app.config["SETTINGS"])

    def inside(job: Callable[[int], object]) -> Callable[[int], None]:
        def work(number: int) -> None:
            with app.app_context():
                try:
                    job(number)
                finally:
                    session.remove()

        return work

    own.on("task", inside(run))
    own.on("mail", inside(post.carry))
    return own


def consumer(app: Flask) -> Worker:
    """A consumer of the application's queue; `start()` and `stop(graceful=True)` are its life."""
    return Worker(_bound(app).huey, workers=2, periodic=False, max_delay=1.0, worker_type="thread", shutdown_timeout=10)


def drain(app: Flask) -> int:
    """Do here and now what waits in the queue. Returns how much it was."""
    huey, done = _bound(app).huey, 0
    while (job := huey.dequeue()) is not None:
        huey.execute(job)
        done += 1
    return done
