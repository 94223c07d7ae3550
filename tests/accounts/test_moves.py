"""Teams from when to when, roles, details: what changes, what is refused, what is in the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from examengine.accounts import actions, queries
from examengine.accounts.models import Person
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.jobs import sweeps
from tests.making import World
from tests.racing import Racer


def history(person: Person) -> list[tuple[str | None, bool, bool]]:
    """Team, whether it has ended, whether it is planned; latest first."""
    rows = queries.find_memberships(person.id)
    return [(row.team.name if row.team else None, row.until is not None, row.planned) for row in rows]


def latest(action: str) -> Any:
    [entry] = audit.find_latest(audit.AuditFilter(action=action), 1)
    return entry


def test_a_new_person_has_been_in_her_team_since_then(world: World) -> None:
    cem = world.person("cem", team=world.team("East"))
    assert history(cem) == [("East", False, False)]
    assert history(world.person("sam")) == []


def test_a_move_ends_one_membership_and_begins_the_next(world: World) -> None:
    east, west = world.team("East"), world.team("West")
    cem, ben = world.person("cem", team=east), world.person("ben").id
    now = clock.now()
    assert actions.move_person(cem, west, now, ben, "asked for")
    session.commit()
    assert cem.team is west
    assert history(cem) == [("West", False, False), ("East", True, False)]
    new, old = queries.find_memberships(cem.id)
    assert new.since == old.until == now
    entry = latest("person.move")
    assert (entry.actor_id, entry.reason, entry.detail) == (ben, "asked for", {"before": "East", "after": "West"})
    assert not actions.move_person(cem, west, now, ben)


def test_out_of_every_team_and_back(world: World) -> None:
    east = world.team("East")
    cem = world.person("cem", team=east)
    actions.move_person(cem, None, clock.now(), None)
    actions.move_person(cem, east, clock.now() + timedelta(seconds=1), None)
    assert history(cem) == [("East", False, False), (None, True, False), ("East", True, False)]


def test_a_planned_move_is_carried_out_when_its_day_comes(world: World, travel: Any) -> None:
    east, west = world.team("East"), world.team("West")
    cem = world.person("cem", team=east)
    day = clock.now() + timedelta(days=3)
    actions.move_person(cem, west, clock.now(), None, since=day)
    session.commit()
    sweeps.run_slow()
    session.expire_all()
    assert cem.team is not None and cem.team.name == "East"
    assert history(cem) == [("West", False, True), ("East", False, False)]
    travel(days=3, minutes=10)
    sweeps.run_slow()
    session.expire_all()
    assert cem.team.name == "West"
    assert history(cem) == [("West", False, False), ("East", True, False)]
    assert queries.find_memberships(cem.id)[0].since == day  # as planned, not when the loop came round
    assert latest("person.move").actor_id is None
    sweeps.run_slow()
    assert len(history(cem)) == 2


def test_enrolments_follow_a_move(world: World) -> None:
    from examengine.exams import queries as exams

    east, west = world.team("East"), world.team("West")
    cem = world.person("cem", team=east)
    sitting = world.sitting(people=[], team_ids=[west.id])
    actions.move_person(cem, west, clock.now(), None)
    session.commit()
    sweeps.run_slow()
    assert exams.find_enrolment(sitting.id, cem.id) is not None


def test_another_plan_replaces_the_first_and_can_be_cancelled(world: World) -> None:
    east, west = world.team("East"), world.team("West")
    cem, now = world.person("cem", team=east), clock.now()
    actions.move_person(cem, west, now, None, since=now + timedelta(days=1))
    actions.move_person(cem, None, now, None, since=now + timedelta(days=2))
    assert history(cem) == [(None, False, True), ("East", False, False)]
    actions.cancel_move(cem, now, None)
    session.commit()
    assert history(cem) == [("East", False, False)]
    with pytest.raises(Conflict):
        actions.cancel_move(cem, now, None)


def test_a_move_now_ends_a_plan(world: World) -> None:
    east, west = world.team("East"), world.team("West")
    cem, now = world.person("cem", team=east), clock.now()
    actions.move_person(cem, west, now, None, since=now + timedelta(days=1))
    assert actions.move_person(cem, east, now, None)  # stays where she is
    assert history(cem) == [("East", False, False)]


def test_a_day_that_is_over_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        actions.move_person(world.person("cem"), None, clock.now(), None, since=clock.now() - timedelta(days=1))


def test_two_loops_carry_a_move_out_once(app: Flask, world: World, travel: Any) -> None:
    east, west = world.team("East"), world.team("West")
    cem = world.person("cem", team=east)
    actions.move_person(cem, west, clock.now(), None, since=clock.now() + timedelta(days=1))
    session.commit()
    travel(days=2)
    [key] = queries.find_due_moves(clock.now(), 9)
    with Racer(app, lambda: actions.carry_out_move(key, clock.now()), hold=True) as first:
        first.has_worked()
        with Racer(app, lambda: actions.carry_out_move(key, clock.now())) as second:
            first.let_go()
            assert sorted([first.result(), second.result()]) == [False, True]
    session.expire_all()
    assert len(history(cem)) == 2


def test_details_change_and_say_what_was_before(world: World) -> None:
    cem, ben = world.person("cem"), world.person("ben").id
    wanted = {"username": "0042", "name": "Cem Two", "email": "cem@example.org", "language": "zh"}
    assert actions.set_details(cem, clock.now(), ben, "married", **wanted)
    assert (cem.username, cem.name, cem.email, cem.language) == tuple(wanted.values())
    entry = latest("person.change")
    assert (entry.reason, entry.detail["before"]["username"], entry.detail["after"]) == ("married", "cem", wanted)
    assert not actions.set_details(cem, clock.now(), ben, **wanted)
    assert actions.set_details(cem, clock.now(), ben, email="", language="")
    assert (cem.email, cem.language, cem.name) == (None, None, "Cem Two")


@pytest.mark.parametrize(
    "wanted",
    [{"username": ""}, {"username": "a b"}, {"name": " "}, {"name": "x" * 81}, {"email": "x"}, {"language": "fr"}],
)
def test_bad_details_are_refused(world: World, wanted: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        actions.set_details(world.person("cem"), clock.now(), None, **wanted)


def test_an_employee_number_that_is_taken(world: World) -> None:
    world.person("sam")
    with pytest.raises(Conflict):
        actions.set_details(world.person("cem"), clock.now(), None, username="sam")


def test_roles_change_and_say_what_was_before(world: World) -> None:
    cem = world.person("cem")
    assert actions.set_roles(cem, ["grader", "operator"], clock.now(), None, "trained")
    session.commit()
    assert cem.roles == {"grader", "operator"}
    assert latest("person.roles").detail == {"before": ["operator"], "after": ["grader", "operator"]}
    assert not actions.set_roles(cem, ["operator", "grader"], clock.now(), None)
    with pytest.raises(Invalid):
        actions.set_roles(cem, [], clock.now(), None)


def test_there_is_always_an_administrator(world: World) -> None:
    ben, kim = world.person("ben"), world.person("kim")
    with pytest.raises(Conflict):
        actions.set_roles(ben, ["operator"], clock.now(), kim.id)
    with pytest.raises(Conflict):
        actions.deactivate(ben, clock.now(), kim.id)
    actions.set_roles(kim, ["administrator"], clock.now(), ben.id)
    with pytest.raises(Conflict, match="herself"):
        actions.set_roles(kim, ["manager"], clock.now(), kim.id)
    actions.deactivate(kim, clock.now(), ben.id)
    with pytest.raises(Conflict):
        actions.deactivate(ben, clock.now(), kim.id)  # who is deactivated does not count


def test_two_administrators_do_not_take_the_role_from_each_other_at_once(app: Flask, world: World) -> None:
    ben, kim = world.person("ben"), world.person("kim")
    actions.set_roles(kim, ["administrator"], clock.now(), ben.id)
    session.commit()
    ids = ben.id, kim.id

    def take(whose: int, by: int) -> bool:
        try:
            return actions.set_roles(queries.get_person(whose), ["operator"], clock.now(), by)
        except Conflict:
            session.rollback()
            return False

    with Racer(app, lambda: take(ids[0], ids[1]), hold=True) as first:
        first.has_worked()
        with Racer(app, lambda: take(ids[1], ids[0])) as second:
            first.let_go()
            assert (first.result(), second.result()) == (True, False)
    session.expire_all()
    assert queries.count_administrators() == 1


def test_the_last_login_is_noted_to_the_hour(world: World) -> None:
    cem, now = world.person("cem"), clock.now()
    assert actions.is_login_due(cem, now)
    actions.note_login(cem, now)
    assert not actions.is_login_due(cem, now + timedelta(minutes=59))
    assert actions.is_login_due(cem, now + timedelta(minutes=61))


def test_people_are_found_by_who_never_came_and_who_has_no_team(world: World) -> None:
    world.person("cem", team=world.team("East"))
    sam = world.person("sam")
    actions.note_login(sam, clock.now())
    for chosen, found in ((queries.PeopleFilter(never_in=True), "cem"), (queries.PeopleFilter(team_id=0), "sam")):
        assert [person.username for person in queries.find_people_page(chosen).rows] == [found]
    assert [row.username for row in queries.find_sheet(queries.PeopleFilter(words="cem"), 9)] == ["cem"]
