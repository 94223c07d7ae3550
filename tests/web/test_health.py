"""/healthz and /readyz: the process, and all that it needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from examengine.core import clock, disk
from examengine.core.db import db, session
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
        "checks": dict.fromkeys(("disk", "database", "writing", "migrations", "data", "jobs"), "ok"),
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


def test_not_ready_while_the_clock_is_behind_the_loop(
    client: FlaskClient, world: World, travel: Callable[..., None]
) -> None:
    world.person("ben")
    live()
    travel(days=-1)
    assert "clock went back" in client.get("/readyz").get_json()["checks"]["jobs"]
    live()
    assert client.get("/readyz").status_code == 200


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
    assert (answer.status_code, answer.get_json()["checks"]) == (503, {"disk": "ok", "database": "ConnectionError"})
    assert "Retry-After" in answer.headers


def test_not_ready_without_room(client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.person("ben")
    live()
    monkeypatch.setattr(disk, "FLOOR", 2**62)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "MiB free" in answer.get_json()["checks"]["disk"]


def test_not_ready_when_nothing_can_be_written(client: FlaskClient, world: World, database: str) -> None:
    world.person("ben")
    live()
    if database == "sqlite":
        path = db.engine.url.database
        assert path
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert client.get("/readyz").get_json()["checks"]["writing"] == "busy"
    else:
        session.remove()
        url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
            db.engine.dispose()
            try:
                answer = client.get("/readyz")
                assert (answer.status_code, answer.get_json()["checks"]["writing"]) == (503, "read-only")
            finally:
                other.execute("SET default_transaction_read_only = off")
                other.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
                session.remove()
                db.engine.dispose()
    assert client.get("/readyz").status_code == 200


def test_no_session_is_made_for_who_only_asks_for_health(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert "Set-Cookie" not in client.get(path).headers
