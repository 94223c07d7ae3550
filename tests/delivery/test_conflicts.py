"""What does not exist for whoever is to sit an exam herself, and how long (semantics §4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import actions
from examengine.delivery.conflicts import Hidden, find_hidden
from examengine.exams import actions as exams
from examengine.exams import queries
from examengine.exams.models import Sitting
from tests.making import World

Travel = Callable[..., None]


def hidden(world: World, name: str = "mia") -> Hidden:
    found = find_hidden(world.person(name).id, clock.now())
    session.rollback()
    return found


def sitting_of_mia(world: World) -> Sitting:
    return world.sitting(world.exam([world.item()]), ["mia"], hours=1)


def test_the_exam_and_its_questions_are_hidden_until_the_last_close(world: World, travel: Travel) -> None:
    exam = world.exam([world.item(code="asked")])
    other = world.item(code="other")
    world.sitting(exam, ["mia"], hours=1)
    world.sitting(exam, ["cem"], hours=5)
    assert hidden(world).exams == {exam.id}
    assert hidden(world).items == {world.items["asked"].id}
    assert other.id not in hidden(world).items
    travel(hours=2)
    assert hidden(world).exams == {exam.id}
    travel(hours=4)
    assert hidden(world) == Hidden()
    assert hidden(world, "max") == Hidden()


def test_a_question_is_hidden_in_other_exams_and_in_its_other_versions(world: World) -> None:
    from dataclasses import replace

    from examengine.bank import actions as bank

    item = world.item("essay", "asked")
    exam = world.exam([item])
    first = item.published_id
    draft = replace(bank.draft_of(item, item.latest), source="another")
    bank.write_item(item.bank, item, draft, clock.now(), None)
    second = bank.publish_item(item, clock.now(), None).id
    session.commit()
    other = world.exam([item])
    world.sitting(exam, ["mia"])
    found = hidden(world)
    assert first and found.has(other.id, first)
    assert found.has(other.id, second)
    assert not found.has(other.id, world.item("essay", "free").published_id or 0)


def test_with_extra_time_it_stays_hidden_as_long_as_her_attempt_goes_on(world: World, travel: Travel) -> None:
    sitting = sitting_of_mia(world)
    attempt = world.start(sitting, "mia")
    enrolment = queries.get_enrolment(attempt.enrolment_id)
    exams.add_extra_time(enrolment, 3600, clock.now(), None, "she reads slowly")
    actions.refresh_deadline(enrolment.id, clock.now(), world.person("kim").id, "she reads slowly")
    session.commit()
    travel(minutes=90)
    assert hidden(world).exams == {sitting.exam_id}
    actions.close_attempt(attempt.id, "force", clock.now(), world.person("kim").id)
    session.commit()
    assert hidden(world) == Hidden()


def test_a_withdrawn_sitting_hides_nothing_but_an_attempt_that_goes_on_does(world: World) -> None:
    sitting = sitting_of_mia(world)
    attempt = world.start(sitting, "mia")
    exams.withdraw_sitting(sitting, clock.now(), None, "a mistake")
    session.commit()
    assert hidden(world).exams == {sitting.exam_id}
    actions.void(attempt.id, clock.now(), world.person("kim").id, "a mistake")
    session.commit()
    assert hidden(world) == Hidden()


def test_a_sitting_to_come_counts(world: World) -> None:
    exam = world.exam([world.item()])
    world.sitting(exam, ["mia"], opens=timedelta(days=3))
    assert hidden(world).exams == {exam.id}
