"""Sessions that were planted, stolen or kept: dead when they should be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.accounts import queries as people
from examengine.core import clock
from examengine.core.db import session
from tests.making import PASSWORD, csrf_of, log_in, post
from tests.web.browser import Browser
from tests.web.conftest import Visit
from tests.web.scene import Scene

PAGES = ("/home", "/account", "/marking", "/manage/sittings", "/admin/people")


def thief(app: Flask, cookie: str) -> Browser:
    """Another browser with a copy of the cookie."""
    made = Browser(app, app.response_class, use_cookies=True)
    made.set_cookie("examengine", cookie)
    return made


def cookie_of(browser: FlaskClient) -> str:
    found = browser.get_cookie("examengine")
    assert found
    return found.value


def is_in(browser: FlaskClient) -> bool:
    return {browser.get(page).status_code for page in PAGES} == {200}


def log_out(browser: FlaskClient, app: Flask) -> None:
    assert post(browser, "/account", "/logout", sure="yes").status_code == 302


def change_password(browser: FlaskClient, app: Flask) -> None:
    fields = {"old": PASSWORD, "password": "a better horse", "again": "a better horse"}
    assert post(browser, "/account", "/account", **fields).status_code == 302


def deactivate(browser: FlaskClient, app: Flask) -> None:
    accounts.deactivate(_olga(), clock.now(), None)
    session.commit()


def reset(browser: FlaskClient, app: Flask) -> None:
    accounts.set_password(_olga(), "somebody set this", clock.now())
    session.commit()


def use_link(browser: FlaskClient, app: Flask) -> None:
    token = accounts.make_link(_olga(), clock.now())
    session.commit()
    other = Browser(app, app.response_class, use_cookies=True)
    answer = post(other, f"/welcome/{token}", f"/welcome/{token}", password="a better horse", again="a better horse")
    assert answer.status_code == 302


def _olga() -> people.Person:
    found = people.find_person("olga")
    assert found
    return found


@pytest.mark.parametrize("end", [log_out, change_password, deactivate, reset, use_link])
def test_a_stolen_cookie_is_dead_when_the_session_ends(
    end: Callable[[FlaskClient, Flask], None], enter: Visit, scene: Scene, whole_app: Flask
) -> None:
    olga = enter("olga")
    stolen = cookie_of(olga)
    assert is_in(thief(whole_app, stolen))
    end(olga, whole_app)
    copy = thief(whole_app, stolen)
    assert [copy.get(page).status_code for page in PAGES] == [302, 401, 302, 302, 302]
    page = csrf_of(copy.get("/login").get_data(as_text=True))
    assert copy.post("/items", data={"csrf_token": page, "act": "publish"}).status_code == 401


def test_a_stolen_attempt_token_is_dead_when_the_session_ends(enter: Visit, scene: Scene, whole_app: Flask) -> None:
    number = scene.thing("attempts", "open-olga").values["attempt_id"]
    headers = {"Attempt-Token": scene.tokens[number]}
    stranger = enter()
    assert stranger.get(f"/attempts/{number}/status", headers=headers).status_code == 200
    log_out(enter("olga"), whole_app)
    assert stranger.get(f"/attempts/{number}/status", headers=headers).status_code == 401
    save = stranger.put(f"/attempts/{number}/saves/1/9", data='[{"slot":1,"value":null}]', headers=headers)
    assert save.status_code == 401


def test_a_session_planted_before_the_log_in_is_not_the_one_after_it(
    enter: Visit, scene: Scene, whole_app: Flask
) -> None:
    attacker = enter()
    token = csrf_of(attacker.get("/login").get_data(as_text=True))
    planted = cookie_of(attacker)
    victim = thief(whole_app, planted)
    log_in(victim, "cem")
    assert cookie_of(victim) != planted
    assert thief(whole_app, planted).get("/home").status_code == 302
    assert victim.post("/preferences", data={"csrf_token": token, "theme": "dark"}).status_code == 403


def test_logging_in_as_somebody_else_leaves_nothing_of_who_was_in_before(enter: Visit, scene: Scene) -> None:
    browser = enter("ben")
    before = csrf_of(browser.get("/account").get_data(as_text=True))
    token = csrf_of(browser.get("/account").get_data(as_text=True))
    answer = browser.post("/login", data={"csrf_token": token, "username": "cem", "password": PASSWORD})
    assert answer.status_code == 302
    assert browser.get("/admin/people").status_code == 403
    assert browser.post("/preferences", data={"csrf_token": before, "theme": "dark"}).status_code == 403


def test_a_cookie_cannot_be_altered(enter: Visit, scene: Scene, whole_app: Flask) -> None:
    cookie = cookie_of(enter("cem"))
    facts, moment, signature = cookie.rsplit(".", 2)
    others = cookie_of(enter("ben"))
    for forged in (
        f"{others.rsplit('.', 2)[0]}.{moment}.{signature}",
        f"{facts}.{moment}.",
        facts,
        f"{facts}.{moment}.{signature[:-1]}",
        f"{facts[:-2]}.{moment}.{signature}",
        f".{facts}.{moment}.{signature}",
    ):
        assert thief(whole_app, forged).get("/home").status_code == 302, forged
