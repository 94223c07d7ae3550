"""An attempt handed in by accident: it goes on until its own deadline, and what graders and the machine did follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from examengine.core import clock
from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Locked, Problem
from examengine.delivery import actions as delivery
from examengine.delivery import journal, queries
from examengine.delivery.models import Attempt, AttemptEvent
from examengine.exams import actions as exams
from examengine.exams import queries as exam_queries
from examengine.exams.models import Exam
from examengine.grading import actions as grading
from examengine.grading import queries as scores
from examengine.grading.models import Mark, MarkingTask, Score
from examengine.notices.queries import find_notices
from examengine.results import actions, reopening
from tests.grading.marking import case_of, claim, essay, exam, hand_in, mark, mark_task, points_of
from tests.making import World
from tests.racing import Racer, Saver, Starter

Travel = Callable[..., None]


def reopen(world: World, attempt_id: int, reason: str = "handed in by accident") -> Attempt:
    made = reopening.reopen(attempt_id, clock.now(), world.person("kim").id, reason)
    session.commit()
    return made


def refused(world: World, attempt_id: int, reason: str = "handed in by accident") -> Problem:
    with pytest.raises(Problem) as caught:
        reopen(world, attempt_id, reason)
    session.rollback()
    return caught.value


def again(world: World, attempt: Attempt, values: dict[int, Any], seq: int = 1) -> Attempt:
    """Further saves, and the attempt is handed in and scored once more."""
    session.expire_all()
    entries = [{"slot": slot, "t": slot, "value": value} for slot, value in values.items()]
    token = world.token(queries.get_attempt(attempt.id))
    if entries:
        world.save(token, seq, entries)
    kept = journal.fold(queries.find_rows(attempt.id)).values
    return world.submit(queries.get_attempt(attempt.id), kept)


def choice(world: World, count: int = 1, **terms: Any) -> Exam:
    return world.exam([world.item() for _ in range(count)], shuffle_options=False, **terms)


def test_it_goes_on_with_its_answers_and_the_deadline_it_had(world: World, travel: Travel) -> None:
    attempt = world.start(world.sitting(choice(world, 2)))
    deadline = attempt.deadline_at
    values = world.answer_all(attempt)
    first = world.submit(attempt, values)
    receipt, seal = first.receipt, first.seal
    travel(minutes=10)
    opened = reopen(world, attempt.id)
    assert (opened.state, opened.epoch, opened.reopened, opened.deadline_at) == ("in_progress", 2, 1, deadline)
    assert (opened.submitted_at, opened.closed_at, opened.scored_at, opened.receipt) == (None, None, None, None)
    assert journal.fold(queries.find_rows(attempt.id)).values == values
    last = again(world, attempt, {1: None})
    assert last.state == "submitted" and last.receipt not in (None, receipt)
    kept = {event.kind: event.details for event in session.query(AttemptEvent)}
    assert (kept["reopen"]["before"]["receipt"], kept["reopen"]["before"]["seal"]) == (receipt, seal)
    assert kept["seal"] == {"seal": last.seal, "receipt": last.receipt}
    assert next(n.kind for n in find_notices(world.person("cem").id)) == "attempt.reopened"


def test_the_audit_says_who_when_why_before_and_after(world: World) -> None:
    attempt = world.sat(world.sitting(choice(world)))
    reopen(world, attempt.id, "the cat trod on the key")
    entry = session.query(AuditEntry).filter_by(action="attempt.reopen").one()
    assert (entry.actor_id, entry.reason) == (world.person("kim").id, "the cat trod on the key")
    assert (entry.detail["before"]["state"], entry.detail["after"]["state"]) == ("submitted", "in_progress")


def test_the_first_answers_follow_from_the_journal_up_to_the_first_epoch(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world)), answer="the first text")
    seal = attempt.seal
    reopen(world, attempt.id)
    again(world, attempt, {1: "another text"})
    rows = [row for row in queries.find_rows(attempt.id) if row.epoch == 1]
    assert journal.seal(attempt.id, rows) == seal
    assert journal.fold(rows).values == {1: "the first text"}
    assert [row.value for row in queries.find_responses(attempt.id)] == ["another text"]


def test_the_old_pages_token_is_dead_and_a_late_repeat_of_its_submit_changes_nothing(world: World) -> None:
    attempt = world.start(world.sitting(choice(world)))
    token = world.token(attempt)
    values = world.answer_all(attempt)
    world.submit(attempt, values)
    reopen(world, attempt.id)
    with pytest.raises(Locked):
        delivery.submit(token, journal.digest(values), clock.now())
    session.rollback()
    with pytest.raises(Locked):
        world.save(token, 2, [{"slot": 1, "t": 1, "value": 0}])
    assert queries.get_attempt(attempt.id).state == "in_progress"


def test_it_needs_a_reason_and_time_that_is_left(world: World, travel: Travel) -> None:
    attempt = world.sat(world.sitting(choice(world)))
    assert isinstance(refused(world, attempt.id, "  "), Invalid)
    travel(minutes=60, seconds=1)
    assert "time of this attempt is over" in str(refused(world, attempt.id).detail)


def test_the_time_is_that_of_the_ledgers(world: World, travel: Travel) -> None:
    attempt = world.start(world.sitting(choice(world)))
    delivery.pause(attempt.id, clock.now(), world.person("kim").id, "alarm")
    session.commit()
    travel(minutes=50)
    delivery.close_attempt(attempt.id, "force", clock.now(), world.person("kim").id)
    session.commit()
    travel(minutes=30)  # the clock stood until it was closed and runs since then
    opened = reopen(world, attempt.id)
    assert opened.deadline_at is not None
    left = opened.deadline_at - clock.now()
    assert timedelta(minutes=29) < left < timedelta(minutes=31)


def test_an_expired_attempt_goes_on_when_the_close_was_moved(world: World, travel: Travel) -> None:
    sitting = world.sitting(choice(world), hours=1)
    attempt_id = world.start(sitting).id
    travel(minutes=61)
    delivery.close_attempt(attempt_id, "expire", clock.now())
    session.commit()
    refused(world, attempt_id)
    enrolment = exam_queries.get_enrolment(queries.get_attempt(attempt_id).enrolment_id)
    exams.add_extra_time(enrolment, 1800, clock.now(), None, "power cut")
    session.commit()
    assert reopen(world, attempt_id).state == "in_progress"


@pytest.mark.parametrize("state", ["in_progress", "paused", "void"])
def test_only_a_closed_attempt_is_opened_again(world: World, state: str) -> None:
    attempt_id, kim = world.start(world.sitting(choice(world))).id, world.person("kim").id
    if state == "paused":
        delivery.pause(attempt_id, clock.now(), kim, "alarm")
    elif state == "void":
        delivery.void(attempt_id, clock.now(), kim, "fraud")
    session.commit()
    assert isinstance(refused(world, attempt_id), Conflict)


def test_a_result_stands_in_the_way_and_says_what_to_do_instead(world: World) -> None:
    attempt = world.sat(world.sitting(choice(world)))
    actions.complete(attempt.id, clock.now())
    session.commit()
    assert "Declare it void and readmit" in str(refused(world, attempt.id).detail)


def test_a_later_attempt_stands_in_the_way(world: World) -> None:
    sitting = world.sitting(choice(world, attempts=2))
    first = world.sat(sitting)
    world.start(sitting)
    assert "Another attempt was begun" in str(refused(world, first.id).detail)


def test_machine_scores_of_the_first_closing_are_superseded(world: World) -> None:
    attempt = world.start(world.sitting(choice(world, 2)))
    good, bad = world.answers(attempt), world.answers(attempt, right=False)
    world.save(world.token(attempt), 1, [{"slot": slot, "t": slot, "value": bad[slot]} for slot in bad])
    world.submit(attempt, bad)
    assert [points_of(attempt.id, slot) for slot in (1, 2)] == [0, 0]
    reopen(world, attempt.id)
    again(world, attempt, {1: good[1]})
    rows = session.query(Score).order_by(Score.slot, Score.number).all()
    assert [(row.slot, row.number, int(row.points)) for row in rows] == [(1, 1, 0), (1, 2, 2), (2, 1, 0)]


def test_another_wrong_answer_gets_its_own_evidence(world: World) -> None:
    attempt = world.start(world.sitting(world.exam([world.item("fill_in")])))
    values: list[dict[int, Any]] = [{1: ["abacus", "7"]}, {1: ["spoon", "9"]}]
    world.save(world.token(attempt), 1, [{"slot": 1, "t": 1, "value": values[0][1]}])
    world.submit(attempt, values[0])
    reopen(world, attempt.id)
    again(world, attempt, values[1])
    assert scores.latest_scores([attempt.id])[attempt.id][1].evidence["normalised"] == ["spoon", "9"]


def test_nobody_marks_while_it_is_open(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world)))
    task = claim(world, "mia")
    assert task is not None
    task_id = task.id
    reopen(world, attempt.id)
    assert case_of(attempt).state == "void"
    assert claim(world, "max") is None
    with pytest.raises(Problem):
        mark_task(world, "mia", task_id, "7")


def test_an_answer_not_begun_is_marked_as_it_stands_after_all(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world)))
    reopen(world, attempt.id)
    again(world, attempt, {1: "a better text"})
    mark(world, "mia", "8")
    mark(world, "max", "8")
    case = case_of(attempt)
    assert (case.state, case.round) == ("resolved", 2)
    assert scores.get_script(case).lines[0].text == "a better text"
    assert points_of(attempt.id) == 8


def test_marks_of_the_same_answer_go_on_to_count(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world)))
    mark(world, "mia", "7")
    reopen(world, attempt.id)
    again(world, attempt, {})
    case = case_of(attempt)
    assert (case.state, case.round) == ("waiting", 1)
    assert claim(world, "mia") is None  # she has marked this very answer
    mark(world, "max", "8")
    assert points_of(attempt.id) == Decimal("7.5")


def test_a_decided_answer_that_is_the_same_stays_decided(world: World) -> None:
    made = exam(world, essay(world, "one"), essay(world, "two"))
    attempt = hand_in(world, world.sitting(made))
    mark(world, "mia", "7")
    mark(world, "max", "8")
    done = next(case for case in scores.find_cases([attempt.id]) if case.state == "resolved").slot
    reopen(world, attempt.id)
    again(world, attempt, {3 - done: "another text"})
    assert (case_of(attempt, done).state, points_of(attempt.id, done)) == ("resolved", Decimal("7.5"))
    assert case_of(attempt, 3 - done).state == "waiting"


def test_begun_marks_stay_but_a_changed_answer_starts_anew_also_for_the_same_graders(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world)))
    first = mark(world, "mia", "5")
    first_task = first.task_id
    reopen(world, attempt.id)
    again(world, attempt, {1: "a better text"})
    with pytest.raises(Conflict):
        mark_task(world, "mia", first_task, "9")  # her mark of the old answer is history
    session.rollback()
    mark(world, "mia", "8")
    mark(world, "max", "9")
    case = case_of(attempt)
    assert [str(m.total.normalize()) for m in scores.current_marks(case)] == ["8", "9"]
    assert session.query(Mark).count() == 3
    assert points_of(attempt.id) == Decimal("8.5")


def test_what_the_machine_can_judge_now_needs_nobody(world: World) -> None:
    item = world.item("short_answer")
    attempt = world.start(world.sitting(world.exam([item], marking={"markers": 1})))
    right = world.answers(attempt)[1]
    world.save(world.token(attempt), 1, [{"slot": 1, "t": 1, "value": "who knows"}])
    world.submit(attempt, {1: "who knows"})
    assert case_of(attempt).state == "waiting"
    reopen(world, attempt.id)
    again(world, attempt, {1: right})
    assert (case_of(attempt).state, points_of(attempt.id)) == ("void", 2)
    assert claim(world, "mia") is None
    reopen(world, attempt.id)
    again(world, attempt, {1: "who knows"})  # and back: people again, from the start
    case = case_of(attempt)
    assert (case.state, len([t for t in case.tasks if t.state == "open"])) == ("waiting", 1)


def test_a_late_answer_that_is_admitted_is_marked_from_the_start_too(world: World, travel: Travel) -> None:
    attempt = world.start(world.sitting(exam(world)))
    token = world.token(attempt)
    world.save(token, 1, [{"slot": 1, "t": 1, "value": "in time"}])
    travel(minutes=61)
    with pytest.raises(Conflict):
        world.save(token, 2, [{"slot": 1, "t": 1, "value": "in time, and the end of it"}])
    delivery.close_attempt(attempt.id, "expire", clock.now())
    session.commit()
    grading.score_closed(attempt.id, clock.now())
    session.commit()
    mark(world, "mia", "5")
    late = queries.find_late([attempt.id])[0].id
    delivery.admit_late(late, clock.now(), world.person("kim").id, "the line was down")
    session.commit()
    grading.score_closed(attempt.id, clock.now())
    session.commit()
    case = case_of(attempt)
    assert (case.round, scores.current_marks(case)) == (2, [])
    assert {task.state for task in session.query(MarkingTask).filter_by(round=1)} == {"done", "void"}


def test_the_result_comes_of_the_last_closing(world: World) -> None:
    attempt = world.start(world.sitting(choice(world)))
    good, bad = world.answers(attempt), world.answers(attempt, right=False)
    world.save(world.token(attempt), 1, [{"slot": 1, "t": 1, "value": bad[1]}])
    world.submit(attempt, bad)
    reopen(world, attempt.id)
    again(world, attempt, good)
    result = actions.complete(attempt.id, clock.now())
    assert result is not None
    assert result.percent == Decimal("100.00")


def test_a_scoring_waits_for_the_reopening_and_then_leaves_it_alone(app: Flask, world: World) -> None:
    attempt_id, kim = world.start(world.sitting()).id, world.person("kim").id
    delivery.close_attempt(attempt_id, "force", clock.now())
    session.commit()

    with Racer(app, lambda: bool(reopening.reopen(attempt_id, clock.now(), kim, "slip")), hold=True) as first:
        first.has_worked()
        with Racer(app, lambda: grading.score_closed(attempt_id, clock.now())) as second:
            second.must_wait()
            first.let_go()
            assert second.result() is False
    assert session.query(Score).count() == 0


def test_a_reopening_waits_for_the_scoring_and_then_suspends_what_it_made(app: Flask, world: World) -> None:
    attempt_id, kim = world.start(world.sitting(exam(world))).id, world.person("kim").id
    world.save(world.token(queries.get_attempt(attempt_id)), 1, [{"slot": 1, "t": 1, "value": "a text"}])
    delivery.close_attempt(attempt_id, "force", clock.now())
    session.commit()
    with Racer(app, lambda: grading.score_closed(attempt_id, clock.now()), hold=True) as first:
        first.has_worked()
        with Racer(app, lambda: bool(reopening.reopen(attempt_id, clock.now(), kim, "slip"))) as second:
            second.must_wait()
            first.let_go()
            second.result()
    assert {task.state for task in session.query(MarkingTask)} == {"void"}


def test_a_mark_and_a_reopening_at_once_leave_the_mark_and_a_case_that_waits_for_the_end(
    app: Flask, world: World
) -> None:
    attempt = hand_in(world, world.sitting(exam(world)))
    attempt_id, kim, mia = attempt.id, world.person("kim").id, world.person("mia").id
    task = claim(world, "mia")
    assert task is not None
    task_id = task.id
    with Racer(app, lambda: grading.give_mark(task_id, mia, [2], "", clock.now()).id, hold=True) as first:
        first.has_worked()
        with Racer(app, lambda: bool(reopening.reopen(attempt_id, clock.now(), kim, "slip"))) as second:
            second.must_wait()
            first.let_go()
            second.result()
    assert session.query(Mark).count() == 1
    assert case_of(queries.get_attempt(attempt_id)).state == "void"


def test_a_start_and_a_reopening_at_once_leave_one_open_attempt(app: Flask, world: World) -> None:
    sitting = world.sitting(choice(world, attempts=2))
    attempt_id, sitting_id = world.sat(sitting).id, sitting.id
    kim, cem = world.person("kim").id, world.person("cem").id

    def try_it() -> str:
        try:
            return reopening.reopen(attempt_id, clock.now(), kim, "slip").state
        except Conflict:
            session.rollback()
            return "refused"

    with Starter(app, sitting_id, cem, hold=True) as first:
        first.has_worked()
        with Racer(app, try_it) as second:
            second.must_wait()
            first.let_go()
            assert second.result() == "refused"
    open_ones = session.query(Attempt).filter(Attempt.state == "in_progress").count()
    assert open_ones == 1


def test_a_save_at_the_moment_of_reopening_is_refused_and_the_next_page_saves(app: Flask, world: World) -> None:
    attempt = world.start(world.sitting(exam(world)))
    token, attempt_id, kim = world.token(attempt), attempt.id, world.person("kim").id
    world.submit(attempt, {})
    with Racer(app, lambda: bool(reopening.reopen(attempt_id, clock.now(), kim, "slip")), hold=True) as first:
        first.has_worked()
        with Saver(app, token, 1, [{"slot": 1, "t": 1, "value": "from the old page"}]) as saver:
            first.let_go()
            with pytest.raises(Problem):
                saver.result()
    fresh = world.token(queries.get_attempt(attempt_id))
    assert world.save(fresh, 1, [{"slot": 1, "t": 1, "value": "from the new page"}]).seq == 1
