"""A full disk and a read-only database, for real: calm in the reader's language, and over when the fault is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from examengine.accounts import actions as accounts
from examengine.accounts.models import Person
from examengine.core.db import db, dumps, hot, session
from examengine.delivery import queries
from tests.making import World, csrf_of
from tests.web.conftest import Visit

JSON = {"Accept": "application/json"}

_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER refuse_person BEFORE INSERT OR UPDATE ON person EXECUTE FUNCTION refuse();
CREATE TRIGGER refuse_save BEFORE INSERT ON save EXECUTE FUNCTION refuse();
"""
_ALLOW = "DROP TRIGGER refuse_save ON save; DROP TRIGGER refuse_person ON person; DROP FUNCTION refuse();"


@contextmanager
def sqlite_with(pragma: str) -> Iterator[None]:
    """Every connection that is opened now behaves like that."""
    session.remove()
    hot().execute("VACUUM", {})  # what other tests have left free would be used up first
    hot().close()
    db.engine.dispose()

    def tune(connection: object, _: object) -> None:
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    engine = db.engine
    event.listen(engine, "connect", tune)
    try:
        yield
    finally:
        event.remove(engine, "connect", tune)
        hot().close()
        session.remove()
        engine.dispose()


@contextmanager
def postgres_with(before: str, after: str) -> Iterator[None]:
    """The server behaves like that."""
    hot().close()
    session.remove()
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(before)
        db.engine.dispose()
        try:
            yield
        finally:
            other.execute("SET default_transaction_read_only = off")
            other.execute(after)
            hot().close()
            session.remove()
            db.engine.dispose()


@contextmanager
def fault(kind: str, database: str) -> Iterator[None]:
    """The disk is full, or nothing may be written."""
    if database == "sqlite":
        with sqlite_with("max_page_count = 1" if kind == "no-room" else "query_only = ON"):
            hot().execute("PRAGMA max_page_count = 1" if kind == "no-room" else "PRAGMA query_only = ON", {})
            yield
    elif kind == "no-room":
        with postgres_with(_REFUSE, _ALLOW):
            yield
    else:
        name = "ALTER DATABASE postgres {} default_transaction_read_only"
        with postgres_with(name.format("SET") + " = on", name.format("RESET")):
            yield


def save(browser: FlaskClient, token: str, attempt: int, seq: int) -> tuple[int, dict[str, object], str]:
    headers = {"Attempt-Token": token, "Page-Clock": "1", "Accept-Language": "zh", **JSON}
    body = dumps([{"slot": 1, "t": 1, "value": "x" * 60_000}])
    done = browser.put(f"/attempts/{attempt}/saves/1/{seq}", data=body, headers=headers)
    return done.status_code, done.get_json(), done.headers.get("Retry-After", "")


@pytest.mark.parametrize("kind", ["no-room", "read-only"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_form_and_a_save_meet_the_fault_and_go_through_after_it(
    visit: Visit, world: World, database: str, kind: str, language: str
) -> None:
    cem = visit("cem")
    accounts.set_preferences(world.person("cem"), language, None)
    session.commit()
    attempt = world.start(world.sitting())
    token, attempt_id = world.token(attempt).sign("k" * 48), attempt.id
    cem_id = world.person("cem").id
    session.rollback()
    form = {"csrf_token": csrf_of(cem.get("/account").get_data(as_text=True)), "theme": "dark"}
    assert save(cem, token, attempt_id, 1)[0] == 200
    with fault(kind, database):
        if database != "sqlite" or kind == "read-only":  # a theme needs no room in SQLite's file
            page = cem.post("/preferences", data=form)
            text = page.get_data(as_text=True)
            assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
            heading = text.partition("<h1>")[2].partition("</h1>")[0]
            assert heading.isascii() is (language == "en")
            assert "Traceback" not in text
            assert "sqlite" not in text.lower()
            assert '<a class="help-link" href="/help">' in text
            assert cem.get("/help/operator").status_code == 200
        status, document, again = save(cem, token, attempt_id, 2)
        assert (status, document["code"], again) == (503, kind, "30")
        assert not str(document["title"]).isascii()
        assert cem.get("/home").status_code == 200, "what can be read is read"
    assert cem.post("/preferences", data=form).status_code == 302
    assert save(cem, token, attempt_id, 2)[0] == 200
    session.rollback()
    assert session.get_one(Person, cem_id).theme == "dark"
    assert [row.seq for row in queries.find_rows(attempt_id)] == [1, 2]


def test_a_commit_that_fails_is_told_and_nothing_is_half_done(visit: Visit, world: World) -> None:
    """On SQLite a full disk often shows itself at the commit: then the answer must not say that it is done."""
    cem = visit("cem")
    form = {"csrf_token": csrf_of(cem.get("/account").get_data(as_text=True)), "theme": "dark"}
    cem_id = world.person("cem").id
    session.rollback()

    def refuse(connection: object) -> None:
        raise OSError(28, "No space left on device")

    event.listen(db.engine, "commit", refuse)
    try:
        answer = cem.post("/preferences", data=form)
    finally:
        event.remove(db.engine, "commit", refuse)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert session.get_one(Person, cem_id).theme == "auto"
