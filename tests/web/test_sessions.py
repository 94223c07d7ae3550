"""Logging in and out: new sessions, no fixation, no way to another site, forms only with their token."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.accounts import queries as people
from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import queries as attempts
from tests.making import PASSWORD, World, csrf_of, log_in, post
from tests.web.conftest import Visit

Browse = Callable[..., FlaskClient]


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("examengine")
    return found.value if found else ""


def try_in(client: FlaskClient, username: str, password: str, target: str = "") -> int:
    address = "/login" + (f"?next={target}" if target else "")
    token = csrf_of(client.get(address).get_data(as_text=True))
    return client.post(address, data={"csrf_token": token, "username": username, "password": password}).status_code


@pytest.mark.parametrize(
    ("username", "password"), [("cem", "wrong"), ("nobody", PASSWORD), ("cem", ""), ("", PASSWORD)]
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(
    world: World, client: FlaskClient, username: str, password: str
) -> None:
    world.person("cem")
    assert try_in(client, username, password) == 401
    assert client.get("/home").status_code == 302


def test_the_page_after_a_failure_keeps_the_name_and_not_the_password(world: World, client: FlaskClient) -> None:
    world.person("cem")
    token = csrf_of(client.get("/login").get_data(as_text=True))
    data = {"csrf_token": token, "username": "cem", "password": "a secret guess"}
    page = client.post("/login", data=data).get_data(as_text=True)
    assert 'value="cem"' in page
    assert "a secret guess" not in page


def test_logging_in_renews_the_session(world: World, client: FlaskClient) -> None:
    world.person("cem")
    client.get("/login")
    before = cookie_of(client)
    assert before
    log_in(client, "cem")
    assert cookie_of(client) not in ("", before)


def test_a_session_planted_before_the_log_in_is_worth_nothing_after_it(world: World, browse: Browse) -> None:
    world.person("cem")
    victim, thief = browse(), browse()
    victim.get("/login")
    planted = cookie_of(victim)
    log_in(victim, "cem")
    thief.set_cookie("examengine", planted)
    assert thief.get("/home").status_code == 302


def test_the_forms_token_of_before_is_worth_nothing_after(world: World, client: FlaskClient) -> None:
    world.person("cem")
    old = csrf_of(client.get("/login").get_data(as_text=True))
    log_in(client, "cem")
    answer = client.post("/preferences", data={"csrf_token": old, "theme": "dark"})
    assert answer.status_code == 403


def test_a_copied_cookie_dies_with_the_log_out(visit: Visit, browse: Browse) -> None:
    cem, copy = visit("cem"), browse()
    copy.set_cookie("examengine", cookie_of(cem))
    assert copy.get("/home").status_code == 200
    post(cem, "/logout", "/logout")
    assert copy.get("/home").status_code == 302
    assert cem.get("/home").status_code == 302


def test_logging_out_is_asked_for_by_post(visit: Visit) -> None:
    cem = visit("cem")
    assert cem.get("/logout").status_code == 200
    assert cem.get("/home").status_code == 200


def test_logging_out_while_an_attempt_is_open_needs_a_second_word(visit: Visit, world: World) -> None:
    world.start(world.sitting())
    cem = visit("cem")
    assert "sure" in post(cem, "/logout", "/logout").get_data(as_text=True)
    assert cem.get("/home").status_code == 200
    assert post(cem, "/logout", "/logout", sure="yes").status_code == 302
    assert cem.get("/home").status_code == 302


@pytest.mark.parametrize("cookie", ["", "x", "eyJfdXNlcl9pZCI6IjEuMSJ9.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"])
def test_a_cookie_that_was_not_signed_here_is_nobody(world: World, client: FlaskClient, cookie: str) -> None:
    world.person("cem")
    client.set_cookie("examengine", cookie)
    assert client.get("/home").status_code == 302


def test_the_cookie_is_http_only_and_lax(client: FlaskClient) -> None:
    cookie = client.get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_who_is_deactivated_is_out_at_the_next_request(visit: Visit, world: World) -> None:
    cem = visit("cem")
    accounts.deactivate(world.person("cem"), clock.now(), None)
    session.commit()
    assert cem.get("/home").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "///evil.example",
        "/%0d%0aSet-Cookie:x=1",
        "/\t/evil.example",
        "evil.example",
        "%2F%2Fevil.example",
    ],
)
def test_log_in_never_leads_to_another_site(world: World, client: FlaskClient, target: str) -> None:
    from urllib.parse import quote, urljoin, urlsplit

    world.person("cem")
    address = f"/login?next={quote(target, safe='%')}"
    token = csrf_of(client.get(address).get_data(as_text=True))
    answer = client.post(address, data={"csrf_token": token, "username": "cem", "password": PASSWORD})
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert urlsplit(urljoin("http://localhost/login", location)).netloc == "localhost"
    assert "\n" not in location
    assert "Set-Cookie: x" not in str(answer.headers)


def test_log_in_goes_on_to_a_page_of_ours(world: World, client: FlaskClient) -> None:
    world.person("cem")
    address = "/login?next=/sittings/7?a=1"
    token = csrf_of(client.get(address).get_data(as_text=True))
    answer = client.post(address, data={"csrf_token": token, "username": "cem", "password": PASSWORD})
    assert answer.location == "/sittings/7?a=1"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/x"])
def test_the_switches_never_lead_to_another_site(visit: Visit, target: str) -> None:
    answer = post(visit("cem"), "/account", "/preferences", theme="dark", next=target)
    assert answer.location == "/"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/preferences", {"theme": "dark"}),
        ("/account", {"old": PASSWORD, "password": "better horse", "again": "better horse"}),
        ("/logout", {"sure": "yes"}),
        ("/notices", {}),
        ("/sittings/{sitting}/start", {}),
        ("/login", {"username": "cem", "password": PASSWORD}),
    ],
)
@pytest.mark.parametrize("token", [None, "", "forged", "IjEyMyI.aaaaaa.bbbb"])
def test_a_form_without_its_token_changes_nothing(
    visit: Visit, world: World, path: str, fields: dict[str, str], token: str | None
) -> None:
    sitting = world.sitting(world.exam([world.item()]))
    cem = visit("cem")
    data = fields if token is None else {**fields, "csrf_token": token}
    answer = cem.post(path.format(sitting=sitting.id), data=data)
    assert answer.status_code == 403
    assert "out of date" in answer.get_data(as_text=True)
    session.rollback()
    person = people.get_person(world.person("cem").id)
    assert (person.theme, person.session_version) == ("auto", 1)
    assert attempts.find_attempts(sitting.id) == []
    assert cem.get("/home").status_code == 200


def test_a_token_of_another_session_is_refused(visit: Visit) -> None:
    sams = csrf_of(visit("sam").get("/account").get_data(as_text=True))
    assert visit("cem").post("/preferences", data={"csrf_token": sams, "theme": "dark"}).status_code == 403


def test_a_missing_token_is_a_problem_document_for_scripts(visit: Visit) -> None:
    answer = visit("cem").post("/preferences", json={"theme": "dark"})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert answer.get_json()["code"] == "csrf"


def test_language_and_theme_switch_for_strangers_and_stay_with_people(world: World, browse: Browse) -> None:
    stranger = browse()
    post(stranger, "/login", "/preferences", language="zh", theme="dark")
    page = stranger.get("/login").get_data(as_text=True)
    assert 'lang="zh-Hans"' in page
    assert 'data-theme="dark"' in page
    world.person("cem")
    log_in(stranger, "cem")
    post(stranger, "/account", "/preferences", language="zh", theme="light")
    other = browse()
    log_in(other, "cem")
    page = other.get("/home").get_data(as_text=True)
    assert 'lang="zh-Hans"' in page
    assert 'data-theme="light"' in page


@pytest.mark.parametrize(
    ("accept", "lang"), [("zh-CN", "zh-Hans"), ("zh-TW,zh", "zh-Hans"), ("en-US,en", "en"), ("fr", "en"), ("", "en")]
)
def test_a_strangers_page_follows_the_browser_then_the_company(client: FlaskClient, accept: str, lang: str) -> None:
    page = client.get("/login", headers={"Accept-Language": accept}).get_data(as_text=True)
    assert f'<html lang="{lang}"' in page


def test_a_one_time_link_sets_the_password_once(world: World, browse: Browse) -> None:
    token = accounts.make_link(world.person("cem"), clock.now())
    session.commit()
    client, path = browse(), f"/welcome/{token}"
    assert post(client, path, path, password="short", again="short").status_code == 200
    assert post(client, path, path, password="my own horse", again="another horse").status_code == 200
    assert post(client, path, path, password="my own horse", again="my own horse").status_code == 302
    log_in(browse(), "cem", "my own horse")
    assert client.get(path).status_code == 409


@pytest.mark.parametrize("token", ["x", "a" * 500, "%00", "..%2f"])
def test_a_link_that_never_was(client: FlaskClient, token: str) -> None:
    assert client.get(f"/welcome/{token}").status_code in (404, 409)


def test_sessions_of_a_former_secret_go_on_and_new_ones_are_signed_with_the_present(
    app: Flask, world: World, browse: Browse
) -> None:
    from dataclasses import replace

    from examengine.app import create_app

    settings = app.config["SETTINGS"]
    world.person("cem")
    old = browse()
    log_in(old, "cem")
    session.rollback()
    turned = create_app(replace(settings, secret_key="n" * 48, secret_key_fallbacks=(settings.secret_key,)))
    lost = create_app(replace(settings, secret_key="n" * 48))
    try:
        for made, status in ((turned, 200), (lost, 302)):
            browser = browse(made)
            browser.set_cookie("examengine", cookie_of(old))
            assert browser.get("/home").status_code == status
    finally:
        for made in (turned, lost):
            with made.app_context():
                from examengine.core.db import db

                db.engine.dispose()
