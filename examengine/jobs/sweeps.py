"""The sweeps over due rows: each finds a few and works each in a transaction of its own, any number of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from flask import current_app

from examengine.accounts import actions as people
from examengine.accounts import codes as login_codes
from examengine.accounts import failures, imports, slips, tickets
from examengine.accounts import queries as accounts
from examengine.core import clock, mail, statistics, tasks
from examengine.core.db import is_busy, reading, session
from examengine.core.queue import queue
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.exams import actions as exams
from examengine.exams import queries as exam_queries
from examengine.exams import reminding
from examengine.grading import actions as grading
from examengine.grading import corrections, leave, waiting
from examengine.grading import queries as grading_queries
from examengine.notices import actions as notices
from examengine.notices import deliveries
from examengine.notices import queries as notice_queries
from examengine.records import actions as records
from examengine.records import queries as record_queries
from examengine.results import actions as results
from examengine.results import corrections as result_corrections
from examengine.results import queries as result_queries

log = structlog.get_logger("examengine.jobs")
BATCH = 50
KEPT = timedelta(days=365)
"""How long notices stay after they were read."""
MAIL_KEPT = timedelta(days=90)
"""How long mails stay in the outbox where no server is set."""


@dataclass(frozen=True)
class Sweep:
    """What is due, and what to do with one of it."""

    name: str
    find: Callable[[datetime], Sequence[int]]
    work: Callable[[int, datetime], object]
    together: Callable[[Sequence[int], datetime], int] | None = None
    """Works all that were found at once, in one transaction; where that fails, each is worked by itself."""


def _expire(attempt_id: int, now: datetime) -> bool:
    return delivery.close_attempt(attempt_id, "expire", now) is not None


def _joiners(now: datetime) -> Sequence[int]:
    return exam_queries.find_joinable(now)


def _sync(sitting_id: int, now: datetime) -> int:
    return exams.sync_enrolments(exam_queries.get_sitting(sitting_id), now, attempts.find_begun(sitting_id))


def _call_roll(sitting_id: int, now: datetime) -> int:
    """Put a batch of those who never began down as absent; the roll is closed with the last of them."""
    absent = attempts.find_absent(sitting_id, BATCH)
    for enrolment_id in absent:
        exams.mark_absent(enrolment_id, now)
        records.record_absence(enrolment_id, now)
    if len(absent) < BATCH:
        exams.close_roll(exam_queries.get_sitting(sitting_id), now)
    return len(absent)


def _return(task_id: int, now: datetime) -> int:
    return grading.return_tasks([task_id], now)


def _requeue(task_id: int, now: datetime) -> bool:
    """Put long work into the queue again that got lost there."""
    queue(current_app.config["SETTINGS"]).put("task", task_id)
    tasks.touch(task_id, now)
    return True


def _post(delivery_id: int, now: datetime) -> bool:
    """Put a mail into the queue."""
    due = deliveries.note_queued(delivery_id, now)
    if due:
        queue(current_app.config["SETTINGS"]).put("mail", delivery_id)
    return due


def _remind(sitting_id: int, now: datetime) -> int:
    return reminding.remind(exam_queries.get_sitting(sitting_id), now, attempts.find_begun(sitting_id))


def _purge(first: int, now: datetime) -> int:
    return notices.purge(now - KEPT)


def _kept(now: datetime) -> Sequence[Path]:
    outbox = current_app.config["SETTINGS"].outbox
    return mail.find_kept(outbox, (now - MAIL_KEPT).timestamp(), BATCH)


def _clear(_: int, now: datetime) -> int:
    old = _kept(now)
    for path in old:
        path.unlink(missing_ok=True)  # another loop may have been faster
    return len(old)


# In the order of the data: what one leaves, the next finds in the same round.
SWEEPS = (
    Sweep("expire", lambda now: attempts.find_overdue(now, BATCH), _expire),
    Sweep("score", lambda now: grading_queries.find_unscored(BATCH), grading.score_closed),
    Sweep("leases", lambda now: grading_queries.find_expired_leases(now, BATCH), _return),
    Sweep("left graders", lambda now: grading_queries.find_left_graders(BATCH), _return),
    Sweep("corrections", lambda now: corrections.find_unsettled(BATCH), result_corrections.settle),
    Sweep("marked again", lambda now: result_corrections.find_marked_again(BATCH), result_corrections.look_again),
    Sweep("stranded", lambda now: grading_queries.find_stranded(now, BATCH), leave.pass_on),
    Sweep("results", lambda now: result_queries.find_ripe(BATCH), results.complete, results.complete_all),
    Sweep("release", lambda now: result_queries.find_due_releases(now, BATCH), results.release_due),
    Sweep("records", lambda now: record_queries.find_unrecorded(BATCH), records.record_result, records.record_results),
    Sweep("absent", lambda now: exam_queries.find_unrolled(now, BATCH), _call_roll),
    Sweep("deliveries", lambda now: deliveries.find_unplanned(), deliveries.plan),
    Sweep("post", lambda now: deliveries.find_due(now, BATCH), _post),
)
SLOW_SWEEPS = (
    Sweep("moves", lambda now: accounts.find_due_moves(now, BATCH), people.carry_out_move),
    Sweep("joiners", _joiners, _sync),
    Sweep("tasks", lambda now: tasks.find_left(now, BATCH), _requeue),
    Sweep("failed log-ins", failures.find_old, failures.purge),
    Sweep("log-in tickets", tickets.find_old, tickets.purge),
    Sweep("one-time codes", login_codes.find_old, login_codes.purge),
    Sweep("imports", lambda now: imports.find_old_imports(now, BATCH), lambda key, now: imports.drop_import(key)),
    Sweep("slips", lambda now: slips.find_expired(now, BATCH), lambda key, now: slips.drop_list(key)),
    Sweep("reminders", lambda now: exam_queries.find_remindable(now, reminding.DAY, BATCH), _remind),
    Sweep("waiting answers", lambda now: waiting.find_graders(now, BATCH), waiting.tell),
    Sweep("old notices", lambda now: notice_queries.find_old(now - KEPT), _purge),
    Sweep("kept mails", lambda now: [0] if _kept(now) else [], _clear),
)
"""Run every half minute: nobody waits for them."""


def run(sweep: Sweep) -> int:
    """One round of a sweep. What fails is logged and left for the next round; the rest goes on.

    A database that is away or locked ends the round (raises what it raised). Nothing is done by a clock that has just
    jumped: an attempt that it closes a day too early could not be opened again.
    """
    done = _run(sweep)
    session.rollback()
    return done


def _run(sweep: Sweep) -> int:
    """As `run`. Where nothing was due, the next one may look in the same transaction: it costs as much as the look."""
    now = clock.now()
    if not clock.is_steady():  # asked after the time was read, or the jump might come between
        return 0
    with reading():
        due = list(sweep.find(now))
    if not due:
        return 0
    session.rollback()
    if sweep.together is not None and len(due) > 1:
        done = _together(sweep.name, sweep.together, due, now)
        if done is not None:
            return done
    return _each(sweep, due, now)


def _together(
    name: str, work: Callable[[Sequence[int], datetime], int], due: Sequence[int], now: datetime
) -> int | None:
    """How much was done; None when one of them is in the others' way."""
    try:
        done = work(due, now)
        session.commit()
    except Exception as error:
        session.rollback()
        if is_busy(error):
            raise
        log.warning("sweep goes on one by one", sweep=name, error=type(error).__name__)
        return None
    return done


def _each(sweep: Sweep, due: Sequence[int], now: datetime) -> int:
    done = 0
    for key in due:
        try:
            done += bool(sweep.work(key, now))  # what only waits is no work, or the loop would never rest
            session.commit()
        except Exception as error:  # one bad row must not keep the others from being worked
            session.rollback()
            if is_busy(error):  # nor must each row wait in vain for a database that is away: the next round finds them
                raise
            log.exception("sweep failed", sweep=sweep.name, key=key)
    return done


def run_all(sweeps: Sequence[Sweep] = SWEEPS) -> int:
    """One round of all sweeps. Returns how much was done."""
    done = sum(map(_run, sweeps))
    session.rollback()
    return done


def run_slow() -> int:
    """One round of those that nobody waits for."""
    if statistics.gather(clock.now()):
        session.commit()
    session.rollback()
    return run_all(SLOW_SWEEPS)
