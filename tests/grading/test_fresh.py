"""A fresh look at a decided answer: who may give it, that it is blind, what decides and what does not count yet."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Forbidden, Invalid, Missing
from examengine.delivery.conflicts import NOTHING
from examengine.exams import actions as exams
from examengine.exams import queries as exam_queries
from examengine.grading import actions, fresh, queries, resolution
from examengine.grading.models import MarkingCase, MarkingTask, Score
from tests.grading.marking import LEVELS, answered, claim, mark, points_of
from tests.making import World
from tests.racing import Racer, both_at_once

POINTS = st.integers(0, 20).map(lambda n: Decimal(n) / 2)


def decided(world: World, one: str = "7", two: str = "8") -> MarkingCase:
    """Cem's essay, marked by Mia and Max."""
    case = answered(world)
    mark(world, "mia", one)
    mark(world, "max", two)
    session.refresh(case)
    return case


def ask(world: World, case: MarkingCase, grader: str | None = None, by: str = "kim") -> None:
    fresh.ask(case.id, world.person(grader).id if grader else None, clock.now(), world.person(by).id)
    session.commit()
    session.refresh(case)


def outcome(case: MarkingCase) -> fresh.Outcome | None:
    session.expire_all()
    return fresh.find_outcomes([queries.load_case(case.id)]).get(case.id)


def conclude(world: World, case: MarkingCase, accept: bool = True) -> None:
    fresh.conclude(case.id, accept, clock.now(), world.person("kim").id)
    session.commit()
    session.expire_all()


@given(POINTS, POINTS, st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2)]))
def test_a_fresh_mark_decides_unless_it_is_lower_by_more_than_the_tolerance(
    mark_: Decimal, before: Decimal, tolerance: Decimal
) -> None:
    decides = resolution.decides(mark_, before, tolerance)
    assert decides == (mark_ >= before or before - mark_ <= tolerance)
    assert resolution.decides(before, before, tolerance)
    assert not decides or resolution.decides(mark_ + 1, before, tolerance)


def test_it_goes_to_a_grader_who_has_not_marked_it(world: World) -> None:
    case = decided(world)
    ask(world, case)
    assert case.state == "appeal"
    assert claim(world, "mia") is None
    assert claim(world, "max") is None
    task = claim(world, "zoe")
    assert task is not None
    assert (task.case_id, task.round) == (case.id, 2)


def test_it_goes_to_the_named_one_only(world: World) -> None:
    case = decided(world)
    exams.set_duties(
        exam_queries.get_exam(case.exam_id),
        {"grader": [world.person(n).id for n in ("mia", "max", "zoe", "ada")]},
        clock.now(),
        None,
    )
    session.commit()
    ask(world, case, "ada")
    assert claim(world, "zoe") is None
    assert claim(world, "ada") is not None


@pytest.mark.parametrize("grader", ["mia", "max", "cem", "sam", "kim"])
def test_others_cannot_be_named(world: World, grader: str) -> None:
    case = decided(world)
    with pytest.raises(Invalid):
        ask(world, case, grader)


def test_neither_the_lead_who_decided_it_nor_who_asks_gives_it(world: World) -> None:
    case = answered(world)
    for name, total in (("mia", "5"), ("max", "9"), ("zoe", "7")):
        mark(world, name, total)
    actions.adjudicate(case.id, world.person("ada").id, Decimal(7), "the rubric says so", "", clock.now())
    session.commit()
    made = exam_queries.get_exam(case.exam_id)
    graders = [world.person(n).id for n in ("mia", "max", "zoe", "ada", "kim")]
    exams.set_duties(made, {"grader": graders, "lead": [world.person("ada").id]}, clock.now(), None)
    session.commit()
    with pytest.raises(Invalid):  # Kim is the only one left, and it is she who asks
        ask(world, case)
    session.rollback()
    ask(world, case, by="ben")
    assert claim(world, "ada") is None
    assert claim(world, "kim") is not None


