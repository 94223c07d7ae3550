"""Scoring at closing: what the machine judges at once, cases and tasks for the rest; any number of times."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask

from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.delivery import actions as delivery
from examengine.delivery.models import Attempt, RejectedSave
from examengine.grading import actions, queries
from examengine.grading.models import MarkingCase, MarkingTask, Score
from tests.grading.marking import answered, hand_in
from tests.making import World
from tests.racing import Racer


def scores(attempt: Attempt) -> dict[int, Score]:
    session.expire_all()
    return dict(queries.latest_scores([attempt.id]).get(attempt.id, {}))


def close(attempt: Attempt) -> None:
    delivery.close_attempt(attempt.id, "force", clock.now())
    session.commit()


def score(attempt: Attempt) -> bool:
    done = actions.score_closed(attempt.id, clock.now())
    session.commit()
    return done


def test_right_answers_earn_all_that_the_machine_gives(world: World) -> None:
    attempt = world.sat(world.sitting())
    machine = [item for item in world.items.values() if item.latest.kind != "essay"]
    assert len(scores(attempt)) == len(machine) == 5
    assert {(row.points, row.maximum, row.source) for row in scores(attempt).values()} == {
        (Decimal(2), Decimal(2), "machine")
    }
    assert session.query(MarkingCase).count() == 1


def test_wrong_answers_earn_nothing_and_a_short_answer_goes_to_people(world: World) -> None:
    attempt = world.sat(world.sitting(), right=False)
    assert {row.points for row in scores(attempt).values()} == {Decimal(0)}
    assert len(scores(attempt)) == 4
    assert session.query(MarkingCase).count() == 2


def test_blank_answers_earn_nothing_and_nobody_marks_them(world: World) -> None:
    attempt = world.start(world.sitting())
    close(attempt)
    assert score(attempt)
    assert [row.points for row in scores(attempt).values()] == [Decimal(0)] * 6
    assert session.query(MarkingCase).count() == 0


@pytest.mark.parametrize("blank", ["", "  \n", "\u200b"])
def test_an_essay_of_nothing_but_space_is_blank(world: World, blank: str) -> None:
    attempt = hand_in(world, world.sitting(world.exam([world.item("short_answer")])), answer=blank)
    assert scores(attempt)[1].points == 0


def test_fractions_are_kept_to_the_millionth(world: World) -> None:
    options = [{"text": str(n), "key": n < 3} for n in range(5)]
    item = world.item("multiple_choice", data={"options": options, "rule": "net"})
    attempt = world.start(world.sitting(world.exam([item], shuffle_options=False)))
    world.save(world.token(attempt), 1, [{"slot": 1, "t": 1, "value": [0]}])
    close(attempt)
    score(attempt)
    assert scores(attempt)[1].points == Decimal("0.666667")


def test_the_evidence_says_how_it_was_scored(world: World) -> None:
    attempt = world.sat(world.sitting(world.exam([world.item("fill_in")])))
    evidence = scores(attempt)[1].evidence
    assert evidence["profile"] == "default-1"
    assert evidence["matched"] == ["password", "24"]
    assert evidence["normalised"] == ["password", "24"]


def test_an_attempt_is_scored_once(world: World) -> None:
    attempt = world.sat(world.sitting(), right=False)
    before = session.query(Score).count(), session.query(MarkingTask).count()
    assert not score(attempt)
    assert (session.query(Score).count(), session.query(MarkingTask).count()) == before


def test_an_open_or_void_attempt_is_not_scored(world: World) -> None:
    attempt = world.start(world.sitting())
    assert not score(attempt)
    delivery.void(attempt.id, clock.now(), world.person("kim").id, "fraud")
    session.commit()
    assert not score(attempt)
    assert queries.find_unscored(9) == []


def test_closed_and_unscored_attempts_are_found(world: World) -> None:
    attempt = world.start(world.sitting())
    close(attempt)
    assert queries.find_unscored(9) == [attempt.id]
    score(attempt)
    assert queries.find_unscored(9) == []


def test_two_scorings_at_once_score_once(app: Flask, world: World) -> None:
    attempt_id = world.start(world.sitting()).id
    delivery.close_attempt(attempt_id, "force", clock.now())
    session.commit()

    def score_it() -> bool:
        return actions.score_closed(attempt_id, clock.now())

    with Racer(app, score_it, hold=True) as first:
        first.has_worked()
        with Racer(app, score_it) as second:
            second.must_wait()
            assert first.let_go()
            assert not second.result()
    assert session.query(Score).count() == 6


@pytest.mark.parametrize("markers", [1, 2, 3])
def test_an_answer_for_people_becomes_as_many_tasks_as_the_policy_says(world: World, markers: int) -> None:
    case = answered(world, marking={"markers": markers})
    assert (case.state, case.wanted, case.maximum, case.tolerance) == ("waiting", markers, Decimal(10), Decimal(1))
    assert [(task.ordinal, task.state) for task in case.tasks] == [(n, "open") for n in range(1, markers + 1)]


@pytest.mark.parametrize(
    ("points", "tolerance"), [("2", "0.5"), ("5", "0.5"), ("10", "1"), ("20", "2")], ids=["2", "5", "10", "20"]
)
def test_the_tolerance_is_a_tenth_down_to_a_mark_step(world: World, points: str, tolerance: str) -> None:
    hand_in(world, world.sitting(world.exam([world.item("essay", points=points)])))
    assert session.query(MarkingCase).one().tolerance == Decimal(tolerance)


def test_a_late_answer_that_is_admitted_is_scored_beside_the_old_score(
    world: World, travel: Callable[..., None]
) -> None:
    attempt = world.start(world.sitting(world.exam([world.item(), world.item()], shuffle_options=False)))
    token, kim = world.token(attempt), world.person("kim").id
    world.save(token, 1, [{"slot": 1, "t": 1, "value": 0}])
    travel(minutes=62)
    with pytest.raises(Conflict):
        world.save(token, 2, [{"slot": 2, "t": 2, "value": 0}])
    delivery.close_attempt(attempt.id, "expire", clock.now())
    session.commit()
    score(attempt)
    delivery.admit_late(session.query(RejectedSave).one().id, clock.now(), kim, "the line was down")
    session.commit()
    assert score(attempt)
    assert [(row.number, row.points) for row in scores(attempt).values()] == [(1, Decimal(2)), (2, Decimal(2))]
    assert session.query(Score).count() == 3
