"""/healthz and /readyz: the process, and all that it needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from examengine.core import clock
from examengine.core.db import session
from examengine.core.heartbeat import beat
from tests.making import World


def live() -> None:
    beat("loop", clock.now())
    session.commit()


def test_the_process_answers(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_ready_when_everything_is_there(client: FlaskClient, world: World) -> None:
    world.person("ben")
    live()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "data": "ok", "jobs": "ok"},
    }


def test_not_ready_without_people(client: FlaskClient) -> None:
    live()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["data"].startswith("no people")


def test_not_ready_without_a_job_loop(client: FlaskClient, world: World, travel: Callable[..., None]) -> None:
    world.person("ben")
    assert client.get("/readyz").get_json()["checks"]["jobs"] == "never ran"
    live()
    travel(seconds=30)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "last seen" in answer.get_json()["checks"]["jobs"]


def test_not_ready_with_migrations_missing(client: FlaskClient, world: World) -> None:
    world.person("ben")
    live()
    [head] = session.execute(text("SELECT version_num FROM alembic_version")).scalars()
    session.execute(text("UPDATE alembic_version SET version_num = '2026_11_24_08'"))
    session.commit()
    try:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert head in answer.get_json()["checks"]["migrations"]
    finally:
        session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        session.commit()


def test_not_ready_without_a_database(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from examengine.web.public import health

    def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(health.session, "execute", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]) == (503, {"database": "ConnectionError"})


def test_no_session_is_made_for_who_only_asks_for_health(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert "Set-Cookie" not in client.get(path).headers
