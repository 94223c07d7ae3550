"""What every answer carries, pages and errors alike: no frame, no sniffing, no storing, a policy; more when public."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from examengine.app import create_app
from examengine.core.db import db, session
from tests.making import PASSWORD, csrf_of
from tests.web.access.routes import address, methods, things
from tests.web.access_rules import RULES
from tests.web.attacks.insiders import insider
from tests.web.browser import Browser
from tests.web.crowd import Crowd
from tests.web.scene import Scene

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
NONCE = re.compile(r"'nonce-([\w-]{20,})'")


def check(answer: Any, told: str) -> None:
    """One answer."""
    headers, page = answer.headers, answer.get_data(as_text=True)
    assert headers["X-Content-Type-Options"] == "nosniff", told
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", told
    assert "Server" not in headers and "X-Powered-By" not in headers, told
    if answer.mimetype.startswith("image/"):
        assert headers["Cache-Control"] == "private, no-cache", told
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox", told
        return
    assert headers["Cache-Control"] == "no-store", told
    assert "charset=utf-8" in headers["Content-Type"] or "json" in headers["Content-Type"], told
    if answer.mimetype != "text/html":
        assert not page.lstrip().startswith("<"), told
        return
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy, told
    assert "unsafe" not in policy and "*" not in policy, told
    assert headers["X-Frame-Options"] == "DENY", told
    assert headers["Referrer-Policy"] == "same-origin", told
    nonces = NONCE.findall(policy)
    assert len(set(nonces)) == 1, told
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", page):
        assert f'nonce="{nonces[0]}"' in tag or 'type="application/json"' in tag, (told, tag)
    assert not re.search(r"<[^>]*\s(?:on[a-z]+|style)=", page), told


@ON_SQLITE
def test_every_answer_of_every_route_whatever_its_status(whole_app: Flask, scene: Scene, crowd: Crowd) -> None:
    seen: set[int] = set()
    pictures = 0
    for endpoint, rule in RULES.items():
        thing = things(scene, rule.over)[0]
        path = address(whole_app, endpoint, thing)
        names = {"", "cem", "olga", insider(endpoint, thing, "GET") or "sam"}
        for method in ("GET", "POST", "PATCH"):
            if method == "POST" and method in methods(whole_app, endpoint) and endpoint != "public.login":
                continue  # refused ones are seen below; the others would change something
            for name in names if method != "PATCH" else ("", "olga"):
                answer = crowd.send(name, path, thing, method=method)
                seen.add(answer.status_code)
                check(answer, f"{name} {method} {path} {answer.status}")
                pictures += answer.mimetype.startswith("image/")
    assert seen >= {200, 302, 401, 403, 404, 405}
    assert pictures, "pictures were among the answers"


@ON_SQLITE
@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("/nothing", {}),
        ("/%00", {}),
        ("/login", {"headers": {"Content-Encoding": "gzip"}}),
        ("/login", {"method": "POST", "data": {}}),
        (
            "/login",
            {"method": "POST", "data": b"x" * (3 * 1024 * 1024), "content_type": "application/x-www-form-urlencoded"},
        ),
        ("/welcome/none", {}),
        ("/attempts/1/saves/1/1", {"method": "PUT", "data": "["}),
    ],
)
def test_errors_carry_the_same(path: str, facts: dict[str, Any], scene: Scene, crowd: Crowd) -> None:
    answer = crowd.send("", path, **{"method": "GET", **facts})
    assert answer.status_code >= 400
    check(answer, f"{path} {answer.status}")


@ON_SQLITE
def test_an_unforeseen_failure_carries_the_same(
    scene: Scene, crowd: Crowd, whole_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from examengine.web.candidate import sittings

    def broken(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(sittings.exams, "find_own_enrolments", broken)
    monkeypatch.setitem(whole_app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = crowd.send("cem", "/home", method="GET")
    assert answer.status_code == 500
    check(answer, "500")


@ON_SQLITE
def test_static_files_are_for_ever_and_set_no_cookie(scene: Scene, crowd: Crowd) -> None:
    page = crowd.send("", "/login", method="GET").get_data(as_text=True)
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        with crowd.browsers[""].get(path) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.fixture(scope="module")
def public(whole_app: Flask) -> Any:
    settings = replace(whole_app.config["SETTINGS"], public=True, trusted_proxies=1)
    made = create_app(settings)
    yield made
    with made.app_context():
        session.remove()
        db.engine.dispose()


HTTPS = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "exams.example",
    "Referer": "https://exams.example/login",
}


@ON_SQLITE
def test_in_public_the_cookie_is_secure_and_https_is_for_ever(public: Flask, scene: Scene) -> None:
    client = Browser(public, public.response_class, use_cookies=True)
    page = client.get("/login", headers=HTTPS, base_url="https://exams.example")
    for cookie in page.headers.getlist("Set-Cookie"):
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in cookie
        assert "Domain=" not in cookie
    data = {"csrf_token": csrf_of(page.get_data(as_text=True)), "username": "cem", "password": PASSWORD}
    answer = client.post("/login", data=data, headers=HTTPS, base_url="https://exams.example")
    assert answer.status_code == 302
    assert "Secure" in answer.headers["Set-Cookie"]
    for path in ("/home", "/nothing", "/healthz", "/attempts/1/status"):
        got = client.get(path, headers=HTTPS, base_url="https://exams.example")
        assert got.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        check(got, path)


@ON_SQLITE
@pytest.mark.parametrize("referer", ["", "https://evil.example/", "http://exams.example/login"])
def test_in_public_a_form_comes_from_its_own_site(referer: str, public: Flask, scene: Scene) -> None:
    client = Browser(public, public.response_class, use_cookies=True)
    page = client.get("/login", headers=HTTPS, base_url="https://exams.example").get_data(as_text=True)
    data = {"csrf_token": csrf_of(page), "username": "cem", "password": PASSWORD}
    answer = client.post("/login", data=data, headers={**HTTPS, "Referer": referer}, base_url="https://exams.example")
    assert answer.status_code == 403


@ON_SQLITE
def test_a_health_check_sets_no_cookie(scene: Scene, crowd: Crowd, enter: Any) -> None:
    for path in ("/healthz", "/readyz"):
        assert "Set-Cookie" not in enter().get(path).headers
