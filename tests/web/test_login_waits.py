"""Waits at the log-in: words and times alike for whoever exists and who does not, a full room gets in, tickets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.accounts import passwords
from examengine.accounts.models import LoginFailure, LoginTicket
from examengine.core import clock
from examengine.core.db import session
from tests.counting import statements
from tests.making import PASSWORD, World, csrf_of

Browse = Callable[..., FlaskClient]
Travel = Callable[..., None]
JSON = {"Accept": "application/json"}
HERE, THERE = "192.0.2.7", "198.51.100.9"


def attempt(
    client: FlaskClient, name: str, password: str, address: str = HERE, path: str = "/login", **options: Any
) -> Any:
    """A log-in from an address."""
    base = {"REMOTE_ADDR": address}
    token = csrf_of(client.get("/login", environ_base=base).get_data(as_text=True))
    data = {"csrf_token": token, "username": name, "password": password}
    return client.post(path, data=data, environ_base=base, **options)


def fail(client: FlaskClient, name: str = "cem", times: int = 5, address: str = HERE) -> None:
    for _ in range(times):
        assert attempt(client, name, "a wrong one", address).status_code == 401


def slow_down(name: str = "cem", times: int = 5) -> None:
    """Somebody guesses at the account from everywhere."""
    from examengine.accounts import failures

    for n in range(times):
        this = failures.at_login(name, f"203.0.113.{n}")
        failures.note(this, failures.look(this, clock.now()), clock.now())
    session.commit()


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is hashed from now on, for real."""
    seen: list[str] = []
    real = passwords._hasher

    class Counting:
        def verify(self, stored: str, given: str) -> bool:
            seen.append(given)
            return real.verify(stored, given)

        hash = real.hash

    monkeypatch.setattr(passwords, "_hasher", Counting())
    return seen


def words(answer: Any) -> str:
    """The page without what differs at every request."""
    text = answer.get_data(as_text=True)
    for random in (r'nonce="[^"]+"', r'value="Ij[^"]+"', r"/login/ticket/[\w-]+"):
        text = re.sub(random, "", text)
    return re.sub(r'value="[\w.-]{40,}"', "", text)


def test_after_five_failures_the_right_password_must_wait_too_and_then_gets_in(
    world: World, client: FlaskClient, travel: Travel, hashes: list[str]
) -> None:
    world.person("cem")
    fail(client)
    hashes.clear()
    answer = attempt(client, "cem", PASSWORD)
    assert (answer.status_code, hashes) == (429, [])
    assert 29 <= int(answer.headers["Retry-After"]) <= 30
    page = answer.get_data(as_text=True)
    assert "30 seconds" in page or "29 seconds" in page
    assert re.search(r'<time data-countdown data-remaining-ms="(29|30)000"', page)
    assert 'value="cem"' in page
    assert PASSWORD not in page
    travel(seconds=31)
    answer = attempt(client, "cem", PASSWORD)
    assert answer.status_code == 202  # somebody guessed at the account: two seconds more
    travel(seconds=3)
    assert client.get(ticket_of(answer), environ_base={"REMOTE_ADDR": HERE}).status_code == 302
    assert session.query(LoginFailure).count() == 0


def test_a_script_is_told_the_wait_as_a_problem(world: World, client: FlaskClient) -> None:
    world.person("cem")
    fail(client)
    answer = attempt(client, "cem", PASSWORD, headers=JSON)
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    document = answer.get_json()
    assert document["code"] == "wait"
    assert str(document["retry_after"]) == answer.headers["Retry-After"]


def test_from_elsewhere_she_gets_in_meanwhile(world: World, browse: Browse, travel: Travel) -> None:
    world.person("cem")
    fail(browse())
    cem = browse()
    answer = attempt(cem, "cem", PASSWORD, THERE)
    travel(seconds=3)
    assert cem.get(ticket_of(answer)).status_code == 302


def test_a_success_sets_the_count_to_nothing(world: World, browse: Browse) -> None:
    world.person("cem")
    for _ in range(3):
        client = browse()
        fail(client, times=4)
        assert attempt(client, "cem", PASSWORD).status_code == 302


