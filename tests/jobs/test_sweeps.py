"""The sweeps: each any number of times, a bad row keeps nobody else from being worked; the loop beats and stops."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from examengine.accounts import actions as people
from examengine.accounts import codes, failures, imports, slips, tickets
from examengine.accounts.staging import PeopleImport, SlipList
from examengine.accounts.waits import Standing
from examengine.core import clock, statistics
from examengine.core.db import Base, reading, session
from examengine.core.heartbeat import last_beat
from examengine.delivery import queries as attempts
from examengine.exams import queries as exams
from examengine.grading.models import MarkingTask, Score
from examengine.jobs import loop, sweeps
from examengine.notices.models import Notice
from examengine.records.models import Entry
from examengine.results.models import Release, Result
from tests import trouble
from tests.counting import statements
from tests.grading.marking import answered, claim, mark
from tests.grading.marking import exam as marked_exam
from tests.making import World

ONE = [{"slot": 1, "t": 1, "value": 0}]


def by_name(name: str) -> sweeps.Sweep:
    return next(sweep for sweep in (*sweeps.SWEEPS, *sweeps.SLOW_SWEEPS) if sweep.name == name)


def everything() -> dict[str, list[Any]]:
    """All rows of all tables, heartbeats apart."""
    session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name != "heartbeat"]
    return {table.name: [tuple(row) for row in session.execute(table.select())] for table in tables}


def scene(world: World, travel: Callable[..., None]) -> None:
    """Something due for every sweep."""
    east = world.team()
    failures.note(failures.at_login("nobody", "192.0.2.7"), Standing(), clock.now())
    tickets.make(None, "browser", clock.now())
    codes.give_code(world.person("zoe"), clock.now(), world.person("ben").id)
    choice = world.exam([world.item()], release="complete")
    over = world.sitting(choice, ["cem", "sam", "eva"], hours=3)
    world.save(world.token(world.start(over)), 1, ONE)  # will run out of time
    world.sat(over, "sam")  # closed and scored; eva never comes
    world.sitting(choice, (), team_ids=[east.id], hours=48)
    essays = world.sitting(marked_exam(world), ["bob"], hours=48)
    attempt = world.start(essays, "bob")
    values: dict[int, Any] = {1: "an essay"}
    world.save(world.token(attempt, "bob"), 1, [{"slot": 1, "t": 1, "value": "an essay"}])
    world.submit(attempt, values, "bob")
    assert claim(world, "mia") is not None  # her lease will run out
    now = clock.now()
    people.move_person(world.person("max"), east, now, None, since=now + timedelta(hours=1))
    imports.give_up(imports.add_import(b"", "people.csv", now, None), now, None)
    slips.add_list("http://localhost/login", now, None)
    travel(hours=4)
    world.person("joy", team=east)
    session.commit()


def test_one_round_works_everything_that_is_due(world: World, travel: Callable[..., None]) -> None:
    scene(world, travel)
    assert sweeps.run_all() > 0
    assert sweeps.run_slow() > 0
    states = {attempt.person_id: attempt.state for attempt in attempts.find_attempts(1)}
    assert states == {world.person("cem").id: "expired", world.person("sam").id: "submitted"}
    assert session.query(Score).count() == 2
    assert session.query(Result).count() == session.query(Release).count() == 2
    assert sorted(entry.kind for entry in session.query(Entry)) == ["exam.absent", "exam.result", "exam.result"]
    assert {task.state for task in session.query(MarkingTask)} == {"open"}
    assert [place.person.username for place in exams.find_enrolments(2)] == ["joy", "max"]
    assert session.query(PeopleImport).count() == session.query(SlipList).count() == 0


def test_a_second_round_finds_nothing_and_changes_nothing(world: World, travel: Callable[..., None]) -> None:
    scene(world, travel)
    sweeps.run_all()
    sweeps.run_slow()
    sweeps.run_all()  # the mails of what the slow ones told
    before = everything()
    assert sweeps.run_all() == 0
    sweeps.run_slow()
    assert everything() == before


OWN_TESTS = {"left graders", "tasks", "corrections", "marked again", "stranded", "post", "reminders", "old notices"}
OWN_TESTS.add("kept mails")


@pytest.mark.parametrize("name", [sweep.name for sweep in (*sweeps.SWEEPS, *sweeps.SLOW_SWEEPS)])
def test_each_sweep_worked_twice_on_the_same_rows_is_harmless(
    world: World, travel: Callable[..., None], name: str
) -> None:
    """As when two loops found the same rows: the second finds them done."""
    scene(world, travel)
    for sweep in (*sweeps.SWEEPS, *sweeps.SLOW_SWEEPS):
        due = list(sweep.find(clock.now()))
        session.rollback()
        now = clock.now()
        for key in due:
            sweep.work(key, now)
            session.commit()
        if sweep.name == name:
            assert due or name in OWN_TESTS
            before = everything()
            for key in due:
                sweep.work(key, now)
                session.commit()
            assert everything() == before


def test_a_row_that_fails_does_not_keep_the_others(world: World) -> None:
    worked: list[int] = []

    def work(key: int, now: datetime) -> bool:
        session.add(Notice(person_id=cem, kind="x", details={}, created_at=now))
        session.flush()
        if key == 2:
            raise LookupError("a bad row")
        worked.append(key)
        return True

    cem = world.person("cem").id
    session.rollback()
    assert sweeps.run(sweeps.Sweep("test", lambda now: [1, 2, 3], work)) == 2
    assert worked == [1, 3]
    assert session.query(Notice).count() == 2


def test_one_that_cannot_be_worked_sends_the_rest_one_by_one(world: World) -> None:
    names = ["cem", "sam", "eva"]
    sitting = world.sitting(world.exam([world.item()], release="complete"), names)
    cem, sam, eva = (world.sat(sitting, name).id for name in names)
    good = attempts.get_attempt(sam).paper
    attempts.get_attempt(sam).paper = {"seed": "", "slots": [{"section": 0}]}
    session.commit()
    assert sweeps.run(by_name("results")) == 2
    assert {row.attempt_id for row in session.query(Result)} == {cem, eva}
    attempts.get_attempt(sam).paper = good
    session.commit()
    assert sweeps.run(by_name("results")) == 1
    sweeps.run_all()
    assert session.query(Entry).count() == 3


@pytest.mark.parametrize("name", ["results", "release", "records"])
def test_a_roomful_asks_no_more_than_two_do(world: World, name: str) -> None:
    counted = []
    for crowd in (["op1", "op2"], [f"no{n}" for n in range(12)]):
        sitting = world.sitting(world.exam([world.item()], release="complete"), crowd)
        for person in crowd:
            world.sat(sitting, person)
        for sweep in sweeps.SWEEPS:
            with statements() as seen:
                done = sweeps.run(sweep)
            if sweep.name == name:
                counted.append(len(seen))
                assert done >= 1
    assert counted[0] == counted[1]


def test_a_database_that_is_away_ends_the_round_at_once(world: World, tmp_path: Path) -> None:
    tried: list[int] = []

    def work(key: int, now: datetime) -> bool:
        tried.append(key)
        raise trouble.wrapped(trouble.locked(tmp_path))

    with pytest.raises(OperationalError):
        sweeps.run(sweeps.Sweep("test", lambda now: [1, 2, 3], work))
    assert tried == [1]


def test_expiry_takes_only_what_is_overdue(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(people=["cem", "sam"])
    world.start(sitting, "cem")
    travel(minutes=40)
    world.start(sitting, "sam")
    travel(minutes=21)
    assert sweeps.run(by_name("expire")) == 1
    assert [attempt.state for attempt in attempts.find_attempts(sitting.id)] == ["expired", "in_progress"]


def test_a_batch_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch, travel: Callable[..., None]) -> None:
    monkeypatch.setattr(sweeps, "BATCH", 2)
    people = [f"op{n}" for n in range(5)]
    sitting = world.sitting(world.exam([world.item()]), people)
    for name in people:
        world.start(sitting, name)
    travel(minutes=61)
    assert [sweeps.run(by_name("expire")) for _ in range(4)] == [2, 2, 1, 0]


def test_left_graders_tasks_return(world: World) -> None:
    from examengine.accounts import actions as accounts

    answered(world)
    mark(world, "max", "7")
    claim(world, "mia")
    accounts.deactivate(world.person("mia"), clock.now(), None)
    session.commit()
    assert sweeps.run(by_name("left graders")) == 1
    session.expire_all()
    assert sorted(task.state for task in session.query(MarkingTask)) == ["done", "open"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "PAUSE_S", 0.01)
    monkeypatch.setattr(loop, "BREATH_S", 0.01)


def run_loop(app: Flask, stop: threading.Event, work: Callable[[], int]) -> threading.Thread:
    session.rollback()

    def body() -> None:
        with app.app_context():
            loop.run(stop, work)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    return thread


@pytest.mark.usefixtures("quick")
def test_the_loop_beats_and_stops(app: Flask, world: World) -> None:
    stop, rounds = threading.Event(), threading.Semaphore(0)

    def work() -> int:
        rounds.release()
        return 0

    thread = run_loop(app, stop, work)
    for _ in range(3):
        assert rounds.acquire(timeout=10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    beat = last_beat("loop")
    assert beat is not None
    assert clock.now() - beat < timedelta(seconds=20)


@pytest.mark.parametrize(
    ("done", "rest"), [(0, loop.PAUSE_S), (1, loop.BREATH_S), (sweeps.BATCH - 1, loop.BREATH_S), (sweeps.BATCH, None)]
)
def test_the_loop_rests_by_what_it_found(app: Flask, done: int, rest: float | None) -> None:
    """A full batch is followed at once by the next; after less it lets some more come together."""
    rests: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            rests.append(timeout or 0.0)
            return False

    stop, left = Stop(), iter([done, done])

    def work() -> int:
        found = next(left, None)
        if found is None:
            stop.set()
        return sweeps.BATCH if found is None else found

    loop.run(stop, work)
    assert rests == ([] if rest is None else [rest, rest])


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("error", [LookupError("bug"), OperationalError("x", {}, Exception("database is locked"))])
def test_a_round_that_fails_does_not_end_the_loop(app: Flask, error: Exception) -> None:
    stop, after = threading.Event(), threading.Event()
    failures = iter([error])

    def work() -> int:
        for failure in failures:
            raise failure
        after.set()
        return 0

    thread = run_loop(app, stop, work)
    assert after.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.usefixtures("quick")
def test_two_loops_at_once_do_everything_once(app: Flask, world: World, travel: Callable[..., None]) -> None:
    people = [f"op{n}" for n in range(8)]
    sitting = world.sitting(world.exam([world.item()], release="complete"), people)
    for name in people:
        world.start(sitting, name)
    travel(hours=25)
    stop = threading.Event()
    sitting_id = sitting.id
    threads = [run_loop(app, stop, sweeps.run_all) for _ in range(2)]
    for _ in range(200):
        with reading():  # a writing transaction of the test's own would stand in the loops' way
            count = session.query(Entry).count()
            session.rollback()
        if count == 8 or stop.wait(0.05):
            break
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    session.rollback()
    assert {attempt.state for attempt in attempts.find_attempts(sitting_id)} == {"expired"}
    for table, count in ((Score, 8), (Result, 8), (Release, 8), (Entry, 8)):
        assert session.query(table).count() == count
    assert session.query(Notice).filter_by(kind="result.released").count() == 8


def test_a_round_in_which_everything_only_waits_is_no_work(world: World) -> None:
    # A result that waits for its release by hand is looked at each round; the loop must rest all the same.
    sitting = world.sitting(world.exam([world.item()], release="hand"))
    world.sat(sitting)
    sweeps.run_all()
    assert sweeps.run_all() == 0


def test_sqlite_knows_its_tables_after_the_first_slow_round(world: World, travel: Callable[..., None]) -> None:
    world.exam([world.item()])
    statistics._gathered.clear()
    sweeps.run_slow()
    if session.get_bind().dialect.name != "sqlite":
        assert statistics._gathered == {}
        return
    known = session.execute(text("SELECT DISTINCT tbl FROM sqlite_stat1")).scalars().all()
    assert {"item", "item_version", "person"} <= set(known)
    assert not statistics.gather(clock.now())
    travel(hours=7)
    assert statistics.gather(clock.now())
