"""Whoever's password somebody else knows chooses her own before she sees or does anything; by the URL map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.accounts import queries as people
from examengine.core import clock
from examengine.core.db import session
from tests.making import World, csrf_of, log_in, post
from tests.web.conftest import Visit
from tests.web.test_guards import ROLES, address, everything, methods, rules

Browse = Callable[..., FlaskClient]
SLIP, NEW = "slip of paper", "my own horse"
JSON = {"Accept": "application/json"}
FREE = {
    *("public.login", "public.login_try", "public.ticket", "public.code", "public.code_use", "public.welcome"),
    *("public.password", "public.preferences", "public.logout", "public.healthz", "public.readyz"),
    *("public.calendar", "public.notice_off", "public.logo", "public.help_login"),
}
"""Open: ways in and their help, log-out, the switches, health, the logo; saves, calendars, mails have own tokens."""


def slip(world: World, name: str) -> None:
    """Somebody is given a password on a slip of paper."""
    accounts.set_password(world.person(name), SLIP, clock.now(), world.person("ben").id, temporary=True)
    session.commit()


@pytest.fixture
def fresh(world: World, browse: Browse) -> Callable[[str], FlaskClient]:
    """fresh("cem"): Cem has just logged in for the first time."""

    def go(name: str = "cem") -> FlaskClient:
        slip(world, name)
        client = browse()
        log_in(client, name, SLIP)
        return client

    return go


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nothing_else_is_seen_or_done(app: Flask, world: World, fresh: Callable[[str], FlaskClient], role: str) -> None:
    world.start(world.sitting(people=["cem"]))
    client = fresh(ROLES[role])
    before = everything()
    token = csrf_of(client.get("/account/password").get_data(as_text=True))
    for rule in rules(app):
        if rule.endpoint in FREE or rule.endpoint.startswith("saving."):
            continue
        path = address(app, rule)
        for method in methods(rule):
            data = None if method == "GET" else {"csrf_token": token}
            answer = client.open(path, method=method, data=data)
            if method == "GET":
                assert answer.status_code == 302, (rule, answer.status)
                assert answer.location.startswith("/account/password?next="), (rule, answer.location)
            else:
                assert answer.status_code == 403, (rule, answer.status)
            told = client.open(path, method=method, data=data, headers=JSON)
            assert told.status_code == 403, (rule, told.status)
            assert told.get_json()["code"] == "password-change", rule
    assert everything() == before


def test_right_after_the_log_in_she_chooses_and_goes_on_to_where_she_wanted(world: World, browse: Browse) -> None:
    slip(world, "cem")
    client = browse()
    path = "/login?next=/record"
    data = {"username": "cem", "password": SLIP, "csrf_token": csrf_of(client.get(path).get_data(as_text=True))}
    assert client.post(path, data=data).location == "/record"
    action = client.get("/record").location
    assert action.replace("%2F", "/") == "/account/password?next=/record"
    answer = post(client, action, action, password=NEW, again=NEW)
    assert (answer.status_code, answer.location) == (302, "/record")
    assert client.get("/record").status_code == 200
    person = people.find_person("cem")
    assert person is not None and not person.must_change_password
    log_in(browse(), "cem", NEW)


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [(SLIP, SLIP, "choose another"), ("short", "short", "8"), (NEW, "other horse", "differ"), ("", "", "required")],
)
def test_what_is_no_new_password_is_refused(
    fresh: Callable[[str], FlaskClient], new: str, again: str, said: str
) -> None:
    client = fresh("cem")
    answer = post(client, "/account/password", "/account/password", password=new, again=again)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert client.get("/home").status_code == 302


def test_other_sessions_of_the_slip_end(world: World, browse: Browse, fresh: Callable[[str], FlaskClient]) -> None:
    client, thief = fresh("cem"), browse()
    log_in(thief, "cem", SLIP)
    post(client, "/account/password", "/account/password", password=NEW, again=NEW)
    assert client.get("/home").status_code == 200
    assert thief.get("/account/password").location.startswith("/login")


def test_the_switches_and_the_log_out_stay_usable(fresh: Callable[[str], FlaskClient]) -> None:
    client = fresh("cem")
    answer = post(client, "/account/password", "/preferences", language="zh", next="/account/password")
    assert (answer.status_code, answer.location) == (302, "/account/password")
    page = client.get("/account/password").get_data(as_text=True)
    assert 'lang="zh-Hans"' in page
    assert "/notices" not in page  # nothing is offered that would lead back here
    assert post(client, "/account/password", "/logout").status_code == 302
    assert client.get("/account/password").location.startswith("/login")


def test_the_page_is_for_nobody_else(client: FlaskClient, visit: Visit) -> None:
    assert client.get("/account/password").location == "/login"
    answer = visit("sam").get("/account/password")
    assert (answer.status_code, answer.location) == (302, "/account")


def test_an_exam_goes_on_and_the_password_is_asked_for_after_it(world: World, browse: Browse) -> None:
    """Her time runs: the dialog lets her in, saves go by their token, the next page asks."""
    attempt = world.start(world.sitting())
    slip(world, "cem")
    client = browse()
    token = client.get("/login", headers=JSON).get_json()["csrf_token"]
    data = {"csrf_token": token, "username": "cem", "password": SLIP}
    assert client.post("/login", data=data, headers=JSON).status_code == 200
    assert client.get(f"/attempts/{attempt.id}/status", headers=JSON).status_code == 200
    assert client.get(f"/attempts/{attempt.id}").location.startswith("/account/password")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/"])
def test_it_never_leads_to_another_site(fresh: Callable[[str], FlaskClient], target: str) -> None:
    path = f"/account/password?next={target}"
    assert post(fresh("cem"), path, path, password=NEW, again=NEW).location == "/"


def test_a_change_of_ones_own_is_a_change(visit: Visit) -> None:
    from tests.making import PASSWORD

    cem: Any = visit("cem")
    page = post(cem, "/account", "/account", old=PASSWORD, password=PASSWORD, again=PASSWORD).get_data(as_text=True)
    assert "choose another" in page


def test_whoever_the_administrator_adds_changes_her_password(world: World, visit: Visit) -> None:
    ben = visit("ben")
    fields = {"username": "2001", "name": "Dee", "roles": ["operator"], "team": "0"}
    assert post(ben, "/admin/people/new", "/admin/people/new", **fields).status_code == 200
    person = people.find_person("2001")
    assert person is not None and person.must_change_password