@pytest.mark.parametrize("kind", ["unknown", "inactive", "no password"])
@pytest.mark.parametrize("slowed", [False, True])
def test_whoever_is_not_there_is_answered_as_whoever_is(
    world: World, browse: Browse, travel: Travel, hashes: list[str], kind: str, slowed: bool
) -> None:
    """Status, words, statements and hashes alike: failing, waiting and slowed down."""
    world.person("cem")
    sam = world.person("sam")
    name = {"unknown": "sim"}.get(kind, "sam")
    if kind == "inactive":
        accounts.deactivate(sam, clock.now(), None)
    if kind == "no password":
        sam.password_hash = None
    session.commit()
    seen: dict[str, list[Any]] = {}
    browse().get("/login")  # what a process reads once is read
    for who in ("cem", name):
        hashes.clear()
        if slowed:
            slow_down(who)
        client, told = browse(), []
        for _ in range(6):
            with statements() as sent:
                answer = attempt(client, who, "a wrong one")
            told.append((answer.status_code, words(answer).replace(who, "…"), len(sent), len(hashes)))
            hashes.clear()
        if slowed:
            travel(seconds=3)
            with statements() as sent:
                late = client.get(ticket_of(attempt(client, who, "x y z", THERE)))
            told.append((late.status_code, words(late).replace(who, "…"), len(sent)))
        seen[who] = told
    assert [told[0] for told in seen["cem"][:6]] == [202 if slowed else 401] * 5 + [429]
    assert seen["cem"] == seen[name]
    assert [told[3] for told in seen["cem"][:6]] == [1] * 5 + [0]


def test_a_room_of_two_hundred_behind_one_address_gets_in(world: World, browse: Browse) -> None:
    """Each of them mistypes her password once, half the room at first also her number."""
    names = [f"op{n}" for n in range(200)]
    for name in names:
        world.person(name)
    for number, name in enumerate(names):
        client = browse()
        if number % 2:
            assert attempt(client, f"{name}x", PASSWORD).status_code == 401
        if number % 4 == 0:
            assert attempt(client, name, "a wrong one").status_code == 401
        assert attempt(client, name, PASSWORD).status_code == 302
    assert session.query(LoginFailure).count() == 100  # the unknown numbers alone


def test_an_address_that_has_failed_three_hundred_times_is_refused_and_no_other(
    world: World, browse: Browse, travel: Travel
) -> None:
    world.person("cem")
    now = clock.now()
    session.add_all(LoginFailure(gate="login", account=f"{n:064d}", address=HERE, at=now, wait_s=0) for n in range(300))
    session.commit()
    answer = attempt(browse(), "cem", PASSWORD)
    assert answer.status_code == 429
    assert "15 minutes" in answer.get_data(as_text=True)
    assert attempt(browse(), "cem", PASSWORD, THERE).status_code == 302
    travel(minutes=15, seconds=1)
    assert attempt(browse(), "cem", PASSWORD).status_code == 302


def test_a_name_that_no_column_takes_is_a_wrong_name(client: FlaskClient) -> None:
    for name in ("a\x00b", "ﬃ" * 40, "𠀀" * 40, "%s' OR 1=1 --"):
        assert attempt(client, name, "a wrong one").status_code == 401


# ---- tickets ----


def ticket_of(answer: Any) -> str:
    """The address that a page of one moment goes on to, as its header and its button say it."""
    assert answer.status_code == 202, answer.status
    seconds, address = re.fullmatch(r"(\d+); url=(.+)", answer.headers["Refresh"]).groups()  # type: ignore[union-attr]
    assert seconds in ("1", "2")
    assert f'href="{address}"' in answer.get_data(as_text=True).replace("&amp;", "&")
    return str(address)


def test_a_slowed_log_in_takes_two_seconds_and_keeps_where_she_wanted_to_go(
    world: World, client: FlaskClient, travel: Travel
) -> None:
    world.person("cem")
    slow_down()
    address = ticket_of(attempt(client, "cem", PASSWORD, path="/login?next=/sittings/7?a=1%26b=2"))
    again = client.get(address)
    assert ticket_of(again) == address
    assert client.get("/home").status_code == 302
    travel(seconds=2)
    answer = client.get(address)
    assert (answer.status_code, answer.location) == (302, "/sittings/7?a=1&b=2")
    assert client.get("/home").status_code == 200
    assert session.query(LoginTicket).count() == 0


def test_a_slowed_wrong_password_is_told_late_and_the_form_goes_on(
    world: World, client: FlaskClient, travel: Travel
) -> None:
    world.person("cem")
    slow_down()
    address = ticket_of(attempt(client, "cem", "a wrong one", path="/login?next=/record"))
    travel(seconds=2)
    answer = client.get(address)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "is not right" in page
    assert 'value="cem"' in page
    assert 'action="/login?next=/record"' in page.replace("%2F", "/")
    assert client.get("/home").status_code == 302


