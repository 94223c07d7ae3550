"""Letting in who cannot log in: the administrator anybody; an invigilator those who are no more than her candidates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.accounts import failures
from examengine.accounts.models import OneTimeCode, PersonRole
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.exams import actions as exams
from examengine.exams import queries
from examengine.exams.models import Enrolment, Sitting
from tests.making import World, csrf_of, post
from tests.web.conftest import Visit

Browse = Callable[..., FlaskClient]
Travel = Callable[..., None]
HERE = "192.0.2.7"
CODE = re.compile(r'class="secret">([2-9A-Z]{4}-[2-9A-Z]{4})<')


def lock_out(name: str = "cem", times: int = 5) -> None:
    this = failures.at_login(name, HERE)
    for _ in range(times):
        failures.note(this, failures.look(this, clock.now()), clock.now())
    session.commit()


def failed(world: World, name: str = "cem") -> int:
    session.rollback()
    return sum(row.count for row in failures.find_recent(world.person(name), clock.now()))


def use(client: FlaskClient, code: str, name: str = "cem") -> int:
    token = csrf_of(client.get("/login/code").get_data(as_text=True))
    data = {"csrf_token": token, "username": name, "code": code, "password": "my own horse", "again": "my own horse"}
    return client.post("/login/code", data=data).status_code


def act_of(action: str) -> Any:
    return audit.find_latest(audit.AuditFilter(action=action), 1)[0]


# ---- the administrator ----


def test_the_administrator_sees_what_failed_and_ends_the_wait(world: World, visit: Visit) -> None:
    cem = world.person("cem").id
    ben = visit("ben")
    path = f"/admin/people/{cem}"
    assert "No log-in has failed" in ben.get(path).get_data(as_text=True)
    lock_out()
    page = ben.get(path).get_data(as_text=True)
    assert "5 wrong from 192.0.2.7" in page
    assert "must wait" in page
    assert post(ben, path, f"{path}/wait").status_code == 302
    assert failed(world) == 0
    entry = act_of("person.wait")
    assert (entry.actor_id, entry.subject_id, entry.detail) == (world.person("ben").id, cem, {"failures": 5})


def test_the_administrator_gives_a_code_that_is_shown_once(world: World, visit: Visit, browse: Browse) -> None:
    cem = world.person("cem").id
    ben = visit("ben")
    path = f"/admin/people/{cem}"
    answer = post(ben, path, f"{path}/code")
    found = CODE.search(answer.get_data(as_text=True))
    assert answer.status_code == 200 and found
    assert answer.headers["Cache-Control"] == "no-store"
    assert found.group(1) not in ben.get(path).get_data(as_text=True)
    entry = act_of("person.code")
    assert (entry.actor_id, entry.subject_id) == (world.person("ben").id, cem)
    assert use(browse(), found.group(1)) == 302
    assert act_of("person.code.use").actor_id == cem
    trail = ben.get("/admin/audit").get_data(as_text=True)
    assert "One-time code given" in trail and "One-time code used" in trail
    assert found.group(1) not in trail


def test_nobody_gives_herself_a_code(world: World, visit: Visit) -> None:
    ben = visit("ben")
    answer = post(ben, "/account", f"/admin/people/{world.person('ben').id}/code")
    assert answer.status_code == 409
    assert session.query(OneTimeCode).count() == 0


def test_a_deactivated_person_is_given_none(world: World, visit: Visit) -> None:
    from examengine.accounts import actions

    cem = world.person("cem")
    actions.deactivate(cem, clock.now(), None)
    session.commit()
    assert post(visit("ben"), "/account", f"/admin/people/{cem.id}/code").status_code == 409


# ---- an invigilator ----


@pytest.fixture
def sitting(world: World) -> Sitting:
    """Cem sits; Zoe, a trainer's colleague, watches; Max watches nothing."""
    made = world.sitting(world.exam([world.item()], graders=["mia"]), ["cem", "sam"], hours=2)
    exams.set_invigilators(made, [world.person("zoe").id], clock.now(), None)
    session.commit()
    return made


def place(sitting: Sitting, world: World, name: str = "cem") -> Enrolment:
    found = queries.find_enrolment(sitting.id, world.person(name).id)
    assert found is not None
    return found


def path_of(sitting: Sitting, world: World, name: str = "cem") -> str:
    return f"/invigilation/{sitting.id}/people/{place(sitting, world, name).id}"


def test_the_invigilator_lets_her_candidate_in(world: World, sitting: Sitting, visit: Visit, browse: Browse) -> None:
    zoe, path = visit("zoe"), path_of(sitting, world)
    assert f"{path}/wait" not in zoe.get(path).get_data(as_text=True)
    lock_out()
    page = zoe.get(path).get_data(as_text=True)
    assert f"{path}/wait" in page and "5 wrong from 192.0.2.7" in page
    assert post(zoe, path, f"{path}/wait", reason="badge seen").status_code == 303
    assert failed(world) == 0
    entry = act_of("person.wait")
    assert (entry.actor_id, entry.reason, entry.detail["sitting"]) == (world.person("zoe").id, "badge seen", sitting.id)
    found = CODE.search(post(zoe, path, f"{path}/code", reason="").get_data(as_text=True))
    assert found
    entry = act_of("person.code")
    assert (entry.actor_id, entry.detail) == (world.person("zoe").id, {"sitting": sitting.id})
    assert use(browse(), found.group(1)) == 302


