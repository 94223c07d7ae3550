"""Facility (§6): mean share of the maximum over first, finished attempts, by the score that stands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from examengine.analysis.item_analysis import Facility, facilities
from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import actions as delivery
from examengine.grading.models import Score
from tests.making import World
from tests.results.correcting import answered, apply, choice, for_exam, keyed, rekey, undo


def of(world: World, exam_id: int) -> dict[str, tuple[int, float]]:
    session.commit()
    return {row.code: (row.count, row.value) for row in facilities(exam_id)}


def test_the_mean_share_of_the_maximum(world: World) -> None:
    exam = world.exam([world.item(code="a-1"), world.item("true_false", "b-1")])
    sitting = world.sitting(exam, ["cem", "sam", "eva"])
    for name, right in (("cem", True), ("sam", True), ("eva", False)):
        world.sat(sitting, name, right)
    found = of(world, sitting.exam_id)
    assert found == {"a-1": (3, pytest.approx(2 / 3)), "b-1": (3, pytest.approx(2 / 3))}


def test_only_first_finished_attempts_count(world: World) -> None:
    sitting = world.sitting(world.exam([world.item(code="a-1")], attempts=3), ["cem", "sam", "eva"])
    world.sat(sitting, "cem", right=False)
    world.sat(sitting, "cem", right=True)
    world.start(sitting, "sam")
    void = world.sat(sitting, "eva")
    delivery.void(void.id, clock.now(), world.person("kim").id, "fraud")
    assert of(world, sitting.exam_id) == {"a-1": (1, 0.0)}


def test_a_later_score_takes_the_place_of_an_earlier_one(world: World) -> None:
    sitting = world.sitting(world.exam([world.item(code="a-1")]))
    world.sat(sitting, right=False)
    first = session.query(Score).one()
    names = ("attempt_id", "slot", "version_id", "source", "maximum", "evidence", "at")
    session.add(Score(number=2, points=Decimal(1), **{name: getattr(first, name) for name in names}))
    assert of(world, sitting.exam_id) == {"a-1": (1, 0.5)}


def test_corrections_count_while_they_are_in_force_and_what_does_not_count_says_nothing(world: World) -> None:
    one, two = choice(world, "a-1"), choice(world, "b-1")
    exam = world.exam([one, two], shuffle_items=False)
    answered(world, world.sitting(exam), "cem", {1: 1, 2: 0})
    made = rekey(world, one, keyed(1))
    assert of(world, exam.id) == {"a-1": (1, 0.0), "b-1": (1, 1.0)}, "a draft counts for nothing"
    apply(world, made)
    apply(world, for_exam(world, exam, two, "drop"))
    assert of(world, exam.id) == {"a-1": (1, 1.0)}
    undo(world, made)
    assert of(world, exam.id) == {"a-1": (1, 0.0)}


def test_other_exams_do_not_count(world: World) -> None:
    item = world.item(code="a-1")
    one, two = (world.sitting(world.exam([item])) for _ in range(2))
    world.sat(one, right=True)
    world.sat(two, right=False)
    assert of(world, one.exam_id) == {"a-1": (1, 1.0)}


@pytest.mark.parametrize(("count", "standing"), [(9, "hidden"), (10, "indicative"), (29, "indicative"), (30, "sound")])
def test_what_may_be_said_follows_from_the_count(count: int, standing: str) -> None:
    assert Facility(1, 1, "a", "single_choice", "", count, 0.5).standing == standing
