"""The lane for starts: it begins what the whole application would begin, answers alike, and refuses nothing itself."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from examengine.core import clock, logs
from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.delivery import starting
from examengine.delivery.models import Attempt
from examengine.exams.models import Sitting
from examengine.web.candidate import start_lane
from tests.counting import statements
from tests.making import World, csrf_of
from tests.web.conftest import Visit

Start = Callable[..., Any]


def attempts() -> int:
    found = session.scalar(select(func.count()).select_from(Attempt))
    session.rollback()
    return int(found or 0)


@pytest.fixture
def start(world: World, visit: Visit) -> Start:
    """start(): Cem presses the button of a sitting of his; what is named is sent instead."""
    number = world.sitting().id
    cem = visit("cem")
    token = csrf_of(cem.get(f"/sittings/{number}").get_data(as_text=True))

    def go(path: str = f"/sittings/{number}/start", **sent: Any) -> Any:
        return cem.post(path, **{"data": {"csrf_token": token, "code": ""}, **sent})

    go.token, go.browser, go.sitting = token, cem, number  # type: ignore[attr-defined]
    return go


@pytest.fixture
def views(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the whole application saw a start."""
    seen: list[int] = []
    view = app.view_functions["candidate.start"]

    def counted(**arguments: Any) -> Any:
        seen.append(1)
        return view(**arguments)

    monkeypatch.setitem(app.view_functions, "candidate.start", counted)
    return seen


def test_a_plain_start_is_two_statements_and_no_view(start: Start, views: list[int]) -> None:
    start("/sittings/999999/start")  # the connection is made
    views.clear()
    revision = session.scalar(select(Sitting.revision_id))
    assert revision is not None
    starting._read_deal(revision)  # as in a room: not the first start of its revision
    session.rollback()
    with statements() as seen:
        answer = start()
    assert (answer.status_code, len(seen), views) == (303, 2, [])
    assert start.browser.get(answer.headers["Location"]).status_code == 200  # type: ignore[attr-defined]


