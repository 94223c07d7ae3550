"""Brief requests wait for nobody: who would have to is asked again in a thread, and nothing was done by then."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import EnvironBuilder

from examengine.cli import gateway
from examengine.core import clock
from examengine.core.brief import AGAIN, BRIEF
from examengine.core.db import dumps, session
from examengine.delivery import journal
from examengine.delivery.models import Attempt, Save
from examengine.web.shell.request_cycle import is_brief
from tests.cli.test_gateway import Headers, Proto, Scope
from tests.making import World, csrf_of
from tests.racing import Racer
from tests.web.conftest import Visit


@contextmanager
def locked(app: Flask, table: str, key: int) -> Iterator[bool]:
    """Somebody else holds the row; False on SQLite, which has no locks of rows."""
    if session.get_bind().dialect.name == "sqlite":
        session.rollback()
        yield False
        return
    with Racer(
        app, lambda: session.execute(text(f"SELECT 1 FROM {table} WHERE id = {key} FOR UPDATE")), hold=True
    ) as r:
        r.has_worked()
        yield True


def answer(app: Flask, environ: dict[str, Any]) -> tuple[int, Any]:
    begun: list[str] = []
    body = b"".join(app.wsgi_app(environ, lambda status, headers, exc=None: begun.append(status)))  # type: ignore[arg-type]
    return int(begun[-1][:3]), body


def save_of(world: World, attempt: Attempt, seq: int) -> dict[str, Any]:
    body = dumps([{"slot": 1, "t": seq, "value": 0}])
    headers = {"Attempt-Token": world.token(attempt).sign("k" * 48), "Page-Clock": "1"}
    made = EnvironBuilder(f"/attempts/{attempt.id}/saves/1/{seq}", method="PUT", data=body, headers=headers)
    return made.get_environ()


def test_a_save_that_would_wait_is_asked_again_and_is_kept_once(app: Flask, world: World) -> None:
    attempt = world.start(world.sitting())
    number = attempt.id
    first, then = save_of(world, attempt, 1), save_of(world, attempt, 1)
    first[BRIEF] = True
    with locked(app, "attempt", number) as waits:
        begun = clock.seconds()
        status, _ = answer(app, first)
        assert (status, AGAIN in first) == ((503, True) if waits else (200, False))
        assert clock.seconds() - begun < 2
        assert session.query(Save).count() == (0 if waits else 1)
        session.rollback()
    status, body = answer(app, then)
    assert (status, AGAIN in then) == (200, False)
    assert json.loads(body)["seq"] == 1
    assert session.query(Save).count() == 1


def test_a_start_that_would_wait_is_asked_again_and_begins_once(app: Flask, world: World, visit: Visit) -> None:
    sitting = world.sitting().id
    cem = visit("cem")
    form = {"csrf_token": csrf_of(cem.get(f"/sittings/{sitting}").get_data(as_text=True))}

    def ask() -> int:
        return cem.post(f"/sittings/{sitting}/start", data=form, environ_overrides={BRIEF: True}).status_code

    with locked(app, "sitting", sitting) as waits:
        assert (ask(), session.query(Attempt).count()) == ((503, 0) if waits else (303, 1))
        session.rollback()
    assert ask() == 303
    assert session.query(Attempt).count() == 1


def test_a_submit_that_would_wait_is_asked_again_and_closes_once(app: Flask, world: World) -> None:
    attempt = world.start(world.sitting())
    number, headers = attempt.id, {"Attempt-Token": world.token(attempt).sign("k" * 48)}
    client, body = app.test_client(), {"seq": 0, "digest": journal.digest({})}

    def ask() -> int:
        url = f"/attempts/{number}/submit"
        return client.post(url, json=body, headers=headers, environ_overrides={BRIEF: True}).status_code

    with locked(app, "attempt", number) as waits:
        assert ask() == (503 if waits else 200)
        assert session.get_one(Attempt, number).state == ("in_progress" if waits else "submitted")
        session.rollback()
    assert ask() == 200
    assert session.get_one(Attempt, number, populate_existing=True).state == "submitted"


def test_a_sitting_with_an_access_code_is_never_begun_briefly(world: World, visit: Visit) -> None:
    sitting = world.sitting(access_code="sesame").id
    cem = visit("cem")
    form = {"csrf_token": csrf_of(cem.get(f"/sittings/{sitting}").get_data(as_text=True)), "code": "sesame"}
    assert cem.post(f"/sittings/{sitting}/start", data=form, environ_overrides={BRIEF: True}).status_code == 503
    assert session.query(Attempt).count() == 0
    assert cem.post(f"/sittings/{sitting}/start", data=form).status_code == 303


@pytest.mark.parametrize(
    ("method", "path", "brief"),
    [
        ("GET", "/attempts/7", True),
        ("GET", "/attempts/7/result", True),
        ("PUT", "/attempts/7/saves/1/2", True),
        ("POST", "/sittings/7/start", True),
        ("POST", "/attempts/7/submit", True),
        ("GET", "/attempts/7/receipt", False),
        ("GET", "/manage/attempts/7", False),
        ("GET", "/attempts/٣", False),
    ],
)
def test_what_is_brief(method: str, path: str, brief: bool) -> None:
    assert is_brief(method, path) == brief


def test_while_one_save_waits_the_others_of_the_process_go_on(app: Flask, world: World) -> None:
    """What the event loop would do: the one that waits has a thread, and the rest are answered meanwhile."""
    sitting = world.sitting(people=["cem", "sam"])
    mine, other = world.start(sitting, "cem"), world.start(sitting, "sam")
    number = mine.id
    handle = gateway.front(app.wsgi_app, 4, 10_000, is_brief)  # type: ignore[arg-type]
    sent = {}
    for attempt, name in ((mine, "cem"), (other, "sam")):
        body = dumps([{"slot": 1, "t": 1, "value": 0}]).encode()
        token = world.token(attempt, name).sign("k" * 48)
        headers = [("host", "localhost"), ("attempt-token", token), ("content-length", str(len(body)))]
        scope = Scope(Headers(headers), method="PUT", path=f"/attempts/{attempt.id}/saves/1/1", query_string="")
        sent[name] = (scope, Proto([body]))
    session.rollback()

    async def both() -> list[str]:
        order: list[str] = []

        async def go(name: str) -> None:
            await handle(*sent[name])
            order.append(name)

        with locked(app, "attempt", number) as waits:
            first = asyncio.create_task(go("cem"))
            await asyncio.sleep(0.2)
            await go("sam")
            if waits:
                assert order == ["sam"]
        await first
        return order

    order = asyncio.run(both())
    assert sorted(order) == ["cem", "sam"]
    assert {name: proto.told[0][0] for name, (_, proto) in sent.items()} == {"cem": 200, "sam": 200}
    assert session.query(Save).count() == 2
