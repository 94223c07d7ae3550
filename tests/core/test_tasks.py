"""Long work as rows: claimed by one, visible, stoppable, found again when its worker or its message got lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from examengine.core import clock, tasks
from examengine.core.db import session
from examengine.core.errors import Conflict, Missing
from examengine.core.tasks import SILENT, Stopped, Task, Work
from tests.racing import Racer


def planned(kind: str = "test") -> Task:
    task = tasks.plan(kind, {"n": 3}, clock.now(), None)
    session.commit()
    return task


def claim(task: Task) -> Work | None:
    work = tasks.claim(task.id, clock.now())
    session.commit()
    return work


def test_a_task_is_claimed_once(app: Flask) -> None:
    task = planned()
    work = claim(task)
    assert work is not None
    assert (work.args, work.by) == ({"n": 3}, None)
    assert claim(task) is None


def test_two_workers_at_once_get_it_once(app: Flask) -> None:
    number = planned().id
    session.rollback()

    def work() -> bool:
        return tasks.claim(number, clock.now()) is not None

    with Racer(app, work, hold=True) as first, Racer(app, work) as second:
        outcomes = sorted([first.has_worked().let_go(), second.result()])
    assert outcomes == [False, True]


def test_steps_are_kept_and_a_stop_is_heard_at_the_next(app: Flask) -> None:
    task = planned()
    work = claim(task)
    assert work is not None
    work.step(1, 3)
    session.refresh(task)
    assert (task.done, task.total, task.state) == (1, 3, "working")
    tasks.stop(task, clock.now(), None)
    session.commit()
    with pytest.raises(Stopped):
        work.step(2, 3)
    session.refresh(task)
    assert task.done == 2


def test_a_waiting_task_stops_at_once_and_an_ended_one_not_at_all(app: Flask) -> None:
    task = planned()
    tasks.stop(task, clock.now(), None)
    assert task.state == "stopped"
    assert claim(task) is None
    with pytest.raises(Conflict):
        tasks.stop(task, clock.now(), None)


def test_a_silent_workers_task_goes_to_another(app: Flask) -> None:
    task = planned()
    claim(task)
    late = clock.now() + SILENT + timedelta(seconds=1)
    assert list(tasks.find_left(late, 10)) == [task.id]
    assert tasks.claim(task.id, late) is not None


def test_a_task_whose_message_got_lost_is_found_until_it_is_touched(app: Flask) -> None:
    task = planned()
    assert list(tasks.find_left(clock.now(), 10)) == []
    late = clock.now() + timedelta(seconds=31)
    assert list(tasks.find_left(late, 10)) == [task.id]
    tasks.touch(task.id, late)
    assert list(tasks.find_left(late, 10)) == []


def test_an_unknown_task_is_missing(app: Flask) -> None:
    with pytest.raises(Missing):
        tasks.get_task(1)