@pytest.mark.parametrize("act", ["code", "wait"])
@pytest.mark.parametrize("role", ["grader", "trainer", "manager", "administrator"])
def test_never_for_somebody_with_more_rights(world: World, sitting: Sitting, visit: Visit, act: str, role: str) -> None:
    session.add(PersonRole(person_id=world.person("cem").id, role=role))
    session.commit()
    lock_out()
    zoe, path = visit("zoe"), path_of(sitting, world)
    page = zoe.get(path).get_data(as_text=True)
    assert f"{path}/code" not in page and "only an administrator" in page
    answer = post(zoe, "/account", f"{path}/{act}", reason="please")
    assert answer.status_code == 403
    assert "only an administrator" in answer.get_data(as_text=True)
    assert failed(world) == 5
    assert session.query(OneTimeCode).count() == 0


@pytest.mark.parametrize("act", ["code", "wait"])
def test_not_once_the_sitting_is_over(world: World, sitting: Sitting, visit: Visit, travel: Travel, act: str) -> None:
    path = path_of(sitting, world)
    exams.add_extra_time(place(sitting, world), 600, clock.now(), world.person("zoe").id, "certificate")
    session.commit()
    travel(hours=2, minutes=5)  # over for the others, not for her
    zoe = visit("zoe")
    assert post(zoe, "/account", f"{path}/{act}", reason="x").status_code in (200, 303)
    travel(minutes=10)
    answer = post(zoe, "/account", f"{path}/{act}", reason="x")
    assert answer.status_code == 409
    assert "The sitting is over" in answer.get_data(as_text=True)


@pytest.mark.parametrize("act", ["code", "wait"])
@pytest.mark.parametrize("who", ["max", "cem", "ben"])
def test_not_by_who_does_not_watch_the_sitting(
    world: World, sitting: Sitting, visit: Visit, act: str, who: str
) -> None:
    path = path_of(sitting, world)
    assert post(visit(who), "/account", f"{path}/{act}", reason="x").status_code == 404
    assert session.query(OneTimeCode).count() == 0


@pytest.mark.parametrize("act", ["code", "wait"])
def test_not_for_a_candidate_of_another_sitting(world: World, sitting: Sitting, visit: Visit, act: str) -> None:
    other = world.sitting(world.exam([world.item()], graders=["mia"]), ["eva"])
    foreign = place(other, world, "eva").id
    path = f"/invigilation/{sitting.id}/people/{foreign}/{act}"
    assert post(visit("zoe"), "/account", path, reason="x").status_code == 404


def test_a_remark_that_is_too_long_is_said_and_kept(world: World, sitting: Sitting, visit: Visit) -> None:
    path = path_of(sitting, world)
    answer = post(visit("zoe"), path, f"{path}/code", reason="x" * 401)
    assert answer.status_code == 422
    assert "x" * 401 in answer.get_data(as_text=True)


# ---- the access code at the start ----


def coded(world: World) -> Sitting:
    made = world.sitting(world.exam([world.item()], graders=["mia"]), ["cem"], access_code="Alpha-7")
    exams.set_invigilators(made, [world.person("zoe").id], clock.now(), None)
    session.commit()
    return made


def test_the_lobby_says_what_was_wrong_and_then_how_long_to_wait(world: World, visit: Visit, travel: Travel) -> None:
    sitting = coded(world)
    cem, lobby = visit("cem"), f"/sittings/{sitting.id}"
    for _ in range(5):
        answer = post(cem, lobby, f"{lobby}/start", code="beta")
        assert answer.status_code == 403
        assert "The access code is not right." in answer.get_data(as_text=True)
    answer = post(cem, lobby, f"{lobby}/start", code="Alpha-7")
    assert (answer.status_code, answer.headers["Retry-After"] in ("29", "30")) == (429, True)
    page = answer.get_data(as_text=True)
    assert "data-countdown" in page and f'action="{lobby}/start"' in page
    told = cem.post(
        f"{lobby}/start", data={"csrf_token": csrf_of(page), "code": "Alpha-7"}, headers={"Accept": "application/json"}
    )
    assert (told.status_code, told.get_json()["code"]) == (429, "wait")
    travel(seconds=31)
    assert post(cem, lobby, f"{lobby}/start", code="Alpha-7").status_code == 303


@pytest.mark.parametrize("how", ["person", "everybody"])
def test_the_invigilator_ends_the_wait_for_the_access_code(world: World, visit: Visit, how: str) -> None:
    sitting = coded(world)
    cem, zoe, lobby = visit("cem"), visit("zoe"), f"/sittings/{sitting.id}"
    for _ in range(5):
        post(cem, lobby, f"{lobby}/start", code="beta")
    path = path_of(sitting, world) if how == "person" else f"/invigilation/{sitting.id}/everybody"
    action = f"{path}/wait" if how == "person" else f"{path}/waits"
    assert action in zoe.get(path).get_data(as_text=True)
    assert post(zoe, path, action, reason="told wrong").status_code == 303
    assert post(cem, lobby, f"{lobby}/start", code="Alpha-7").status_code == 303


def test_the_days_before_a_sitting_count_as_not_over(world: World, visit: Visit) -> None:
    sitting = world.sitting(world.exam([world.item()]), ["cem"], opens=timedelta(days=2))
    exams.set_invigilators(sitting, [world.person("zoe").id], clock.now(), None)
    session.commit()
    path = path_of(sitting, world)
    assert post(visit("zoe"), path, f"{path}/code", reason="").status_code == 200
