"""What people type never reaches the log, whatever happens; every write and every error is a line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.app import create_app
from examengine.core import clock, logs
from examengine.core.db import dumps, session
from examengine.web.candidate import sittings
from tests.making import PASSWORD, World, csrf_of, post
from tests.web.conftest import Visit

MARKS = {name: f"marked-{name}-4711" for name in ("password", "answer", "code", "name", "query", "field", "token")}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged at the most talkative level."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    logs.set_up(logging.DEBUG, stream)
    root.setLevel(logging.DEBUG)
    yield stream
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_nothing_that_was_typed_is_in_the_log(
    visit: Visit, browse: Callable[..., FlaskClient], world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    cem, stranger = visit("cem"), browse()
    cem.application.config["PROPAGATE_EXCEPTIONS"] = False
    attempt = world.start(world.sitting(), holder="desk")
    token = world.token(attempt).sign("k" * 48)
    link = accounts.make_link(world.person("cem"), clock.now())
    session.commit()

    page = csrf_of(stranger.get("/login").get_data(as_text=True))
    stranger.post("/login", data={"csrf_token": page, "username": MARKS["name"], "password": MARKS["password"]})
    stranger.get(f"/welcome/{link}")
    stranger.get(f"/nothing/{MARKS['token']}?q={MARKS['query']}")
    for body in (dumps([{"slot": 1, "t": 1, "value": MARKS["answer"]}]), MARKS["answer"]):
        done = cem.put(
            f"/attempts/{attempt.id}/saves/1/1", data=body, headers={"Attempt-Token": token, "Page-Clock": "1"}
        )
        assert done.status_code in (200, 400)
        session.rollback()
    fields = {"old": MARKS["password"], "new": MARKS["password"], "again": MARKS["password"], "x": MARKS["field"]}
    post(cem, "/account", "/account/password", **fields)
    post(cem, "/home", f"/sittings/{attempt.sitting_id}/start", code=MARKS["code"])

    def broken(*_: object) -> None:
        answer = MARKS["answer"]
        raise LookupError(f"no such answer: {answer}")

    def fits_not(*_: object) -> None:
        session.execute(Person.__table__.insert().values(username=MARKS["name"], name=None))

    from examengine.accounts.models import Person

    for failure in (broken, fits_not):
        monkeypatch.setattr(sittings.exams, "find_own_enrolments", failure)
        assert cem.get(f"/home?q={MARKS['query']}").status_code == 500
    written = log.getvalue()
    for mark in (*MARKS.values(), PASSWORD, token, link, "Cem Candidate", "correct horse"):
        assert mark not in written, mark
    failed = [line for line in lines(log) if "exception" in line]
    assert ["LookupError" in line["exception"] for line in failed] == [True, False]
    assert "IntegrityError" in failed[1]["exception"]
    assert all(line["route"] == "/home" and line["request_id"] for line in failed)


def test_writes_and_errors_are_lines_with_status_route_and_person(visit: Visit, world: World, log: io.StringIO) -> None:
    cem = visit("cem")
    cem.get("/home")
    post(cem, "/account", "/preferences", language="en")
    cem.get("/attempts/999/receipt")
    log.flush()
    found = [line for line in lines(log) if line["event"] == "request"]
    person = world.person("cem").id
    session.rollback()
    by_route = {(line["method"], line["route"]): line for line in found}
    assert by_route["GET", "/home"]["level"] == "debug"
    written = by_route["POST", "/preferences"]
    assert (written["level"], written["status"], written["person"]) == ("info", 302, person)
    missing = by_route["GET", "/attempts/<int:attempt_id>/receipt"]
    assert (missing["level"], missing["status"]) == ("info", 404)
    assert all(line["ms"] >= 0 and len(line["request_id"]) == 16 for line in found)


def test_a_save_names_its_person_without_asking_for_her(world: World, visit: Visit, log: io.StringIO) -> None:
    attempt = world.start(world.sitting())
    token = world.token(attempt)
    cem = visit("cem")
    body = dumps([{"slot": 1, "t": 1, "value": "x"}])
    headers = {"Attempt-Token": token.sign("k" * 48), "Page-Clock": "1"}
    assert cem.put(f"/attempts/{token.attempt}/saves/1/1", data=body, headers=headers).status_code == 200
    [line] = [line for line in lines(log) if line.get("method") == "PUT"]
    assert (line["person"], line["status"], line["level"]) == (token.person, 200, "debug")
    assert line["route"] == "/attempts/<int:attempt_id>/saves/<int:epoch>/<int:seq>"


def test_the_proxys_request_id_is_taken_over_if_there_is_a_proxy(visit: Visit, settings: Any) -> None:
    import dataclasses

    given = {"X-Request-Id": "abcdef0123456789abcdef"}
    assert visit("cem").get("/healthz", headers=given).headers["X-Request-Id"] != given["X-Request-Id"]
    behind = create_app(dataclasses.replace(settings, trusted_proxies=1)).test_client()
    assert behind.get("/healthz", headers=given).headers["X-Request-Id"] == given["X-Request-Id"]
    forged = behind.get("/healthz", headers={"X-Request-Id": "x" * 500}).headers["X-Request-Id"]
    assert len(forged) == 16
