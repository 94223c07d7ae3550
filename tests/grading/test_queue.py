"""The graders' queue: who gets what, blind, under a lease that runs out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields

import pytest

from examengine.accounts import actions as accounts
from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Forbidden, Missing
from examengine.delivery import actions as delivery
from examengine.delivery.conflicts import NOTHING, Hidden, find_hidden
from examengine.exams import actions as exams
from examengine.exams.models import Exam
from examengine.grading import actions, queries
from examengine.grading.models import Mark, MarkingTask
from examengine.grading.queries import Script
from tests.grading.marking import answered, case_of, claim, essay, exam, hand_in, mark, mark_task
from tests.making import World


def set_graders(world: World, made: Exam, *names: str) -> None:
    duties = {"grader": [world.person(name).id for name in names], "lead": [world.person("ada").id]}
    exams.set_duties(made, duties, clock.now(), None)
    session.commit()


def exam_of(world: World) -> Exam:
    return session.query(Exam).one()


def states() -> list[str]:
    session.expire_all()
    return [task.state for task in session.query(MarkingTask).order_by(MarkingTask.id)]


def test_a_grader_claims_a_task_under_a_lease(world: World) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    assert (task.state, task.holder_id) == ("claimed", world.person("mia").id)
    assert task.lease_until is not None
    assert 7100 < (task.lease_until - clock.now()).total_seconds() <= 7200


def test_the_lease_is_as_long_as_the_policy_says(world: World) -> None:
    answered(world, marking={"lease_s": 60})
    task = claim(world, "mia")
    assert task is not None and task.lease_until is not None
    assert 0 < (task.lease_until - clock.now()).total_seconds() <= 60


def test_asking_again_gives_the_task_that_is_held(world: World) -> None:
    answered(world)
    first, again = claim(world, "mia"), claim(world, "mia")
    assert first is not None and again is not None
    assert first.id == again.id
    assert sorted(states()) == ["claimed", "open"]


def test_nobody_gets_a_case_that_she_has_marked_or_holds(world: World) -> None:
    answered(world)
    mark(world, "mia", "7")
    assert claim(world, "mia") is None
    assert queries.open_tasks(world.person("mia").id, NOTHING) == []
    assert len(queries.open_tasks(world.person("max").id, NOTHING)) == 1
    assert claim(world, "max") is not None


def test_nobody_gets_her_own_answer(world: World, travel: Callable[..., None]) -> None:
    made = exam(world)
    sitting = world.sitting(made, ["mia", "cem"], hours=2)
    own = hand_in(world, sitting, "mia")
    hand_in(world, sitting, "cem")
    travel(hours=3)  # over: no conflict any more, but her own stays her own
    task = claim(world, "mia")
    assert task is not None
    assert task.case.candidate_id == world.person("cem").id
    mark_task(world, "mia", task.id, "7")
    assert claim(world, "mia") is None
    assert case_of(own).state == "waiting"


def test_only_graders_named_by_the_exam_get_its_answers(world: World) -> None:
    made = exam(world)
    hand_in(world, world.sitting(made))
    set_graders(world, made, "max")
    assert claim(world, "mia") is None
    assert claim(world, "ada") is None
    assert claim(world, "max") is not None


def test_who_joins_the_graders_gets_answers_at_once(world: World) -> None:
    made = exam(world)
    hand_in(world, world.sitting(made))
    assert claim(world, "joy") is None
    set_graders(world, made, "mia", "joy")
    assert claim(world, "joy") is not None


def test_an_enrolled_grader_gets_nothing_until_the_last_close(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(exam(world), ["cem", "mia"], hours=2)
    hand_in(world, sitting, "cem")
    assert claim(world, "mia") is None
    assert queries.find_piles(world.person("mia").id, hidden_from(world, "mia")) == []
    travel(hours=3)
    assert claim(world, "mia") is not None


def hidden_from(world: World, name: str) -> Hidden:
    return find_hidden(world.person(name).id, clock.now())


def test_a_grader_enrolled_after_claiming_can_neither_see_nor_mark_it(world: World) -> None:
    made = exam(world)
    hand_in(world, world.sitting(made))
    task = claim(world, "mia")
    assert task is not None
    world.sitting(made, ["mia"])
    assert claim(world, "mia") is None
    with pytest.raises(Missing):
        mark_task(world, "mia", task.id, "7")


def test_the_queue_begins_with_what_has_waited_longest_and_goes_item_by_item(
    world: World, travel: Callable[..., None]
) -> None:
    old, new = essay(world, "essay-1"), essay(world, "essay-2")
    hand_in(world, world.sitting(exam(world, old), ["eva"]), "eva")
    travel(minutes=1)
    sitting = world.sitting(exam(world, new, old), ["cem", "sam"])
    for name in ("cem", "sam"):
        hand_in(world, sitting, name)
    seen: list[int] = []
    at: int | None = None
    while (task := claim(world, "mia", at) or claim(world, "mia")) is not None:
        at = task.version_id
        seen.append(at)
        mark_task(world, "mia", task.id, "7")
    assert seen == [old.published_id] * 3 + [new.published_id] * 2


def test_within_an_item_the_order_is_random_but_stable(world: World) -> None:
    sitting = world.sitting(exam(world), [f"op{n}" for n in range(6)])
    for n in range(6):
        hand_in(world, sitting, f"op{n}")
    mia = world.person("mia").id
    keys = {task.shuffle for task in session.query(MarkingTask)}
    assert len(keys) == 12
    first = [task.task_id for task in queries.open_tasks(mia, NOTHING)]
    assert sorted(first) == sorted(task.task_id for task in queries.open_tasks(mia, NOTHING))


def test_a_grader_may_go_on_with_one_item(world: World) -> None:
    one, two = essay(world, "essay-1"), essay(world, "essay-2")
    hand_in(world, world.sitting(exam(world, one, two)))
    task = claim(world, "mia", two.published_id)
    assert task is not None
    assert task.version_id == two.published_id


def test_the_piles_count_what_is_open_for_her_and_what_she_has_done(world: World) -> None:
    sitting = world.sitting(exam(world), ["cem", "sam"])
    for name in ("cem", "sam"):
        hand_in(world, sitting, name)
    mark(world, "mia", "7")
    claim(world, "mia")
    [mias], [maxs] = (queries.find_piles(world.person(name).id, NOTHING) for name in ("mia", "max"))
    assert (mias.open, mias.done) == (1, 1)
    assert (maxs.open, maxs.done) == (2, 0)


def test_marking_is_blind(world: World) -> None:
    case = answered(world)
    mark(world, "mia", "7", "seen by Mia")
    script = queries.get_script(queries.load_case(case.id))
    assert {field.name for field in fields(Script)} == {
        *("code", "stem", "lines", "key", "model_answer", "rubric", "maximum", "step", "language")
    }
    shown = str(asdict(script))
    cem = world.person("cem")
    for secret in (cem.name, cem.username, "Mia", "seen by Mia", "7.0"):
        assert secret not in shown
    assert script.code != str(case.attempt_id)
    assert "wrote" in script.lines[0].text


def test_a_lease_that_ran_out_returns_the_task(world: World, travel: Callable[..., None]) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    assert queries.find_expired_leases(clock.now(), 9) == []
    travel(hours=2, seconds=1)
    expired = queries.find_expired_leases(clock.now(), 9)
    assert expired == [task.id]
    assert actions.return_tasks(expired, clock.now()) == 1
    session.commit()
    assert states() == ["open", "open"]
    assert actions.return_tasks(expired, clock.now()) == 0


def test_a_mark_after_the_lease_ran_out_is_refused(world: World, travel: Callable[..., None]) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    travel(hours=2, seconds=1)
    with pytest.raises(Conflict) as refused:
        mark_task(world, "mia", task.id, "7")
    session.rollback()
    assert refused.value.code == "lease-lost"
    assert session.query(Mark).count() == 0


def test_a_task_that_somebody_else_has_now_is_not_hers_to_mark(world: World, travel: Callable[..., None]) -> None:
    answered(world, marking={"markers": 1})
    task = claim(world, "mia")
    assert task is not None
    travel(hours=3)
    actions.return_tasks([task.id], clock.now())
    again = claim(world, "max")
    assert again is not None
    assert again.id == task.id
    with pytest.raises(Missing):
        mark_task(world, "mia", task.id, "7")


def test_a_grader_gives_a_task_back(world: World) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    actions.give_back(task)
    session.commit()
    assert states() == ["open", "open"]


@pytest.mark.parametrize("how", ["leaves the graders", "leaves the company"])
def test_open_tasks_of_a_grader_who_leaves_return_and_her_marks_stand(world: World, how: str) -> None:
    made = exam(world)
    sitting = world.sitting(made, ["cem", "sam"])
    for name in ("cem", "sam"):
        hand_in(world, sitting, name)
    mark(world, "mia", "7")
    held = claim(world, "mia")
    assert held is not None
    assert queries.find_left_graders(9) == []
    if how == "leaves the graders":
        set_graders(world, made, "max", "zoe")
    else:
        accounts.deactivate(world.person("mia"), clock.now(), None)
        session.commit()
    assert queries.find_left_graders(9) == [held.id]
    actions.return_tasks([held.id], clock.now())
    session.commit()
    assert sorted(states()) == ["done", "open", "open", "open"]
    assert session.query(Mark).count() == 1


def test_who_is_a_grader_no_longer_cannot_mark_what_she_holds(world: World) -> None:
    made = exam(world)
    hand_in(world, world.sitting(made))
    task = claim(world, "mia")
    assert task is not None
    set_graders(world, made, "max")
    with pytest.raises(Forbidden):
        mark_task(world, "mia", task.id, "7")


def test_nobody_marks_answers_of_a_void_attempt(world: World) -> None:
    case = answered(world)
    claim(world, "mia")
    delivery.void(case.attempt_id, clock.now(), world.person("kim").id, "fraud")
    actions.void_cases(case.attempt_id)
    session.commit()
    assert states() == ["void", "void"]
    assert claim(world, "max") is None


def reclaim(world: World, name: str, task_id: int) -> MarkingTask:
    task = actions.reclaim(task_id, world.person(name).id, clock.now())
    session.commit()
    return task


def test_a_task_whose_lease_ran_out_may_be_taken_again(world: World, travel: Callable[..., None]) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    travel(hours=3)
    again = reclaim(world, "mia", task.id)
    assert again.state == "claimed"
    assert again.lease_until is not None
    assert again.lease_until > clock.now()
    assert mark_task(world, "mia", task.id, "7").total == 7


def test_a_task_that_somebody_else_took_meanwhile_stays_with_her(world: World, travel: Callable[..., None]) -> None:
    answered(world, marking={"markers": 1})
    task = claim(world, "mia")
    assert task is not None
    travel(hours=3)
    actions.return_tasks([task.id], clock.now())
    assert claim(world, "max") is not None
    with pytest.raises(Conflict) as refused:
        reclaim(world, "mia", task.id)
    assert refused.value.code == "taken"


@pytest.mark.parametrize("name", ["ann", "cem", "ada"])
def test_nobody_but_a_grader_takes_a_task_again(world: World, travel: Callable[..., None], name: str) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    travel(hours=3)
    actions.return_tasks([task.id], clock.now())
    session.commit()
    with pytest.raises(Conflict):
        reclaim(world, name, task.id)
