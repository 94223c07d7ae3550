"""What every answer carries: a strict content policy, no store behind the log-in, cookies and HSTS when public."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.app import create_app
from examengine.core.db import db, session
from tests.making import World
from tests.web.conftest import Visit

PAGES = ["/login", "/no/such/page", "/welcome/none"]
OWN = ["/home", "/record", "/account", "/notices", "/logout"]


def policy_of(answer: object) -> dict[str, list[str]]:
    text: str = answer.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    rules = (rule.split() for rule in text.split(";"))
    return {rule[0]: rule[1:] for rule in rules}


def check(answer: object) -> None:
    """The policy of a page, and the page under that policy."""
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    words = " ".join(word for rule in policy.values() for word in rule)
    for loose in ("unsafe", "*", "http:", "https:", "blob:"):
        assert loose not in words
    nonce = next(word for word in policy["script-src"] if word.startswith("'nonce-")).strip("'").removeprefix("nonce-")
    text: str = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", text):
        assert f'nonce="{nonce}"' in tag or 'type="application/json"' in tag, tag
    assert not re.search(r"<[^>]*\s(?:on[a-z]+|style)=", text)
    assert not re.search(r"""(?:href|src|action)=["'](?:javascript:|https?://|//)""", text)


@pytest.mark.parametrize("path", PAGES)
def test_a_strangers_page_is_under_the_policy(client: FlaskClient, path: str) -> None:
    check(client.get(path))


@pytest.mark.parametrize("path", OWN)
def test_a_persons_page_is_under_the_policy_and_is_not_stored(visit: Visit, path: str) -> None:
    answer = visit("cem").get(path)
    assert answer.status_code == 200
    check(answer)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_exam_page_is_under_the_policy_and_is_not_stored(visit: Visit, world: World) -> None:
    attempt = world.start(world.sitting())
    answer = visit("cem").get(f"/attempts/{attempt.id}")
    check(answer)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_nonce_is_another_each_time(client: FlaskClient) -> None:
    nonces = {str(policy_of(client.get("/login"))["script-src"]) for _ in range(3)}
    assert len(nonces) == 3


def test_the_usual_headers(client: FlaskClient) -> None:
    headers = client.get("/login").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Request-Id"]
    assert "Strict-Transport-Security" not in headers


@pytest.fixture
def public(app: Flask) -> Iterator[Flask]:
    """The same application reached by other machines, behind one proxy, under one name."""
    settings = replace(
        app.config["SETTINGS"], public=True, trusted_proxies=1, allowed_hosts=("exams.example", "localhost")
    )
    made = create_app(settings)
    yield made
    with made.app_context():
        session.remove()
        db.engine.dispose()


def test_in_public_cookies_are_secure_and_hsts_is_on(public: Flask, browse: Callable[..., FlaskClient]) -> None:
    answer = browse(public).get("/login")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("host", "status"), [("exams.example", 200), ("exams.example:8443", 200), ("evil.example", 400)]
)
def test_in_public_only_its_own_names_are_answered(
    public: Flask, browse: Callable[..., FlaskClient], host: str, status: int
) -> None:
    assert browse(public).get("/login", headers={"Host": host}).status_code == status


def test_without_trusted_proxies_forwarded_headers_are_not_believed(client: FlaskClient) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = client.get("/home", headers=headers)
    assert "evil.example" not in str(answer.headers) + answer.get_data(as_text=True)


def test_static_files_are_cached_for_ever_under_an_address_that_changes_with_them(client: FlaskClient) -> None:
    page = client.get("/login").get_data(as_text=True)
    address = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert address
    with client.get(address.group(1)) as answer:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/static/old/css/app.css").status_code == 404


def test_nothing_outside_the_static_folder_is_served(client: FlaskClient) -> None:
    page = client.get("/login").get_data(as_text=True)
    prefix = re.search(r"(/static/\w+/)", page)
    assert prefix
    for path in ("../../app.py", "..%2f..%2fapp.py", "css/../../../app.py"):
        assert client.get(prefix.group(1) + path).status_code == 404
