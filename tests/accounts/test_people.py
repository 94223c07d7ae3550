"""People: names, roles, passwords, preferences; what ends sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from examengine.accounts import actions, login, passwords, queries
from examengine.accounts.models import OneTimeLink
from examengine.core import audit, clock, codes
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from tests.making import PASSWORD, World


def add(username: str = "1001", name: str = "Cem", roles: tuple[str, ...] = ("operator",), **more: object) -> int:
    made = actions.add_person(username, name, roles, clock.now(), **more)  # type: ignore[arg-type]
    session.commit()
    return made.id


def acts() -> list[str]:
    return [entry.action for entry in audit.find_latest(audit.AuditFilter(), 20)]


@pytest.mark.parametrize("username", ["", "a b", "张三", "x" * 41, "a/b", "<b>", "a\n"])
def test_a_bad_employee_number_is_refused(app: Flask, username: str) -> None:
    with pytest.raises(Invalid):
        add(username)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_bad_name_is_refused(app: Flask, name: str) -> None:
    with pytest.raises(Invalid):
        add(name=name)


@pytest.mark.parametrize("roles", [(), ("king",), ("operator", "king")])
def test_a_role_that_does_not_exist_is_refused(app: Flask, roles: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        add(roles=roles)


def test_an_employee_number_is_taken_once(app: Flask) -> None:
    add()
    with pytest.raises(Conflict):
        add()


def test_somebody_may_hold_several_roles(app: Flask) -> None:
    person = queries.get_person(add(roles=("grader", "trainer", "grader")))
    assert person.roles == {"grader", "trainer"}


def test_a_team_is_made_once(app: Flask) -> None:
    assert actions.add_team("East", clock.now()).id == actions.add_team("East", clock.now()).id


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201])
def test_passwords_have_8_to_200_characters(app: Flask, password: str) -> None:
    with pytest.raises(Invalid):
        add(password=password)


def test_passwords_are_kept_as_argon2id_only(app: Flask) -> None:
    person = queries.get_person(add(password="eight ch"))
    assert person.password_hash is not None
    assert person.password_hash.startswith("$argon2id$")
    assert "eight ch" not in person.password_hash


def test_the_right_password_lets_in_and_a_wrong_one_does_not(app: Flask) -> None:
    add(password="eight ch")
    assert login.check("1001", "eight ch") is not None
    assert login.check("1001", "eight cH") is None
    assert login.check("1002", "eight ch") is None


def test_who_has_no_password_or_is_inactive_cannot_log_in(app: Flask) -> None:
    add()
    assert login.check("1001", "nobody's password") is None
    person = queries.get_person(add("1002", password="eight ch"))
    actions.deactivate(person, clock.now(), None)
    assert login.check("1002", "eight ch") is None


def test_nobody_matches_an_absent_hash(app: Flask) -> None:
    assert not passwords.matches(None, "nobody's password")
    assert not passwords.matches("not a hash", "x")


def test_a_new_password_ends_all_sessions(world: World) -> None:
    cem = world.person("cem")
    before = cem.get_id()
    actions.change_password(cem, PASSWORD, "another one", clock.now())
    session.commit()
    assert login.load_person(before) is None
    assert login.load_person(cem.get_id()) is cem


def test_the_old_password_is_asked_for(world: World) -> None:
    cem = world.person("cem")
    with pytest.raises(Invalid):
        actions.change_password(cem, "guess", "another one", clock.now())
    assert login.check("cem", PASSWORD) is cem


def test_deactivation_ends_sessions_and_reactivation_does_not_bring_them_back(world: World) -> None:
    cem = world.person("cem")
    before = cem.get_id()
    actions.deactivate(cem, clock.now(), None, "left the company")
    assert login.load_person(before) is None
    assert login.load_person(cem.get_id()) is None
    actions.reactivate(cem, clock.now(), None)
    assert login.load_person(before) is None
    assert login.load_person(cem.get_id()) is cem


@pytest.mark.parametrize("session_id", ["", "1", "1.", ".1", "1.1.1", "x.1", "1.x", "-1.1", "９９.1"])
def test_a_session_id_of_another_shape_is_nobody(world: World, session_id: str) -> None:
    world.person("cem")
    assert login.load_person(session_id) is None


def test_preferences_take_what_is_known_and_leave_the_rest(world: World) -> None:
    cem = world.person("cem")
    actions.set_preferences(cem, "zh", "dark")
    assert (cem.language, cem.theme) == ("zh", "dark")
    actions.set_preferences(cem, "fr", "pink")
    actions.set_preferences(cem, None, None)
    assert (cem.language, cem.theme) == ("zh", "dark")


def test_a_one_time_link_works_once(world: World) -> None:
    cem = world.person("cem")
    token = actions.make_link(cem, clock.now())
    session.commit()
    assert actions.use_link(token, "my own password", clock.now()) is cem
    session.commit()
    assert login.check("cem", "my own password") is cem
    with pytest.raises(Missing):
        actions.use_link(token, "another password", clock.now())


def test_a_one_time_link_runs_out(world: World) -> None:
    cem = world.person("cem")
    token = actions.make_link(cem, clock.now(), hours=48)
    later = clock.now() + timedelta(hours=48, seconds=1)
    assert queries.find_link(token, later) is None
    with pytest.raises(Missing):
        actions.use_link(token, "my own password", later)


def test_a_one_time_link_is_kept_as_its_digest(world: World) -> None:
    token = actions.make_link(world.person("cem"), clock.now())
    assert session.query(OneTimeLink).one().digest == codes.sha256(token)


def test_a_link_with_a_bad_password_stays_usable(world: World) -> None:
    token = actions.make_link(world.person("cem"), clock.now())
    session.commit()
    with pytest.raises(Invalid):
        actions.use_link(token, "short", clock.now())
    session.rollback()
    assert queries.find_link(token, clock.now()) is not None


def test_acts_on_people_are_in_the_audit_trail(world: World) -> None:
    cem, ben = world.person("cem"), world.person("ben").id
    actions.set_password(cem, "another one", clock.now(), ben)
    actions.deactivate(cem, clock.now(), ben, "left")
    session.commit()
    assert {"person.add", "person.password", "person.deactivate"} <= set(acts())
    latest = audit.find_latest(audit.AuditFilter(action="person.deactivate"), 1)[0]
    assert (latest.actor_id, latest.subject_id, latest.reason) == (ben, cem.id, "left")


def test_the_audit_trail_has_no_passwords(world: World) -> None:
    actions.set_password(world.person("cem"), "a very secret one", clock.now())
    session.commit()
    entries = audit.find_latest(audit.AuditFilter(), 99)
    assert "a very secret one" not in str([(entry.reason, entry.detail) for entry in entries])


def test_people_are_found_by_role_team_and_words(world: World) -> None:
    east = world.team()
    for name in ("cem", "ann", "mia"):
        world.person(name, team=east if name == "cem" else None)
    assert [p.username for p in queries.find_people(role="grader")] == ["mia"]
    assert [p.username for p in queries.find_people(team_id=east.id)] == ["cem"]
    assert [p.username for p in queries.find_people_page(queries.PeopleFilter(words="auth")).rows] == ["ann"]
    assert [p.username for p in queries.find_people_page(queries.PeopleFilter(words="%")).rows] == []


def test_a_list_of_people_takes_the_same_number_of_statements_whatever_its_length(world: World) -> None:
    from tests.counting import statements

    def count() -> int:
        session.expire_all()
        with statements() as seen:
            for person in queries.find_people_page(queries.PeopleFilter()).rows:
                assert person.roles
                assert person.team is None
        return len(seen)

    world.person("cem")
    few = count()
    for n in range(20):
        world.person(f"op{n}")
    assert count() == few
