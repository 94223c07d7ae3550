"""Two graders at once, two windows of one grader at once, two job loops at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from examengine.core import clock
from examengine.core.db import session
from examengine.grading import actions, queries
from examengine.grading.models import Mark, MarkingTask, Score
from tests.grading.marking import LEVELS, answered, claim, exam, hand_in, mark, points_of
from tests.making import World
from tests.racing import Racer


def claiming(world: World, name: str) -> Callable[[], int | None]:
    """A claim of one grader; gives the task's id."""
    person = world.person(name).id

    def work() -> int | None:
        task = actions.claim_next(person, clock.now())
        return task.id if task else None

    return work


def test_one_task_goes_to_one_of_two_graders(app: Flask, world: World) -> None:
    answered(world, marking={"markers": 1})
    mia, other = claiming(world, "mia"), claiming(world, "max")
    with Racer(app, mia, hold=True) as first:
        first.has_worked()
        with Racer(app, other) as second:
            second.must_wait()
            assert first.let_go() is not None
            assert second.result() is None


def test_two_graders_get_two_tasks_of_one_case(app: Flask, world: World) -> None:
    answered(world)
    mia, other = claiming(world, "mia"), claiming(world, "max")
    with Racer(app, mia, hold=True) as first:
        first.has_worked()
        with Racer(app, other) as second:
            held, taken = first.let_go(), second.result()
    assert None not in (held, taken)
    assert held != taken


def test_two_windows_of_one_grader_never_hold_two_tasks_of_one_case(app: Flask, world: World) -> None:
    answered(world)
    mia = claiming(world, "mia")
    with Racer(app, mia, hold=True) as first:
        first.has_worked()
        with Racer(app, mia) as second:
            second.must_wait()
            first.let_go()
            second.result()
    held = session.query(MarkingTask).filter_by(holder_id=world.person("mia").id).all()
    assert len(held) == 1


def test_a_claim_that_was_taken_back_is_free_for_the_next(app: Flask, world: World) -> None:
    answered(world, marking={"markers": 1})
    mia, other = claiming(world, "mia"), claiming(world, "max")

    def then_fails() -> None:
        mia()
        session.flush()
        raise LookupError

    with Racer(app, then_fails) as first, pytest.raises(LookupError):
        first.result()
    with Racer(app, other) as second:
        assert second.result() is not None


def test_the_last_two_marks_at_once_are_both_counted(app: Flask, world: World) -> None:
    case = answered(world)
    attempt_id = case.attempt_id

    def marking(name: str, total: str) -> Callable[[], None]:
        task = claim(world, name)
        assert task is not None
        task_id, person, level = task.id, world.person(name).id, LEVELS.index(total)

        def give() -> None:
            actions.give_mark(task_id, person, [level], "", clock.now())

        return give

    mias, maxs = marking("mia", "7"), marking("max", "8")
    with Racer(app, mias, hold=True) as first:
        first.has_worked()
        with Racer(app, maxs) as second:
            second.must_wait()
            first.let_go()
            second.result()
    assert session.query(Mark).count() == 2
    assert session.query(Score).filter_by(attempt_id=attempt_id).count() == 1
    assert str(points_of(attempt_id)) == "7.500000"


def test_a_task_is_returned_once_by_two_job_loops(app: Flask, world: World, travel: Callable[..., None]) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    task_id = task.id
    travel(hours=3)

    def give_back() -> int:
        return actions.return_tasks([task_id], clock.now())

    with Racer(app, give_back, hold=True) as first:
        first.has_worked()
        with Racer(app, give_back) as second:
            second.must_wait()
            assert (first.let_go(), second.result()) == (1, 0)


def test_a_fresh_lease_is_not_ended_by_a_loop_that_saw_the_old_one(
    app: Flask, world: World, travel: Callable[..., None]
) -> None:
    from examengine.jobs.sweeps import SWEEPS

    sweep = next(sweep for sweep in SWEEPS if sweep.name == "leases")
    answered(world, marking={"markers": 1})
    claim(world, "mia")
    travel(hours=3)
    [due] = sweep.find(clock.now())
    actions.return_tasks([due], clock.now())  # the other loop was faster, and Max took the task at once
    session.commit()
    fresh = claim(world, "max")
    assert fresh is not None
    sweep.work(due, clock.now())
    session.commit()
    session.expire_all()
    assert queries.get_task(due, world.person("max").id).state == "claimed"


def test_marks_of_many_answers_by_two_graders_leave_none_over(app: Flask, world: World) -> None:
    sitting = world.sitting(exam(world), [f"op{n}" for n in range(5)])
    for n in range(5):
        hand_in(world, sitting, f"op{n}")
    for _ in range(5):
        mark(world, "mia", "7")
        mark(world, "max", "8")
    assert {task.state for task in session.query(MarkingTask)} == {"done"}
    assert session.query(Score).count() == 5