def test_nobody_is_refused_for_failures_elsewhere(world: World, browse: Browse, travel: Travel) -> None:
    world.person("cem")
    slow_down(times=60)
    client = browse()
    address = ticket_of(attempt(client, "cem", PASSWORD))
    travel(seconds=2)
    assert client.get(address).status_code == 302


def test_a_script_follows_a_ticket(world: World, client: FlaskClient, travel: Travel) -> None:
    cem = world.person("cem").id
    slow_down()
    answer = attempt(client, "cem", PASSWORD, headers=JSON)
    assert answer.status_code == 202
    told = answer.get_json()
    assert told["retry_after"] == 2
    assert client.get(told["ticket"], headers=JSON).status_code == 202
    travel(seconds=2)
    inside = client.get(told["ticket"], headers=JSON)
    assert (inside.status_code, inside.get_json()["person"]) == (200, cem)
    assert client.get("/home").status_code == 200
    assert client.get(told["ticket"], headers=JSON).status_code == 401


def test_a_script_is_told_late_that_it_was_wrong(world: World, client: FlaskClient, travel: Travel) -> None:
    world.person("cem")
    slow_down()
    told = attempt(client, "cem", "a wrong one", headers=JSON).get_json()
    travel(seconds=2)
    answer = client.get(told["ticket"], headers=JSON)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "signed-out")


@pytest.mark.parametrize("how", ["other browser", "late", "spent", "new password", "deactivated", "looked at"])
def test_a_ticket_is_of_one_browser_once_for_a_minute(world: World, browse: Browse, travel: Travel, how: str) -> None:
    cem, mine, other = world.person("cem"), browse(), browse()
    other.get("/login")
    slow_down()
    address = ticket_of(attempt(mine, "cem", PASSWORD))
    travel(seconds=61 if how == "late" else 3)
    user = other if how == "other browser" else mine
    if how == "spent":
        assert mine.get(address).location == "/"
        cookie = mine.get_cookie("examengine")
        assert cookie is not None
        user = browse()
        user.set_cookie("examengine", cookie.value)
        accounts.end_sessions(cem)
    if how == "new password":
        accounts.set_password(cem, "another horse", clock.now())
    if how == "deactivated":
        accounts.deactivate(cem, clock.now(), None)
    session.commit()
    if how == "looked at":
        assert user.head(address).status_code == 200
    assert user.get(address).status_code in (302, 401)
    assert user.get("/home").status_code == (200 if how == "looked at" else 302)


def test_a_lost_ticket_leads_back_to_the_log_in_in_words(client: FlaskClient) -> None:
    answer = client.get("/login/ticket/none?next=/record")
    assert (answer.status_code, answer.location.replace("%2F", "/")) == (302, "/login?next=/record")
    assert "once more" in client.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_a_ticket_never_leads_to_another_site(world: World, client: FlaskClient, travel: Travel, target: str) -> None:
    from urllib.parse import quote

    world.person("cem")
    slow_down()
    address = ticket_of(attempt(client, "cem", PASSWORD, path=f"/login?next={quote(target)}"))
    assert address.startswith("/login/ticket/")
    travel(seconds=2)
    assert client.get(address).location == "/"


def test_old_tickets_are_swept(app: Flask, world: World, client: FlaskClient, travel: Travel) -> None:
    from examengine.accounts import tickets

    slow_down("nobody")
    attempt(client, "nobody", "a wrong one")
    assert session.query(LoginTicket).count() == 1
    travel(minutes=1, seconds=1)
    assert tickets.find_old(clock.now())
    tickets.purge(0, clock.now())
    session.commit()
    assert session.query(LoginTicket).count() == 0


def test_a_forged_forwarded_address_is_not_believed(world: World, client: FlaskClient) -> None:
    world.person("cem")
    for n in range(5):
        attempt(client, "cem", "a wrong one", headers={"X-Forwarded-For": f"198.51.100.{n}"})
    assert attempt(client, "cem", PASSWORD).status_code == 429


def test_after_half_an_hour_nothing_is_left_of_it(world: World, client: FlaskClient, travel: Travel) -> None:
    world.person("cem")
    fail(client)
    travel(minutes=31)
    fail(client, times=4)
    assert attempt(client, "cem", PASSWORD).status_code == 302
