"""The lane for saves: it acknowledges what is kept, as the whole application would, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from examengine.core import db
from examengine.core.db import dumps
from examengine.delivery import queries
from examengine.web.candidate import protocol, save_lane
from tests.counting import statements
from tests.making import World
from tests.web.conftest import Visit

Put = Callable[..., Any]


@pytest.fixture
def put(world: World, visit: Visit) -> Put:
    """put(1, "text"): a save of Cem's open attempt."""
    attempt = world.start(world.sitting())
    token, number = world.token(attempt), attempt.id
    cem = visit("cem")

    def go(seq: int, value: Any = "x", **headers: str) -> Any:
        sent = {"Attempt-Token": token.sign("k" * 48), "Page-Clock": "1"}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        body = dumps([{"slot": 1, "t": seq, "value": value}])
        return cem.put(f"/attempts/{number}/saves/1/{seq}", data=body, headers=sent)

    return go


@pytest.fixture
def views(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the whole application saw a save."""
    seen: list[int] = []
    view = app.view_functions["saving.save"]

    def counted(**arguments: Any) -> Any:
        seen.append(1)
        return view(**arguments)

    monkeypatch.setitem(app.view_functions, "saving.save", counted)
    return seen


def test_a_plain_save_is_one_statement_and_no_view(put: Put, views: list[int]) -> None:
    assert put(1).status_code == 200  # the connection is made
    with statements() as seen:
        assert put(2).status_code == 200
    assert (len(seen), views) == (1, [])


def test_both_ways_answer_alike(put: Put, views: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    here = put(1)
    monkeypatch.setattr(save_lane, "try_save", lambda *_, **__: None)
    there = put(2)
    assert views == [1]
    assert here.json.keys() == there.json.keys()
    assert here.json | dict.fromkeys(("seq", "sha256", "saved_at", "remaining_ms")) == there.json | dict.fromkeys(
        ("seq", "sha256", "saved_at", "remaining_ms")
    )
    mine, other = dict(here.headers), dict(there.headers)
    assert mine.pop("X-Request-Id") != other.pop("X-Request-Id")
    assert int(mine.pop("Content-Length")) == pytest.approx(int(other.pop("Content-Length")), abs=4)
    assert mine == other


@pytest.mark.parametrize(
    "headers",
    [{"Attempt_Token": "none"}, {"Page_Clock": "-1"}, {"Content_Encoding": "gzip"}],
)
def test_what_is_not_plain_is_refused_by_the_whole_application(put: Put, headers: dict[str, str]) -> None:
    answer = put(1, **headers)
    assert answer.status_code in (400, 401)
    assert answer.content_type.startswith("application/problem+json") or answer.status_code == 400


def test_the_same_save_again_is_answered_by_the_whole_application(put: Put, views: list[int]) -> None:
    first = put(1)
    again = put(1)
    assert views == [1]
    assert (first.json["sha256"], first.json["saved_at"]) == (again.json["sha256"], again.json["saved_at"])


def test_another_host_is_not_answered(put: Put, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allowed_hosts=("exams.example.com",)))
    assert put(1, Host="evil.example.com").status_code == 400
    assert put(1, Host="exams.example.com").status_code == 200


def test_what_it_failed_with_is_said_and_not_tried_twice(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any, **__: Any) -> None:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_BUSY, "SQLITE_BUSY"
        raise error

    monkeypatch.setattr(save_lane, "try_save", busy)
    monkeypatch.setattr(protocol, "save_answers", lambda *_, **__: pytest.fail("tried twice"))
    answer = put(1)
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")


def test_nothing_is_written_for_a_closed_attempt(put: Put, world: World) -> None:
    assert put(1).status_code == 200
    from examengine.core import clock
    from examengine.delivery import actions

    attempt = queries.find_attempts(1)[0].id
    actions.close_attempt(attempt, "force", clock.now())
    db.session.commit()
    assert put(2).status_code in (409, 423)
    assert [row.seq for row in queries.find_rows(attempt)] == [1]