def test_both_ways_answer_and_log_alike(start: Start, views: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    logs.set_up(stream=stream)
    here = start()
    monkeypatch.setattr(start_lane, "csrf_holds", lambda *_: False)
    there = start()
    assert (here.status_code, there.status_code, views) == (303, 303, [1])
    assert here.get_data() == there.get_data() == b""
    mine, other = dict(here.headers), dict(there.headers)
    assert mine.pop("X-Request-Id") != other.pop("X-Request-Id")
    assert mine == other
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    one, two = [line for line in lines if line["event"] == "request" and line["route"].endswith("/start")]
    assert (one.pop("request_id"), one.pop("timestamp"), one.pop("ms")) is not None
    assert (two.pop("request_id"), two.pop("timestamp"), two.pop("ms")) is not None
    assert one == two


def test_the_button_pressed_twice_is_one_attempt(start: Start, views: list[int]) -> None:
    assert start().headers["Location"] == start().headers["Location"]
    assert (attempts(), views) == (1, [])


@pytest.mark.parametrize(
    "token",
    ["", "x", "{token}x", "x{token}", "{stranger}", "{session}"],
)
def test_without_the_sessions_own_token_nothing_begins(
    start: Start, visit: Visit, token: str, app: Flask, views: list[int]
) -> None:
    """Each is refused by flask-wtf, which the lane asks whenever it would not say yes."""
    other = visit("dan")
    strange = csrf_of(other.get("/preferences").get_data(as_text=True))
    with start.browser.session_transaction() as kept:  # type: ignore[attr-defined]
        bare = kept["csrf_token"]
    own: Any = start.token  # type: ignore[attr-defined]
    sent = token.format(token=own, stranger=strange, session=bare)
    assert start(data={"csrf_token": sent}).status_code == 403
    assert (attempts(), views) == (0, [])


def test_a_session_without_a_token_begins_nothing(start: Start) -> None:
    with start.browser.session_transaction() as kept:  # type: ignore[attr-defined]
        del kept["csrf_token"]
    assert start().status_code == 403
    assert attempts() == 0


def test_under_tls_another_sites_page_begins_nothing(start: Start, views: list[int]) -> None:
    """What flask-wtf refuses there, the lane does not take: no referrer, and another's."""
    for headers in ({}, {"Referer": "https://evil.example/"}, {"Referer": "http://localhost/"}):
        assert start(base_url="https://localhost", headers=headers).status_code in (400, 403)
    assert (attempts(), views) == (0, [])


def test_under_tls_our_own_page_begins(start: Start, app: Flask, views: list[int]) -> None:
    cookie = start.browser.get_cookie("examengine")  # type: ignore[attr-defined]
    client = app.test_client(use_cookies=False)
    headers = {"Cookie": f"examengine={cookie.value}", "Referer": "https://localhost/sittings"}
    sent = {"data": {"csrf_token": start.token}, "base_url": "https://localhost"}  # type: ignore[attr-defined]
    path = f"/sittings/{start.sitting}/start"  # type: ignore[attr-defined]
    assert client.post(path, headers=headers, **sent).status_code == 303
    assert (attempts(), views) == (1, [])


@pytest.mark.parametrize(
    "sent",
    [
        {"query_string": "a=1"},
        {"data": "csrf_token={token}&csrf_token={token}", "content_type": "application/x-www-form-urlencoded"},
        {"data": "csrf_token={token}&more=1", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"csrf_token": "{token}"}, "content_type": "multipart/form-data"},
        {"data": "csrf_token={token}&code=" + "x" * 3000, "content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_what_is_not_plain_goes_the_whole_way(start: Start, views: list[int], sent: dict[str, Any]) -> None:
    token: str = start.token  # type: ignore[attr-defined]
    data = sent.get("data", {"csrf_token": "{token}"})
    filled = (
        data.replace("{token}", token)
        if isinstance(data, str)
        else {name: text.replace("{token}", token) for name, text in data.items()}
    )
    assert start(**{**sent, "data": filled}).status_code == 303
    assert (attempts(), views) == (1, [1])


def test_a_compressed_form_and_another_host_are_refused(
    start: Start, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert start(headers={"Content-Encoding": "gzip"}).status_code == 400
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allowed_hosts=("exams.example.com",)))
    assert start(headers={"Host": "evil.example.com"}).status_code == 400
    assert attempts() == 0


def test_an_ended_session_begins_nothing(start: Start, world: World) -> None:
    person = world.person("cem")
    person.session_version += 1
    session.commit()
    assert start().status_code == 401
    assert attempts() == 0


def test_a_code_is_asked_for_by_the_whole_application(world: World, visit: Visit, views: list[int]) -> None:
    sitting = world.sitting()
    sitting.access_code, number = "MAPLE", sitting.id
    session.commit()
    cem = visit("cem")
    token = csrf_of(cem.get(f"/sittings/{number}").get_data(as_text=True))
    for code, status in (("", 403), ("wrong", 403), ("maple", 303)):
        data = {"csrf_token": token, "code": code}
        assert cem.post(f"/sittings/{number}/start", data=data).status_code == status
    assert (attempts(), len(views)) == (1, 3)


def test_what_it_failed_with_is_said_and_not_tried_twice(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def busy(*_: Any, **__: Any) -> int:
        calls.append(1)
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_BUSY, "SQLITE_BUSY"
        raise error

    monkeypatch.setattr(starting, "start", busy)
    assert (start().status_code, calls) == (503, [1])


def test_what_is_refused_is_refused_by_the_whole_application(start: Start, views: list[int]) -> None:
    assert start("/sittings/999999/start").status_code == Missing.status
    sitting = session.get_one(Sitting, start.sitting)  # type: ignore[attr-defined]
    sitting.last_start_at = clock.now() - timedelta(minutes=1)
    session.commit()
    answer = start(headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (409, "start-over")
    assert (attempts(), views) == (0, [1, 1])
