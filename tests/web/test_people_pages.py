"""The administrator's pages of people: editing, moving, roles, leaving, many at once, the list's filters."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.accounts import actions, login, queries
from examengine.core import clock
from examengine.core.db import session
from examengine.exams import queries as exams
from examengine.grading import actions as grading
from examengine.grading.models import MarkingTask
from tests.making import PASSWORD, World
from tests.web.conftest import Visit
from tests.web.test_people_import import act, run_all, text, token


def post(browser: FlaskClient, path: str, **fields: Any) -> Any:
    answer = browser.post(path, data={"csrf_token": token(browser), **fields})
    session.expire_all()
    return answer


def test_details_are_changed_and_what_was_entered_stays_on_a_refusal(app: Flask, world: World, visit: Visit) -> None:
    cem, browser = world.person("cem").id, visit("ben")
    world.person("sam")
    page = f"/admin/people/{cem}/edit"
    assert 'value="Cem Candidate"' in text(browser.get(page))
    answer = post(browser, page, username="sam", name="Cem Two", email="a@b.cn", language="zh")
    assert answer.status_code == 422
    assert "is taken" in text(answer)
    assert 'value="Cem Two"' in text(answer)
    assert post(browser, page, username="0042", name="Cem Two", email="", language="zh").status_code == 303
    person = queries.get_person(cem)
    assert (person.username, person.name, person.email, person.language) == ("0042", "Cem Two", None, "zh")


def test_fields_that_no_form_has_change_nothing(app: Flask, world: World, visit: Visit) -> None:
    cem = world.person("cem").id
    more = {
        "active": "",
        "password_hash": "x",
        "roles": "administrator",
        "session_version": "9",
        "id": "1",
        "team": "1",
    }
    post(visit("ben"), f"/admin/people/{cem}/edit", username="cem", name="Cem", **more)
    person = queries.get_person(cem)
    assert (person.active, person.roles, person.session_version) == (True, {"operator"}, 1)
    assert login.check("cem", PASSWORD) is not None


def test_roles_are_changed_but_not_ones_own_administrator(app: Flask, world: World, visit: Visit) -> None:
    cem, ben, browser = world.person("cem").id, world.person("ben").id, visit("ben")
    assert post(browser, f"/admin/people/{cem}/roles", roles=["operator", "grader"]).status_code == 303
    assert queries.get_person(cem).roles == {"operator", "grader"}
    answer = post(browser, f"/admin/people/{ben}/roles", roles=["operator"])
    assert answer.status_code == 422
    assert "from herself" in text(answer)
    assert post(browser, f"/admin/people/{cem}/roles", roles=["king"]).status_code == 422
    assert post(browser, f"/admin/people/{cem}/roles").status_code == 422


def test_a_move_now_or_later_and_its_history(app: Flask, world: World, visit: Visit) -> None:
    east, west = world.team("East").id, world.team("West").id
    cem = world.person("cem", team=queries.get_team(east)).id
    browser = visit("ben")
    page = f"/admin/people/{cem}/team"
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    assert post(browser, page, team=west, day=day, reason="rotation").status_code == 303
    shown = text(browser.get(f"/admin/people/{cem}"))
    assert "Planned" in shown and "West" in shown
    assert queries.get_person(cem).team_id == east
    assert "is planned already" in text(browser.get(page))
    assert post(browser, f"{page}/cancel").status_code == 303
    assert post(browser, f"{page}/cancel").status_code == 409
    assert post(browser, page, team=0, new_team="North").status_code == 303
    assert queries.get_person(cem).team.name == "North"  # type: ignore[union-attr]
    for bad in ("2020-01-01", "2999-01-01", "soon"):
        assert post(browser, page, team=west, day=bad).status_code == 422
    assert post(browser, page, team=999).status_code == 422


def test_deactivation_says_before_what_it_does_and_does_it_at_once(app: Flask, world: World, visit: Visit) -> None:
    sitting = world.sitting()
    world.sat(sitting)
    mia = world.person("mia")
    task = grading.claim_next(mia.id, clock.now())
    assert task is not None
    session.commit()
    later = world.sitting(exams.get_exam(sitting.exam_id), ["mia"], title="Later sitting", opens=timedelta(days=1))
    visit("mia")
    mia_id, session_id, browser = mia.id, mia.get_id(), visit("ben")
    page = text(browser.get(f"/admin/people/{mia_id}"))
    assert "1 answer that she is marking goes back" in page
    assert "Later sitting" in page
    assert "Grader: " in page  # her duties
    assert post(browser, f"/admin/people/{mia_id}/deactivate").status_code == 422
    assert post(browser, f"/admin/people/{mia_id}/deactivate", reason="left").status_code == 302
    assert session.get(MarkingTask, task.id).state == "open"  # type: ignore[union-attr]
    assert exams.find_enrolment(later.id, mia_id) is None
    assert login.load_person(session_id) is None
    assert "Reactivate" in text(browser.get(f"/admin/people/{mia_id}"))
    post(browser, f"/admin/people/{mia_id}/reactivate", reason="back")
    assert queries.get_person(mia_id).active


def test_who_has_begun_a_sitting_stays_enrolled(app: Flask, world: World, visit: Visit) -> None:
    sitting = world.sitting()
    world.start(sitting)
    cem = world.person("cem").id
    post(visit("ben"), f"/admin/people/{cem}/deactivate", reason="left")
    assert exams.find_enrolment(sitting.id, cem) is not None


def test_the_last_administrator_is_not_deactivated(app: Flask, world: World, visit: Visit) -> None:
    kim, ben, browser = world.person("kim"), world.person("ben"), visit("ben")
    page = text(browser.get(f"/admin/people/{ben.id}"))
    assert "This is your own account" in page
    actions.set_roles(kim, ["administrator"], clock.now(), None)
    session.commit()
    other = visit("kim")
    actions.deactivate(world.person("kim"), clock.now(), None)
    session.commit()
    assert other.get("/admin/people").status_code == 302
    assert post(browser, f"/admin/people/{ben.id}/deactivate", reason="x").status_code == 409
    assert queries.get_person(ben.id).active


def test_duties_of_an_exam_that_the_reader_is_to_sit_are_not_shown(app: Flask, world: World, visit: Visit) -> None:
    world.sitting(people=["ben"])
    page = text(visit("ben").get(f"/admin/people/{world.person('mia').id}"))
    assert "November test" not in page
    assert "that you are to sit yourself" in page


def chosen(world: World, *names: str) -> list[int]:
    return [world.person(name).id for name in names]


def test_many_are_moved_at_once(app: Flask, world: World, visit: Visit) -> None:
    west, ids, browser = world.team("West").id, chosen(world, "cem", "sam"), visit("ben")
    answer = post(browser, "/admin/people/bulk", act="move", ids=ids, next="/admin/people?q=x")
    assert answer.status_code == 200
    assert "2 people are chosen" in text(answer)
    answer = act(browser, "/admin/people/bulk/move", ids=ids, team=west, next="/admin/people?q=x")
    assert answer.location.startswith("/work/")
    session.expire_all()
    assert [queries.get_person(key).team_id for key in ids] == [west, west]
    page = text(browser.get(answer.location))
    assert 'href="/admin/people?q=x"' in page


def test_many_are_deactivated_for_one_reason_but_not_oneself(app: Flask, world: World, visit: Visit) -> None:
    ids, browser = chosen(world, "cem", "sam", "ben"), visit("ben")
    assert "You are among them" in text(post(browser, "/admin/people/bulk", act="deactivate", ids=ids))
    assert post(browser, "/admin/people/bulk/deactivate", ids=ids).status_code == 422
    answer = act(browser, "/admin/people/bulk/deactivate", ids=ids, reason="closed")
    session.expire_all()
    assert [queries.get_person(key).active for key in ids] == [False, False, True]
    assert "Ben Administrator (ben)" in text(browser.get(answer.location))


def test_many_get_first_passwords_on_slips(app: Flask, world: World, visit: Visit) -> None:
    world.start(world.sitting(people=["cem"]))
    ids, browser = chosen(world, "cem", "sam", "ben", "mia"), visit("ben")
    answer = act(browser, "/admin/people/bulk/passwords", ids=ids)
    page = text(browser.get(answer.location))
    assert "An exam attempt is open" in page
    assert "Your own password" in page
    [slips] = set(re.findall(r"/admin/people/slips/\d+", page))
    assert "2 slips" in text(browser.get(slips))
    session.expire_all()
    assert login.check("cem", PASSWORD) is not None
    assert login.check("sam", PASSWORD) is None
    assert queries.find_person("sam").must_change_password  # type: ignore[union-attr]
    assert browser.post(f"{slips}/forget", data={"csrf_token": token(browser)}).location == "/admin/people"
    assert browser.get(slips).status_code == 404


def test_nothing_chosen_and_nonsense_chosen(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    assert post(browser, "/admin/people/bulk", act="move").status_code == 303
    assert post(browser, "/admin/people/bulk", act="delete", ids="1").status_code == 400
    assert post(browser, "/admin/people/bulk/move", ids=["x", "9" * 40]).status_code == 422
    assert post(browser, "/admin/people/bulk/delete", ids="1").status_code == 404
    run_all()


def test_the_list_is_filtered_and_exported(app: Flask, world: World, visit: Visit) -> None:
    world.person("cem", team=world.team("East"))
    world.person("sam")
    browser = visit("ben")  # who thereby has logged in
    page = text(browser.get("/admin/people?never=1"))
    assert "Cem Candidate" in page and ">Ben Administrator</a>" not in page
    page = text(browser.get("/admin/people?team=0"))
    assert "Sam Stranger" in page and "Cem Candidate" not in page
    lines = browser.get("/admin/people/export?never=1&team=0").data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Employee number,Name,Team,Roles,E-mail,Language,State")
    assert [line.split(",")[0] for line in lines[1:]] == ["sam"]


PLANNED = {"sitting.plan", "sitting.audience", "sitting.invigilators"}


@pytest.mark.parametrize(
    ("query", "acts"),
    [
        ("person=cem", {"person.add", "attempt.extra", "enrolment.extra"}),
        ("person=cem&part=concerned", {"person.add", "attempt.extra", "enrolment.extra"}),
        ("person=kim&part=acted", {"attempt.extra", "enrolment.extra", *PLANNED}),
        ("person=kim&part=concerned", {"person.add"}),
        ("q=was+ill", {"enrolment.extra"}),
        ("q=nowhere", set()),
    ],
)
def test_the_audit_trail_is_searched(app: Flask, world: World, visit: Visit, query: str, acts: set[str]) -> None:
    from examengine.core import audit

    sitting, kim = world.sitting(), world.person("kim").id
    attempt = world.start(sitting)
    enrolment = exams.find_enrolment(sitting.id, world.person("cem").id)
    assert enrolment is not None
    audit.record(clock.now(), kim, "enrolment.extra", "enrolment", enrolment.id, "was ill")
    audit.record(clock.now(), kim, "attempt.extra", "attempt", attempt.id, "")
    session.commit()
    lines = visit("ben").get(f"/admin/audit/export?{query}").data.decode("utf-8-sig").splitlines()[1:]
    assert {line.split(",")[3] for line in lines} - {"audit.export"} == acts
    page = text(visit("ben").get(f"/admin/audit?{query}"))
    assert f"/admin/audit/export?{query}" in page.replace("&amp;", "&") or not acts
