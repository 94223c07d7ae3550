"""Failures as people and scripts read them: a calm page or a problem document, in their language, no traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.core.db import session
from examengine.notices import queries as notices
from examengine.web.candidate import sittings
from tests import trouble
from tests.making import World, csrf_of, post
from tests.web.conftest import Visit

JSON = {"Accept": "application/json"}
HUGE = "9" * 30
TRACES = ("Traceback", "sqlalchemy", "psycopg", "sqlite3", "File &#34;", ".py", "SELECT ")


def calm(answer: object, status: int) -> str:
    """A page of ours with this status, in words."""
    text: str = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    assert (answer.status_code, answer.mimetype) == (status, "text/html"), text[:500]  # type: ignore[attr-defined]
    assert "<h1>" in text
    for trace in TRACES:
        assert trace not in text
    assert answer.headers["X-Request-Id"] in text  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("path", ["/nothing", "/%00", "/login/", "/attempts/x", "/static/x", "/..%2f..%2fetc/passwd"])
def test_an_unknown_address_is_a_calm_page(client: FlaskClient, path: str) -> None:
    text = calm(client.get(path), 404)
    assert "mistyped" in text


def test_an_unknown_address_is_a_problem_document_for_scripts(client: FlaskClient) -> None:
    answer = client.get("/nothing", headers=JSON)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    document = answer.get_json()
    assert set(document) >= {"type", "title", "status", "detail", "code", "request_id"}


@pytest.mark.parametrize(
    "path",
    [
        "/attempts/{huge}",
        "/attempts/{huge}/receipt",
        "/attempts/{huge}/result",
        "/attempts/{huge}/status",
        "/sittings/{huge}",
        "/record?page={huge}",
        "/record?page=-1",
        "/record?page=x",
    ],
)
def test_numbers_that_no_database_takes_are_the_numbers_of_nothing(visit: Visit, path: str) -> None:
    answer = visit("cem").get(path.format(huge=HUGE))
    assert answer.status_code in (200, 404), answer.get_data(as_text=True)[:300]


@pytest.mark.parametrize("path", ["/attempts/{huge}/takeover", "/sittings/{huge}/start"])
def test_numbers_that_no_database_takes_in_forms(visit: Visit, path: str) -> None:
    calm(post(visit("cem"), "/account", path.format(huge=HUGE)), 404)


def test_a_wrong_method_is_told_with_those_that_are_right(visit: Visit) -> None:
    cem = visit("cem")
    assert cem.post("/home", data={"csrf_token": "x"}).status_code in (403, 405)
    answer = cem.get("/preferences")
    calm(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_an_unforeseen_failure_is_a_calm_500(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LookupError("a secret detail of the inside")

    cem = visit("cem")
    monkeypatch.setattr(sittings.exams, "find_own_enrolments", broken)
    cem.application.config["PROPAGATE_EXCEPTIONS"] = False
    text = calm(cem.get("/home"), 500)
    assert "secret detail" not in text
    document = cem.get("/home", headers=JSON)
    assert (document.status_code, document.get_json()["code"]) == (500, "internal")
    assert "secret detail" not in document.get_data(as_text=True)


def test_a_busy_database_is_a_503_that_says_to_try_again(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def busy(*_: object) -> None:
        raise trouble.wrapped(trouble.locked(tmp_path))

    cem = visit("cem")
    monkeypatch.setattr(sittings.exams, "find_own_enrolments", busy)
    answer = cem.get("/home")
    calm(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert cem.get("/home", headers=JSON).get_json()["code"] == "unavailable"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_database_that_is_away_altogether_is_a_calm_page_in_the_readers_language(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str
) -> None:
    from sqlalchemy.orm import Session

    def away(*_: object, **__: object) -> None:
        raise trouble.wrapped(trouble.cannot_open(tmp_path))

    cem = visit("cem")
    accounts.set_preferences(world.person("cem"), language, None)
    session.commit()
    cem.get("/home")
    for name in ("execute", "scalar", "scalars", "get"):
        monkeypatch.setattr(Session, name, away)
    text = calm(cem.get("/home"), 503)
    heading = text.partition("<h1>")[2].partition("</h1>")[0]
    assert heading.isascii() is (language == "en")
    assert "unable to open" not in text
    document = cem.get("/home", headers=JSON)
    assert (document.get_json()["code"], document.headers["Retry-After"]) == ("unavailable", "5")


def test_a_refused_act_changes_nothing(visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an act wrote before it failed goes with it."""
    from examengine.core.errors import Conflict
    from examengine.notices import actions
    from examengine.web.public import account

    def half(person_id: int, now: object) -> None:
        actions.tell([person_id], "sitting.planned", now, 1, title="T")  # type: ignore[arg-type]
        session.flush()
        raise Conflict("no")

    cem = visit("cem")
    monkeypatch.setattr(account.notices, "mark_read", half)
    assert post(cem, "/account", "/notices").status_code == 409
    session.rollback()
    assert notices.count_unread(world.person("cem").id) == 0


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe=%%%&csrf_token"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data", b"no boundary"),
        ("application/json", b"{"),
        ("text/plain", b"\x00" * 100),
    ],
)
def test_a_malformed_form_is_refused_calmly(visit: Visit, content_type: str, body: bytes) -> None:
    answer = visit("cem").post("/preferences", data=body, content_type=content_type)
    assert 400 <= answer.status_code < 500
    for trace in TRACES[:4]:
        assert trace not in answer.get_data(as_text=True)


def test_a_form_that_is_too_large(visit: Visit) -> None:
    cem = visit("cem")
    token = csrf_of(cem.get("/account").get_data(as_text=True))
    answer = cem.post("/preferences", data={"csrf_token": token, "next": "x" * (3 * 1024 * 1024)})
    assert answer.status_code == 413


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_and_documents_of_failures_are_in_the_persons_language(visit: Visit, world: World, language: str) -> None:
    cem = visit("cem")
    accounts.set_preferences(world.person("cem"), language, None)
    session.commit()
    text = calm(cem.get("/nothing"), 404)
    heading = text.partition("<h1>")[2].partition("</h1>")[0]
    document = json.loads(cem.get("/nothing", headers=JSON).get_data())
    for words in (heading, document["title"]):
        assert words.isascii() is (language == "en"), words


def test_strangers_scripts_get_a_problem_document_and_strangers_a_log_in_page(
    client: FlaskClient, world: World, visit: Callable[..., FlaskClient]
) -> None:
    answer = client.get("/home", headers=JSON)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "signed-out")
    assert client.get("/home?a=1").location == "/login?next=/home?a%3D1"
    assert visit("cem").get("/admin/people").status_code == 403