def test_nobody_is_left_says_what_to_do(world: World) -> None:
    case = decided(world)
    made = exam_queries.get_exam(case.exam_id)
    exams.set_duties(made, {"grader": [world.person(n).id for n in ("mia", "max")]}, clock.now(), None)
    session.commit()
    with pytest.raises(Invalid, match="Name a further grader"):
        ask(world, case)


def test_it_looks_like_any_other_task(world: World) -> None:
    case = decided(world)
    before = queries.get_script(case)
    ask(world, case)
    task = claim(world, "zoe")
    assert task is not None
    assert queries.get_script(task.case) == before
    [pile] = queries.find_piles(world.person("zoe").id, NOTHING)
    assert (pile.open, pile.assigned) == (1, 0)


def test_until_it_is_concluded_the_points_marks_and_comments_stay_what_they_were(world: World) -> None:
    case = decided(world)
    ask(world, case)
    mark(world, "zoe", "9", comment="fresh words")
    assert points_of(case.attempt_id) == Decimal("7.5")
    assert [str(m.total.normalize()) for m in queries.current_marks(queries.load_case(case.id))] == ["7", "8"]
    found = outcome(case)
    assert found is not None
    assert (found.before, found.after, found.by_lead) == (Decimal("7.5"), 9, False)


def test_accepted_it_is_a_score_row_that_names_all_former_marks(world: World) -> None:
    case = decided(world)
    former = [m.id for m in queries.load_case(case.id).marks]
    ask(world, case)
    given_ = mark(world, "zoe", "9").id
    conclude(world, case)
    score = queries.latest_scores([case.attempt_id])[case.attempt_id][case.slot]
    assert (score.source, score.points, score.number) == ("appeal", 9, 2)
    assert (score.evidence["former"], score.evidence["mark"], score.evidence["rule"]) == (former, given_, "appeal")
    done = queries.load_case(case.id)
    assert (done.state, done.round, done.contested_round, done.low, done.high) == ("resolved", 2, None, 9, 9)
    assert [str(m.total.normalize()) for m in queries.current_marks(done)] == ["9"]


def test_set_aside_nothing_is_as_if_it_had_not_been(world: World) -> None:
    case = decided(world)
    ask(world, case)
    mark(world, "zoe", "7")
    conclude(world, case, accept=False)
    done = queries.load_case(case.id)
    assert (done.state, done.round, done.contested_round) == ("resolved", 1, None)
    assert points_of(case.attempt_id) == Decimal("7.5")
    assert session.query(Score).filter_by(slot=case.slot).count() == 1


def test_lower_by_more_than_the_tolerance_the_lead_decides(world: World) -> None:
    case = decided(world, "8", "9")
    ask(world, case)
    mark(world, "zoe", "7")  # 8.5 − 7 > 1
    session.refresh(case)
    assert case.state == "lead"
    assert outcome(case) is None
    assert [str(m.total.normalize()) for m in queries.standing_marks(queries.load_case(case.id))] == ["8", "9", "7"]
    actions.adjudicate(case.id, world.person("ada").id, Decimal("7.5"), "in between", "read the rubric", clock.now())
    session.commit()
    assert points_of(case.attempt_id) == Decimal("8.5")
    assert queries.find_adjudication(case.id) is None  # not before it counts
    found = outcome(case)
    assert found is not None
    assert (found.after, found.by_lead) == (Decimal("7.5"), True)
    conclude(world, case)
    assert points_of(case.attempt_id) == Decimal("7.5")
    decision = queries.find_adjudication(case.id)
    assert decision is not None and decision.comment == "read the rubric"


@pytest.mark.parametrize("total", ["9", "10"])
def test_higher_by_any_distance_it_decides(world: World, total: str) -> None:
    case = decided(world, "5", "6")
    ask(world, case)
    mark(world, "zoe", total)
    found = outcome(case)
    assert found is not None
    assert found.after == Decimal(total)


