"""Sittings: times, audience by team and person, joiners and leavers, conflicts of interest (§4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from examengine.accounts.models import Team
from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Invalid
from examengine.delivery import actions as delivery
from examengine.exams import actions, extending, queries
from examengine.exams.models import Sitting
from examengine.notices.queries import find_notices
from tests.making import World

HOUR = timedelta(hours=1)


def enrolled(sitting: Sitting) -> list[str]:
    session.expire_all()
    return [enrolment.person.username for enrolment in queries.find_enrolments(sitting.id)]


def move(world: World, name: str, team: Team | None) -> None:
    world.person(name).team_id = team.id if team else None
    session.commit()


def sync(sitting: Sitting, started: set[int] = frozenset()) -> int:  # type: ignore[assignment]
    changed = actions.sync_enrolments(sitting, clock.now(), started)
    session.commit()
    return changed


@pytest.fixture
def east(world: World) -> Team:
    """A team of Cem and Sam."""
    team = world.team()
    for name in ("cem", "sam"):
        world.person(name, team=team)
    return team


@pytest.mark.parametrize(
    ("last", "close"),
    [(-HOUR, HOUR), (timedelta(0), HOUR), (2 * HOUR, HOUR), (HOUR, timedelta(days=367))],
    ids=["ends before it opens", "opens for no time", "starts after the close", "for ever"],
)
def test_times_that_make_no_sense_are_refused(world: World, last: timedelta, close: timedelta) -> None:
    now, exam = clock.now(), world.exam([world.item()])
    with pytest.raises(Invalid):
        actions.plan_sitting(exam, "S", now, now + last, now + close, now, None)


def change(sitting: Sitting, close: timedelta, *, has_begun: bool) -> None:
    actions.change_sitting(
        sitting,
        sitting.title,
        sitting.opens_at,
        min(sitting.last_start_at, sitting.hard_close_at + close),
        sitting.hard_close_at + close,
        "",
        clock.now(),
        None,
        has_begun=has_begun,
    )
    session.commit()


def test_the_close_never_moves_earlier_once_somebody_has_begun(world: World) -> None:
    sitting = world.sitting(world.exam([world.item()]))
    with pytest.raises(Invalid):
        change(sitting, -HOUR, has_begun=True)
    session.rollback()
    change(sitting, HOUR, has_begun=True)
    change(sitting, -HOUR, has_begun=False)


def test_single_people_and_teams_are_enrolled_once_and_told_once(world: World, east: Team) -> None:
    sitting = world.sitting(world.exam([world.item()]), ["cem", "mia"], team_ids=[east.id])
    assert enrolled(sitting) == ["cem", "mia", "sam"]
    assert [len(find_notices(world.person(name).id)) for name in ("cem", "mia", "sam")] == [1, 1, 1]


def test_joiners_are_enrolled_until_the_last_start(world: World, east: Team, travel: Callable[..., None]) -> None:
    sitting = world.sitting(world.exam([world.item()]), (), team_ids=[east.id], hours=1)
    world.person("joy", team=east)
    assert sync(sitting) == 1
    assert enrolled(sitting) == ["cem", "joy", "sam"]
    travel(hours=2)
    world.person("late", team=east)
    assert sync(sitting) == 0
    assert "late" not in enrolled(sitting)


def test_leavers_go_only_if_they_have_not_started(world: World, east: Team) -> None:
    sitting = world.sitting(world.exam([world.item()]), (), team_ids=[east.id])
    world.start(sitting, "cem")
    for name in ("cem", "sam"):
        move(world, name, None)
    assert sync(sitting, {world.person("cem").id}) == 1
    assert enrolled(sitting) == ["cem"]


def test_who_left_and_came_back_is_enrolled_again_in_the_same_place(world: World, east: Team) -> None:
    sitting = world.sitting(world.exam([world.item()]), (), team_ids=[east.id])
    place = queries.find_enrolment(sitting.id, world.person("sam").id)
    move(world, "sam", None)
    sync(sitting)
    move(world, "sam", east)
    sync(sitting)
    again = queries.find_enrolment(sitting.id, world.person("sam").id)
    assert place is not None and again is not None
    assert again.id == place.id


def test_who_was_enrolled_by_name_stays_when_she_leaves_the_team(world: World, east: Team) -> None:
    sitting = world.sitting(world.exam([world.item()]), ["cem"], team_ids=[east.id])
    move(world, "cem", None)
    sync(sitting)
    assert enrolled(sitting) == ["cem", "sam"]


def test_taking_a_team_out_takes_its_members_out_but_not_who_has_started(world: World, east: Team) -> None:
    sitting = world.sitting(world.exam([world.item()]), (), team_ids=[east.id])
    cem = world.start(sitting, "cem").person_id
    actions.set_audience(sitting, (), (), clock.now(), None, {cem})
    session.commit()
    assert enrolled(sitting) == ["cem"]


def test_syncing_twice_changes_nothing(world: World, east: Team) -> None:
    sitting = world.sitting(world.exam([world.item()]), (), team_ids=[east.id])
    assert sync(sitting) == 0
    assert len(find_notices(world.person("cem").id)) == 1


def test_a_readmission_needs_a_reason(world: World) -> None:
    sitting = world.sitting(world.exam([world.item()]))
    enrolment = queries.find_enrolment(sitting.id, world.person("cem").id)
    assert enrolment is not None
    with pytest.raises(Invalid):
        actions.readmit(enrolment, clock.now(), None, "")


@pytest.mark.parametrize("seconds", [0, -60, 24 * 3600 + 1])
def test_extra_time_is_positive_and_a_day_at_most(world: World, seconds: int) -> None:
    sitting = world.sitting(world.exam([world.item()]))
    enrolment = queries.find_enrolment(sitting.id, world.person("cem").id)
    assert enrolment is not None
    with pytest.raises(Invalid):
        actions.add_extra_time(enrolment, seconds, clock.now(), None, "certificate")


def test_invigilators_are_named_by_the_sitting(world: World) -> None:
    sitting = world.sitting(world.exam([world.item()]))
    assert queries.is_invigilator(sitting.id, world.person("kim").id)
    actions.set_invigilators(sitting, [world.person("ann").id], clock.now(), None)
    assert not queries.is_invigilator(sitting.id, world.person("kim").id)
    assert [person.username for person in queries.find_invigilators(sitting.id)] == ["ann"]


def conflicts(world: World, name: str) -> frozenset[int]:
    return queries.find_conflicts(world.person(name).id, clock.now())


def test_an_exam_does_not_exist_for_who_is_enrolled_until_its_last_sitting_closes(
    world: World, travel: Callable[..., None]
) -> None:
    exam = world.exam([world.item("essay")])
    world.sitting(exam, ["mia"], hours=1)
    world.sitting(exam, ["cem"], hours=5)
    item = next(iter(world.items.values()))
    assert conflicts(world, "mia") == {exam.id}
    assert queries.find_items(conflicts(world, "mia")) == {item.id}
    travel(hours=2)
    assert conflicts(world, "mia") == {exam.id}
    travel(hours=4)
    assert conflicts(world, "mia") == frozenset()
    assert queries.find_items(conflicts(world, "mia")) == frozenset()


def test_a_planned_sitting_counts_before_it_opens(world: World) -> None:
    exam = world.exam([world.item()])
    world.sitting(exam, ["mia"], opens=timedelta(days=3))
    assert conflicts(world, "mia") == {exam.id}


def test_who_left_the_sitting_or_is_in_another_exam_has_no_conflict(world: World) -> None:
    sitting = world.sitting(world.exam([world.item()]), ["mia"])
    other = world.exam([world.item()])
    world.sitting(other, ["cem"])
    actions.set_audience(sitting, (), (), clock.now(), None)
    session.commit()
    assert conflicts(world, "mia") == frozenset()
    assert conflicts(world, "cem") == {other.id}


def test_a_withdrawn_sitting_makes_no_conflict(world: World) -> None:
    exam = world.exam([world.item()])
    sitting = world.sitting(exam, ["mia"])
    world.sitting(exam, ["cem"], title="goes on")
    actions.withdraw_sitting(sitting, clock.now(), None, "no room")
    session.commit()
    assert conflicts(world, "mia") == frozenset()
    assert conflicts(world, "cem") == {exam.id}


def test_who_enrols_is_told_of_duties_of_the_enrolled(world: World) -> None:
    sitting = world.sitting(world.exam([world.item("essay")]), ["mia", "cem", "kim", "ann"])
    named = [person.username for person in queries.find_enrolled_with_duty(sitting)]
    assert named == ["ann", "kim", "mia"]


def test_absent_are_those_who_never_began_once_it_is_over(world: World, travel: Callable[..., None]) -> None:
    from examengine.delivery import queries as attempts

    sitting = world.sitting(world.exam([world.item()]), ["cem", "sam"], hours=1)
    delivery.close_attempt(world.start(sitting).id, "force", clock.now())
    session.commit()
    assert queries.find_unrolled(clock.now(), 9) == []
    travel(hours=2)
    assert queries.find_unrolled(clock.now(), 9) == [sitting.id]
    [absent] = attempts.find_absent(sitting.id, 9)
    assert queries.get_enrolment(absent).person.username == "sam"


def test_a_roll_is_closed_once_and_opened_by_whatever_brings_people_back(
    world: World, travel: Callable[..., None]
) -> None:
    sitting = world.sitting(world.exam([world.item()]), ["cem"], hours=1)
    travel(hours=2)
    actions.close_roll(sitting, clock.now())
    assert queries.find_unrolled(clock.now(), 9) == []
    later = clock.now() + timedelta(hours=1)
    extending.extend_sitting(sitting.id, later, later, clock.now(), None, "The room was locked.")
    travel(hours=2)
    assert queries.find_unrolled(clock.now(), 9) == [sitting.id]
