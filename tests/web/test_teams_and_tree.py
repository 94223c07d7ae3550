"""Pages of teams and of the competency tree: who may, what is told, what stays."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.accounts.queries import find_teams, get_team
from examengine.bank import queries as bank
from examengine.bank.competencies import load_tree
from examengine.core import clock
from examengine.core.db import session
from examengine.exams import plans
from examengine.exams.queries import names_competency
from tests.counting import statements
from tests.making import World, csrf_of
from tests.web.conftest import Visit


def send(browser: FlaskClient, path: str, **fields: Any) -> Any:
    token = csrf_of(browser.get("/account").get_data(as_text=True))
    return browser.post(path, data={"csrf_token": token, **fields})


def codes() -> dict[str, int]:
    session.expire_all()
    return {row.code: row.id for row in bank.find_competencies()}


@pytest.fixture
def ben(visit: Visit, world: World) -> FlaskClient:
    world.bank()
    return visit("ben")


def test_a_team_is_added_renamed_led_and_retired(ben: FlaskClient, world: World) -> None:
    assert send(ben, "/admin/teams", name="East").status_code == 303
    [team] = find_teams()
    ada, cem = world.person("ada"), world.person("cem", team=team)
    assert "Ada Lead" in ben.get(f"/admin/teams/{team.id}").get_data(as_text=True)
    send(ben, f"/admin/teams/{team.id}", name="North", leader=ada.id)
    session.expire_all()
    assert (team.name, team.leader_id) == ("North", ada.id)
    page = ben.get("/admin/teams").get_data(as_text=True)
    assert f"/admin/people?team={team.id}" in page
    assert "Ada Lead" in page
    assert send(ben, f"/admin/teams/{team.id}/retire").status_code == 409
    cem.team_id = None
    session.commit()
    send(ben, f"/admin/teams/{team.id}/retire")
    assert "North" not in ben.get("/admin/teams").get_data(as_text=True)
    assert "North" in ben.get("/admin/teams?state=retired").get_data(as_text=True)
    send(ben, f"/admin/teams/{team.id}/restore")
    session.expire_all()
    assert get_team(team.id).active


def test_team_faults_keep_what_was_entered(ben: FlaskClient, world: World) -> None:
    east, west = world.team("East"), world.team("West")
    answer = send(ben, f"/admin/teams/{east.id}", name="West", leader=0)
    assert answer.status_code == 422
    assert 'value="West"' in answer.get_data(as_text=True)
    assert send(ben, "/admin/teams", name="x" * 81).status_code == 422
    assert send(ben, "/admin/teams", name=" \u3000 ").status_code == 422
    assert send(ben, f"/admin/teams/{west.id}", name="West", leader=world.person("sam").id).status_code == 422
    assert ben.get("/admin/teams/999").status_code == 404


def test_long_lists_of_teams_are_paged(ben: FlaskClient, world: World) -> None:
    for number in range(55):
        world.team(f"Team {number:02}")
    with statements() as seen:
        first = ben.get("/admin/teams").get_data(as_text=True)
    assert len(seen) < 15
    assert "Team 49" in first
    assert "Team 50" not in first
    assert "Team 54" in ben.get("/admin/teams?page=2").get_data(as_text=True)


def test_the_tree_is_edited_through_its_pages(ben: FlaskClient, world: World) -> None:
    world.item(code="x-one", competencies=("business.service",))
    at = codes()
    fields = {"name": "billing", "title_en": "Billing", "title_zh": "计费", "parent": at["business"]}
    assert send(ben, "/admin/competencies", **fields).status_code == 303
    at = codes()
    billing, service = at["business.billing"], at["business.service"]
    assert "计费" in ben.get("/admin/competencies").get_data(as_text=True)
    send(ben, f"/admin/competencies/{billing}", title_en="Bills", title_zh="")
    assert bank.get_competency(billing).titles == {"en": "Bills"}
    send(ben, f"/admin/competencies/{billing}/up")
    assert list(codes())[:3] == ["business", "business.billing", "business.service"]
    send(ben, f"/admin/competencies/{billing}/move", place=0)
    assert bank.get_competency(billing).parent_id is None
    page = ben.get(f"/admin/competencies/{service}").get_data(as_text=True)
    assert "/delete" not in page
    assert send(ben, f"/admin/competencies/{service}/delete").status_code == 409
    send(ben, f"/admin/competencies/{service}/merge", place=billing)
    session.expire_all()
    assert bank.get_competency(service).merged_into_id == billing
    assert "merged into Bills" in ben.get("/admin/competencies").get_data(as_text=True)
    send(ben, f"/admin/competencies/{service}/restore")
    send(ben, f"/admin/competencies/{service}/retire")
    session.expire_all()
    assert not bank.get_competency(service).active
    send(ben, f"/admin/competencies/{at['skills.phone']}/delete")
    assert "skills.phone" not in codes()


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("move", {"place": "999"}, 422),
        ("move", {"place": "x"}, 422),
        ("move", {}, 303),
        ("merge", {"place": "0"}, 409),
        ("merge", {"place": "1"}, 409),
        ("burn", {}, 404),
        ("retire", {}, 409),
    ],
)
def test_impossible_acts_are_refused(ben: FlaskClient, path: str, fields: dict[str, str], status: int) -> None:
    top = codes()["business"]
    assert send(ben, f"/admin/competencies/{top}/{path}", **fields).status_code == status
    assert ben.get("/admin/competencies/999").status_code == 404


def test_the_suggested_tree_is_offered_where_some_of_it_is_lacking(ben: FlaskClient) -> None:
    assert "Add them" in ben.get("/admin/competencies").get_data(as_text=True)
    send(ben, "/admin/competencies/suggested")
    assert len(codes()) == 17
    assert "Add them" not in ben.get("/admin/competencies").get_data(as_text=True)


def test_a_competency_that_an_exams_rule_names_is_not_deleted(ben: FlaskClient, world: World) -> None:
    item = world.item(competencies=("business.service",))
    rule = plans.DrawRule(item.bank_id, 1, item.latest.points, competencies=("business",))
    world.exam_of(plans.Plan(plans.Terms(), (plans.Section("Part", (rule,)),)))
    assert names_competency("business")
    assert not names_competency("skills")
    load_tree([("zz", {"en": "Unused"})], clock.now(), None)
    session.commit()
    assert "/delete" in ben.get(f"/admin/competencies/{codes()['zz']}").get_data(as_text=True)
    assert "/delete" not in ben.get(f"/admin/competencies/{codes()['business']}").get_data(as_text=True)


def test_trainers_read_the_tree_and_others_do_not(visit: Visit, world: World) -> None:
    world.item(competencies=("business.service",))
    page = visit("ann").get("/competencies").get_data(as_text=True)
    assert "business.service" in page
    assert "/items?competency=business.service" in page
    assert "<form" not in page.split("<main", 1)[1].split("</main>", 1)[0]
    assert visit("ann").get("/admin/competencies").status_code == 403
    assert visit("cem").get("/competencies").status_code == 403


def test_retired_competencies_are_offered_only_where_they_are_used(visit: Visit, world: World) -> None:
    item = world.item(code="x-one", competencies=("business.service",))
    send(visit("ben"), f"/admin/competencies/{codes()['business.service']}/retire")
    ann = visit("ann")
    mark = 'name="competencies" id="competencies-business.service"'
    assert mark in ann.get(f"/items/{item.id}/draft").get_data(as_text=True)
    assert mark not in ann.get("/items/new?kind=essay").get_data(as_text=True)
    assert "Service (retired)" in ann.get("/items").get_data(as_text=True)