def test_the_lead_who_decided_it_before_leaves_it_to_the_other(world: World) -> None:
    case = answered(world)
    for name, total in (("mia", "5"), ("max", "9"), ("zoe", "7")):
        mark(world, name, total)
    ada, eli = world.person("ada").id, world.person("eli").id
    actions.adjudicate(case.id, ada, Decimal(9), "well argued", "", clock.now())
    session.commit()
    made = exam_queries.get_exam(case.exam_id)
    graders = [world.person(n).id for n in ("mia", "max", "zoe", "ben")]
    exams.set_duties(made, {"grader": graders, "lead": [ada], "deputy": [eli]}, clock.now(), None)
    session.commit()
    ask(world, case)
    mark(world, "ben", "5")
    with pytest.raises(Forbidden):
        actions.adjudicate(case.id, ada, Decimal(9), "as before", "", clock.now())
    session.rollback()
    actions.adjudicate(case.id, eli, Decimal(7), "on the whole", "", clock.now())
    session.commit()
    found = outcome(case)
    assert found is not None and found.after == 7


def test_the_only_lead_decides_again(world: World) -> None:
    case = answered(world)
    for name, total in (("mia", "5"), ("max", "9"), ("zoe", "7")):
        mark(world, name, total)
    ada = world.person("ada").id
    actions.adjudicate(case.id, ada, Decimal(9), "well argued", "", clock.now())
    made = exam_queries.get_exam(case.exam_id)
    exams.set_duties(made, {"grader": [world.person("ben").id], "lead": [ada]}, clock.now(), None)
    session.commit()
    ask(world, case)
    mark(world, "ben", "5")
    actions.adjudicate(case.id, ada, Decimal(8), "less than I thought", "", clock.now())
    session.commit()
    found = outcome(case)
    assert found is not None and found.after == 8


def test_it_is_asked_for_once_at_a_time_and_for_decided_answers_only(world: World) -> None:
    case = answered(world)
    with pytest.raises(Conflict):
        ask(world, case)
    session.rollback()
    mark(world, "mia", "7")
    mark(world, "max", "8")
    ask(world, case)
    with pytest.raises(Conflict):
        ask(world, case)


def test_there_is_nothing_to_conclude_before_the_mark(world: World) -> None:
    case = decided(world)
    ask(world, case)
    with pytest.raises(Missing):
        fresh.conclude(case.id, True, clock.now(), world.person("kim").id)


def test_a_second_appeal_needs_a_fourth_grader(world: World) -> None:
    case = decided(world)
    ask(world, case)
    mark(world, "zoe", "9")
    conclude(world, case)
    case = queries.load_case(case.id)
    with pytest.raises(Invalid):
        ask(world, case)
    session.rollback()
    made = exam_queries.get_exam(case.exam_id)
    exams.set_duties(made, {"grader": [world.person(n).id for n in ("mia", "max", "zoe", "ben")]}, clock.now(), None)
    session.commit()
    ask(world, case)
    task = claim(world, "ben")
    assert task is not None and task.round == 3


def test_two_windows_ask_once(app: Flask, world: World) -> None:
    case = decided(world)
    case_id, kim = case.id, world.person("kim").id

    assert both_at_once(app, lambda: fresh.ask(case_id, None, clock.now(), kim)) == ("done", "refused")
    assert session.query(MarkingTask).filter_by(round=2).count() == 1


def test_a_fresh_mark_and_a_void_at_once(app: Flask, world: World) -> None:
    case = decided(world)
    ask(world, case)
    task = claim(world, "zoe")
    assert task is not None
    task_id, zoe, attempt_id = task.id, world.person("zoe").id, case.attempt_id

    def give() -> int:
        return actions.give_mark(task_id, zoe, [LEVELS.index("9")], "", clock.now()).id

    with Racer(app, give, hold=True) as first:
        first.has_worked()
        with Racer(app, lambda: actions.void_cases(attempt_id)) as second:
            second.must_wait()
            first.let_go()
            second.result()
    session.expire_all()
    assert queries.load_case(case.id).state in ("resolved", "void")
