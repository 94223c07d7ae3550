"""A grader on leave: what is hers goes to another or to the pool, by the blind rules, now and while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from examengine.core import clock
from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing, Problem
from examengine.delivery.conflicts import NOTHING
from examengine.exams import actions as exams
from examengine.grading import actions, leave, queries
from examengine.grading.leave import Handed
from examengine.grading.models import GraderLeave, MarkingTask
from examengine.jobs import sweeps
from examengine.notices.queries import find_notices
from tests.grading.marking import LEVELS, answered, claim, exam, hand_in, mark, mark_task
from tests.making import World
from tests.racing import Racer

Travel = Callable[..., None]


def hand_over(world: World, exam_id: int, who: str, to: str | None) -> Handed:
    other = world.person(to).id if to else None
    kim = world.person("kim").id
    done = leave.hand_over(exam_id, world.person(who).id, other, clock.now(), kim, "ill")
    session.commit()
    return done


def go(world: World, exam_id: int, who: str, stand_in: str | None = None, *, begins: int = 0, hours: int = 8) -> Handed:
    now = clock.now()
    other = world.person(stand_in).id if stand_in else None
    begin = now + timedelta(hours=begins)
    _, handed = leave.set_leave(
        exam_id,
        world.person(who).id,
        begin,
        begin + timedelta(hours=hours),
        other,
        now,
        world.person("kim").id,
        "holiday",
    )
    session.commit()
    return handed


def sweep() -> None:
    sweeps.run(next(s for s in sweeps.SWEEPS if s.name == "stranded"))
    session.expire_all()


def test_what_she_holds_goes_to_the_other_and_comes_first_in_her_queue(world: World) -> None:
    sitting = world.sitting(exam(world), ["cem", "sam", "dee"])
    for name in ("cem", "sam", "dee"):
        hand_in(world, sitting, name)
    held = claim(world, "mia")
    assert held is not None
    task_id = held.id
    assert hand_over(world, held.exam_id, "mia", "zoe") == Handed(1, 0)
    taken = claim(world, "zoe")
    assert taken is not None
    assert taken.id == task_id
    assert find_notices(world.person("zoe").id)[0].kind == "marking.assigned"


def test_what_waits_for_one_by_name_is_offered_to_nobody_else(world: World) -> None:
    case = answered(world, marking={"markers": 1})
    claim(world, "mia")
    hand_over(world, case.exam_id, "mia", "zoe")
    assert claim(world, "max") is None
    assert queries.find_piles(world.person("max").id, NOTHING) == []
    [pile] = queries.find_piles(world.person("zoe").id, NOTHING)
    assert (pile.open, pile.assigned) == (1, 1)


def test_back_to_the_pool_anybody_may_take_it(world: World) -> None:
    case = answered(world, marking={"markers": 1})
    claim(world, "mia")
    assert hand_over(world, case.exam_id, "mia", None) == Handed(0, 1)
    assert claim(world, "max") is not None


def test_no_second_mark_of_one_answer_by_one_grader(world: World) -> None:
    case = answered(world)
    mark(world, "max", "7")
    claim(world, "mia")
    assert hand_over(world, case.exam_id, "mia", "max") == Handed(0, 1)
    assert claim(world, "max") is None
    assert claim(world, "zoe") is not None


def test_nobody_gets_her_own_answer(world: World) -> None:
    made = exam(world)
    sitting = world.sitting(made, ["cem"], hours=1)
    case_exam = made.id
    hand_in(world, sitting, "cem")
    duties = {"grader": [world.person(n).id for n in ("mia", "cem")], "lead": []}
    exams.set_duties(made, duties, clock.now(), None)
    session.commit()
    claim(world, "mia")
    with pytest.raises(Invalid):  # the sitting is not over, so the exam does not exist for her
        hand_over(world, case_exam, "mia", "cem")
    session.rollback()


def test_nobody_gets_her_own_answer_after_the_close_either(world: World, travel: Travel) -> None:
    made = exam(world, marking={"lease_s": 10**6})
    hand_in(world, world.sitting(made, ["cem"], hours=1), "cem")
    claim(world, "mia")
    duties = {"grader": [world.person(n).id for n in ("mia", "cem")], "lead": []}
    exams.set_duties(made, duties, clock.now(), None)
    session.commit()
    travel(hours=2)
    assert hand_over(world, made.id, "mia", "cem") == Handed(0, 1)


@pytest.mark.parametrize("to", ["mia", "ada", "sam"])
def test_the_stand_in_is_another_grader_of_the_exam(world: World, to: str) -> None:
    case = answered(world)
    claim(world, "mia")
    with pytest.raises(Invalid):
        hand_over(world, case.exam_id, "mia", to)


def test_who_is_on_leave_is_no_stand_in(world: World) -> None:
    case = answered(world)
    go(world, case.exam_id, "zoe")
    with pytest.raises(Invalid):
        hand_over(world, case.exam_id, "mia", "zoe")


def test_two_tasks_of_one_answer_never_wait_for_one_person(world: World) -> None:
    case = answered(world)
    claim(world, "mia")
    claim(world, "max")
    assert hand_over(world, case.exam_id, "mia", "zoe") == Handed(1, 0)
    assert hand_over(world, case.exam_id, "max", "zoe") == Handed(0, 1)


def test_each_task_is_in_the_audit_trail_with_before_and_after(world: World) -> None:
    case = answered(world)
    claim(world, "mia")
    hand_over(world, case.exam_id, "mia", "zoe")
    entry = session.query(AuditEntry).filter_by(action="task.assign").one()
    assert (entry.reason, entry.actor_id) == ("ill", world.person("kim").id)
    assert entry.detail == {"before": world.person("mia").id, "after": world.person("zoe").id}


def test_on_leave_she_gets_nothing_and_her_marks_stand(world: World, travel: Travel) -> None:
    sitting = world.sitting(exam(world), ["cem", "sam", "dee"])
    first = hand_in(world, sitting, "cem")
    given = mark(world, "mia", "7")
    exam_id = given.case.exam_id
    hand_in(world, sitting, "sam")
    claim(world, "mia")
    assert go(world, exam_id, "mia", "zoe") == Handed(1, 0)
    assert claim(world, "mia") is None
    mark(world, "max", "8")
    session.expire_all()
    assert {m.marker_id for m in queries.find_cases([first.id])[0].marks} >= {world.person("mia").id}
    hand_in(world, sitting, "dee")
    assert claim(world, "mia") is None
    travel(hours=9)
    assert claim(world, "mia") is not None


def test_a_dated_leave_takes_effect_when_it_begins(world: World, travel: Travel) -> None:
    case = answered(world, marking={"markers": 1, "lease_s": 10**6})
    assert go(world, case.exam_id, "mia", "zoe", begins=24) == Handed(0, 0)
    held = claim(world, "mia")
    assert held is not None
    task_id = held.id
    sweep()
    assert queries.find_task(task_id).state == "claimed"
    travel(hours=25)
    sweep()
    task = queries.find_task(task_id)
    assert (task.state, task.assigned_id) == ("open", world.person("zoe").id)
    sweep()
    assert session.query(AuditEntry).filter_by(action="task.assign").count() == 1


def test_when_the_stand_in_may_not_it_goes_to_the_pool(world: World, travel: Travel) -> None:
    case = answered(world, marking={"markers": 1, "lease_s": 10**6})
    go(world, case.exam_id, "mia", "zoe", begins=24)
    held = claim(world, "mia")
    assert held is not None
    go(world, case.exam_id, "zoe", None, hours=48)
    travel(hours=25)
    sweep()
    assert queries.find_task(held.id).assigned_id is None


def test_what_waits_for_a_grader_who_leaves_returns_to_the_pool(world: World) -> None:
    case = answered(world, marking={"markers": 1})
    claim(world, "mia")
    hand_over(world, case.exam_id, "mia", "zoe")
    made = exams.queries.get_exam(case.exam_id)
    exams.set_duties(made, {"grader": [world.person(n).id for n in ("mia", "max")]}, clock.now(), None)
    session.commit()
    sweep()
    assert claim(world, "max") is not None


def test_a_returned_task_is_for_anybody(world: World) -> None:
    case = answered(world, marking={"markers": 1})
    claim(world, "mia")
    hand_over(world, case.exam_id, "mia", "zoe")
    taken = claim(world, "zoe")
    assert taken is not None
    actions.give_back(taken)
    session.commit()
    assert claim(world, "max") is not None


def test_a_leave_can_be_ended_and_then_she_is_back(world: World) -> None:
    case = answered(world)
    go(world, case.exam_id, "mia")
    assert claim(world, "mia") is None
    row = session.query(GraderLeave).one()
    mia, zoe, kim = (world.person(name).id for name in ("mia", "zoe", "kim"))
    leave.end_leave(case.exam_id, mia, row.id, clock.now(), kim)
    session.commit()
    assert claim(world, "mia") is not None
    with pytest.raises(Conflict):
        leave.end_leave(case.exam_id, mia, row.id, clock.now(), kim)
    for exam_id, person_id in ((case.exam_id + 1, mia), (case.exam_id, zoe)):
        session.rollback()
        with pytest.raises(Missing):
            leave.end_leave(exam_id, person_id, row.id, clock.now(), kim)


def test_leaves_do_not_overlap_and_have_sense(world: World) -> None:
    case = answered(world)
    go(world, case.exam_id, "mia", begins=2)
    with pytest.raises(Conflict):
        go(world, case.exam_id, "mia", begins=5)
    session.rollback()
    for hours, who in ((-1, "mia"), (24 * 400, "mia"), (5, "sam")):
        with pytest.raises(Invalid):
            go(world, case.exam_id, who, begins=40, hours=hours)
        session.rollback()


def test_it_needs_a_reason(world: World) -> None:
    case = answered(world)
    with pytest.raises(Invalid):
        leave.hand_over(case.exam_id, world.person("mia").id, None, clock.now(), 1, "  ")


def test_a_mark_and_a_hand_over_at_once_lose_nothing(app: Flask, world: World) -> None:
    case = answered(world, marking={"markers": 1})
    task = claim(world, "mia")
    assert task is not None
    exam_id, task_id = case.exam_id, task.id
    mia, zoe, kim = (world.person(name).id for name in ("mia", "zoe", "kim"))

    def give() -> int:
        return actions.give_mark(task_id, mia, [LEVELS.index("7")], "", clock.now()).id

    def hand() -> Handed:
        return leave.hand_over(exam_id, mia, zoe, clock.now(), kim, "ill")

    with Racer(app, give, hold=True) as first:
        first.has_worked()
        with Racer(app, hand) as second:
            second.must_wait()
            first.let_go()
            assert second.result() == Handed(0, 0)
    assert session.query(MarkingTask).one().state == "done"


def test_a_mark_after_the_hand_over_is_not_taken(world: World) -> None:
    case = answered(world, marking={"markers": 1})
    task = claim(world, "mia")
    assert task is not None
    task_id = task.id
    hand_over(world, case.exam_id, "mia", "zoe")
    with pytest.raises(Problem):
        mark_task(world, "mia", task_id, "7")


def test_a_claim_and_a_hand_over_at_once_leave_it_with_one(app: Flask, world: World) -> None:
    case = answered(world, marking={"markers": 1})
    claim(world, "mia")
    exam_id = case.exam_id
    mia, zoe, kim = (world.person(name).id for name in ("mia", "zoe", "kim"))

    def taking() -> int | None:
        task = actions.claim_next(zoe, clock.now())
        return task.id if task else None

    with Racer(app, lambda: leave.hand_over(exam_id, mia, zoe, clock.now(), kim, "ill"), hold=True) as first:
        first.has_worked()
        with Racer(app, taking) as second:
            first.let_go()
            second.result()
    tasks = session.query(MarkingTask).all()
    assert [(task.state in ("open", "claimed"), task.assigned_id) for task in tasks] == [(True, zoe)]
