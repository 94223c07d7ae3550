"""Two at once (semantics §1): a save is in the fold or refused, never acknowledged and missing."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask

from examengine.core import clock
from examengine.core.db import db, dumps, hot, hot_for, session
from examengine.core.errors import Conflict, Locked, Problem
from examengine.delivery import actions, journal, queries, starting
from examengine.delivery.models import Attempt, RejectedSave
from examengine.delivery.saving import save_answers
from examengine.delivery.tokens import Token
from examengine.exams import actions as exams
from examengine.exams import queries as exam_queries
from tests.making import World
from tests.racing import LONGEST, Racer, Saver

ANSWER = "what was typed last"
ENTRY = [{"slot": 1, "t": 1, "value": ANSWER}]


@pytest.fixture
def attempt(world: World) -> Iterator[Attempt]:
    """An attempt at one written question: what is saved is what is folded."""
    yield world.start(world.sitting(world.exam([world.item("essay", points="10")])))
    session.rollback()


@pytest.fixture
def token(world: World, attempt: Attempt) -> Token:
    return world.token(attempt)


def folded(attempt_id: int) -> list[object]:
    session.rollback()
    session.expire_all()
    return [response.value for response in queries.find_responses(attempt_id)]


def kim(world: World) -> int:
    found = world.person("kim").id
    session.rollback()
    return found


CLOSINGS: dict[str, Callable[[Token], object]] = {
    "force": lambda token: actions.close_attempt(token.attempt, "force", clock.now()),
    "submit": lambda token: actions.submit(token, journal.digest({1: ANSWER}), clock.now()).attempt,
}


@pytest.mark.parametrize("how", CLOSINGS)
def test_a_save_before_the_closing_is_waited_for_and_folded_in(app: Flask, token: Token, how: str) -> None:
    with Saver(app, token, 1, ENTRY, hold=True) as saver:
        saver.has_worked()
        with Racer(app, lambda: CLOSINGS[how](token)) as closer:
            closer.must_wait()
            assert saver.let_go().sha256
            closer.result()
    assert folded(token.attempt) == [ANSWER]


def test_a_submit_that_does_not_know_of_a_save_under_way_is_told_of_it(app: Flask, token: Token) -> None:
    with Saver(app, token, 1, ENTRY, hold=True) as saver:
        saver.has_worked()
        with Racer(app, lambda: actions.submit(token, journal.digest({}), clock.now()).attempt) as submit:
            submit.must_wait()
            saver.let_go()
            with pytest.raises(Conflict) as told:
                submit.result()
    assert told.value.code == "digest-mismatch"
    assert told.value.extra["slots"] == [[1, ANSWER]]


CLOSED: dict[str, Callable[[Token], object]] = {
    **CLOSINGS,
    "submit": lambda token: actions.submit(token, journal.digest({}), clock.now()).attempt,
    "void": lambda token: actions.void(token.attempt, clock.now(), 1, "fraud"),
}


@pytest.mark.parametrize("how", CLOSED)
def test_a_save_after_the_closing_began_is_refused(app: Flask, world: World, token: Token, how: str) -> None:
    with Racer(app, lambda: CLOSED[how](token), hold=True) as closer:
        closer.has_worked()
        with Saver(app, token, 1, ENTRY) as saver:
            saver.must_wait()
            closer.let_go()
            with pytest.raises(Conflict) as refused:
                saver.result()
    assert refused.value.code == "closed"
    assert folded(token.attempt) == ([] if how == "void" else [""])
    assert queries.find_rows(token.attempt) == []


def test_a_save_that_the_expiry_outran_is_refused_and_kept(
    app: Flask, token: Token, travel: Callable[..., None]
) -> None:
    travel(minutes=60, seconds=31)
    with Racer(app, lambda: actions.close_attempt(token.attempt, "expire", clock.now()), hold=True) as closer:
        closer.has_worked()
        with Saver(app, token, 1, ENTRY) as saver:
            closer.let_go()
            with pytest.raises(Conflict) as refused:
                saver.result()
    assert refused.value.code == "too-late"
    assert folded(token.attempt) == [""]
    assert [row.body for row in session.query(RejectedSave)] == [dumps(ENTRY)]


def test_a_save_before_a_takeover_is_waited_for_and_stays(app: Flask, world: World, token: Token) -> None:
    with Saver(app, token, 1, ENTRY, hold=True) as saver:
        saver.has_worked()
        take = Racer(app, lambda: actions.take_over(token.attempt, token.person, "laptop", clock.now()).epoch)
        with take:
            take.must_wait()
            saver.let_go()
            assert take.result() == 2
    actions.close_attempt(token.attempt, "force", clock.now())
    session.commit()
    assert folded(token.attempt) == [ANSWER]


def test_a_save_after_a_takeover_began_is_refused(app: Flask, token: Token) -> None:
    take = Racer(app, lambda: actions.take_over(token.attempt, token.person, "laptop", clock.now()), hold=True)
    with take:
        take.has_worked()
        with Saver(app, token, 1, ENTRY) as saver:
            saver.must_wait()
            take.let_go()
            with pytest.raises(Locked) as refused:
                saver.result()
    assert refused.value.code == "taken-over"
    assert queries.find_rows(token.attempt) == []


def test_a_save_before_a_pause_is_waited_for(app: Flask, world: World, token: Token) -> None:
    by = kim(world)
    with Saver(app, token, 1, ENTRY, hold=True) as saver:
        saver.has_worked()
        with Racer(app, lambda: actions.pause(token.attempt, clock.now(), by, "alarm")) as pause:
            pause.must_wait()
            saver.let_go()
            pause.result()
    assert len(queries.find_rows(token.attempt)) == 1
    assert queries.get_attempt(token.attempt).state == "paused"


def test_a_save_after_a_pause_began_is_refused(app: Flask, world: World, token: Token) -> None:
    by = kim(world)
    with Racer(app, lambda: actions.pause(token.attempt, clock.now(), by, "alarm"), hold=True) as pause:
        pause.has_worked()
        with Saver(app, token, 1, ENTRY) as saver:
            saver.must_wait()
            pause.let_go()
            with pytest.raises(Locked) as refused:
                saver.result()
    assert refused.value.code == "paused"
    assert queries.find_rows(token.attempt) == []


def give_time(attempt: Attempt, by: int) -> Callable[[], None]:
    enrolment_id = attempt.enrolment_id

    def give() -> None:
        now = clock.now()
        enrolment = exam_queries.get_enrolment(enrolment_id)
        exams.add_extra_time(enrolment, 1800, now, by, "fire drill")
        actions.refresh_deadline(enrolment_id, now, by, "fire drill")

    return give


def test_extra_time_waits_for_a_save_and_both_stand(app: Flask, world: World, attempt: Attempt, token: Token) -> None:
    before = attempt.deadline_at
    give = give_time(attempt, kim(world))
    if db.engine.dialect.name == "sqlite":
        session.rollback()
    with Saver(app, token, 1, ENTRY, hold=True) as saver:
        saver.has_worked()
        with Racer(app, give) as giver:
            giver.must_wait()
            saver.let_go()
            giver.result()
    after = queries.get_attempt(token.attempt).deadline_at
    assert before is not None and after is not None
    assert (after - before).total_seconds() == 1800
    assert len(queries.find_rows(token.attempt)) == 1


def test_a_save_while_extra_time_is_given_after_the_deadline_is_in_the_journal_or_kept(
    app: Flask, world: World, attempt: Attempt, token: Token, travel: Callable[..., None]
) -> None:
    give = give_time(attempt, kim(world))
    travel(minutes=60, seconds=5)
    with Racer(app, give, hold=True) as giver:
        giver.has_worked()
        with Saver(app, token, 1, ENTRY) as saver:
            giver.let_go()
            try:
                saver.result()
                acknowledged = True
            except Conflict:
                acknowledged = False
    kept = session.query(RejectedSave).count()
    assert (len(queries.find_rows(token.attempt)), kept) == ((1, 0) if acknowledged else (0, 1))


def test_an_expiry_that_extra_time_outran_closes_nothing(
    app: Flask, world: World, attempt: Attempt, token: Token, travel: Callable[..., None]
) -> None:
    give = give_time(attempt, kim(world))
    travel(minutes=61)
    with Racer(app, give, hold=True) as giver:
        giver.has_worked()
        with Racer(app, lambda: actions.close_attempt(token.attempt, "expire", clock.now())) as closer:
            closer.must_wait()
            giver.let_go()
            assert closer.result() is None
    assert queries.get_attempt(token.attempt).state == "in_progress"


def test_two_starts_at_once_give_one_attempt(app: Flask, world: World) -> None:
    sitting, cem = world.sitting().id, world.person("cem").id
    session.commit()
    gate = threading.Barrier(6)

    def begin() -> int:
        hot().execute("SELECT 1", {})  # connected, so that all are off at the same moment
        gate.wait(10)
        return starting.start(sitting, cem, "", "desk", clock.now())

    with contextlib.ExitStack() as all_of_them:
        racers = [all_of_them.enter_context(Racer(app, begin)) for _ in range(6)]
        found = {racer.result() for racer in racers}
    assert [attempt.id for attempt in queries.find_attempts(sitting)] == list(found)


def test_two_closings_at_once_close_once(app: Flask, world: World, token: Token) -> None:
    world.save(token, 1, ENTRY)

    def close() -> str | None:
        closed = actions.close_attempt(token.attempt, "force", clock.now())
        return closed.receipt if closed else None

    with Racer(app, close, hold=True) as first:
        first.has_worked()
        with Racer(app, close) as second:
            second.must_wait()
            assert first.let_go()
            assert second.result() is None
    assert folded(token.attempt) == [ANSWER]


def test_two_submits_at_once_get_the_same_receipt(app: Flask, token: Token) -> None:
    def submit() -> str | None:
        return actions.submit(token, journal.digest({}), clock.now()).attempt.receipt

    with Racer(app, submit, hold=True) as first:
        first.has_worked()
        with Racer(app, submit) as second:
            second.must_wait()
            assert first.let_go() == second.result() is not None


def test_the_same_save_twice_at_once_gets_the_same_answer(app: Flask, token: Token) -> None:
    with Saver(app, token, 1, ENTRY, hold=True) as first:
        first.has_worked()
        with Saver(app, token, 1, ENTRY) as again:
            again.must_wait()
            one, two = first.let_go(), again.result()
    assert (one.sha256, one.saved_at) == (two.sha256, two.saved_at)
    assert len(queries.find_rows(token.attempt)) == 1


def test_every_acknowledged_save_is_in_the_fold_when_many_save_while_one_closes(app: Flask, token: Token) -> None:
    session.rollback()
    acknowledged: dict[int, str] = {}
    refusals: list[str] = []
    some = threading.Event()

    def save_on(first: int, step: int) -> None:
        hot = hot_for(db.engine)
        try:
            for seq in itertools.count(first, step):
                body = dumps([{"slot": 1, "t": seq, "value": f"answer {seq}"}]).encode()
                try:
                    acknowledged[seq] = save_answers(hot, token, seq, body, 0, clock.now()).sha256
                except (sqlite3.OperationalError, psycopg.OperationalError) as error:
                    if not db.is_busy(error):  # busy: not acknowledged, so nothing was promised
                        raise
                if len(acknowledged) > 60:
                    some.set()
                time.sleep(0.001)  # SQLite's lock is not fair: without a pause the one that closes may starve
        except Problem as problem:
            refusals.append(problem.code)
        finally:
            hot.close()

    def in_app(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with app.app_context():
                work()

        return run

    threads = [threading.Thread(target=in_app(lambda n=n: save_on(n, 8)), daemon=True) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    assert some.wait(LONGEST)
    with Racer(app, lambda: actions.close_attempt(token.attempt, "force", clock.now())) as closer:
        closer.result()
    for thread in threads:
        thread.join(LONGEST)
        assert not thread.is_alive()
    assert refusals == ["closed"] * 8
    rows = queries.find_rows(token.attempt)
    assert {row.seq: row.sha256.hex() for row in rows} == acknowledged
    assert folded(token.attempt) == [f"answer {max(acknowledged)}"]
    assert queries.get_attempt(token.attempt).seal == journal.seal(token.attempt, rows)
