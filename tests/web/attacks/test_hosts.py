"""Host headers that lie, and addresses to go on to that lead away."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.making import PASSWORD, csrf_of
from tests.web.attacks.insiders import doors
from tests.web.browser import Browser
from tests.web.conftest import Visit
from tests.web.crowd import Crowd
from tests.web.scene import Scene
from tests.web.snapshot import Snapshot

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
EVIL = "evil.example"
AWAY = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "http:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "evil.example",
    "@evil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "\n//evil.example",
    "/\r\nLocation: https://evil.example",
    "/%0d%0aSet-Cookie:x=1",
    "/\x85/evil.example",
    "/\u2028/evil.example",
    "\u3000//evil.example",
    "/\u200b/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/./\\evil.example",
    "/home//evil.example",
    "?//evil.example",
    "#//evil.example",
    "/login?next=//evil.example",
    "//",
    "/" * 2000 + "evil.example",
    "/" + "a" * 60_000,
    "//evil.example%2f@localhost/",
    "http://localhost@evil.example/",
    "/\ufeff/evil.example",
    "/\x7f/evil.example",
    "/;//evil.example",
    "／／evil.example",
    "/／evil.example",
    "/\\t/evil.example",
    "//[::1]/",
    "http://[",
    "/[",
    "//user:pw@evil.example",
)


def host_of(location: str) -> str:
    """Where a browser would go: it reads backslashes as slashes, and leaves tabs and line ends out."""
    seen = "".join(char for char in location if char not in "\t\r\n").strip().replace("\\", "/")
    return urlsplit(urljoin("http://localhost/login", seen)).netloc


@pytest.mark.parametrize("target", AWAY, ids=range(len(AWAY)))
@ON_SQLITE
def test_nothing_that_is_asked_for_leads_away(
    target: str, scene: Scene, enter: Visit, snapshot: Snapshot, crowd: Crowd
) -> None:
    client = enter()
    address = f"/login?next={quote(target.encode('utf-8', 'surrogatepass'), safe='')}"
    token = csrf_of(client.get(address).get_data(as_text=True))
    answer = client.post(address, data={"csrf_token": token, "username": "cem", "password": PASSWORD})
    other = crowd.send("ann", "/preferences", data={"csrf_token": crowd.tokens["ann"], "next": target})
    third = crowd.send("ann", "/items", data={"csrf_token": crowd.tokens["ann"], "next": target, "act": "publish"})
    for got in (answer, other, third):
        assert got.status_code in (302, 303)
        assert host_of(got.headers["Location"]) == "localhost", got.headers["Location"]
        assert urlsplit(got.headers["Location"]).scheme == ""
        assert "Set-Cookie: x" not in str(got.headers)
    snapshot.restore()


@ON_SQLITE
def test_every_next_is_tried(whole_app: Flask) -> None:
    """Where the code goes on to an address that it was given, it asks safe_next first."""
    import re
    from pathlib import Path

    import examengine.web

    folder = Path(examengine.web.__file__).parent
    for path in folder.rglob("*.py"):
        for call in re.findall(r"redirect\((?!url_for|safe_next)([^\n]*)", path.read_text("utf-8")):
            assert "request." not in call, f"{path.name}: redirect({call}"


@ON_SQLITE
@pytest.mark.parametrize("host", [EVIL, f"{EVIL}:80", f"localhost.{EVIL}", f'{EVIL}"><xssq>', "[::1]"])
def test_no_answer_is_made_of_the_host_header(host: str, whole_app: Flask, scene: Scene, crowd: Crowd) -> None:
    """Also where any host is answered: no address in any answer is built of it."""
    forwarded = {
        "X-Forwarded-Host": EVIL,
        "X-Forwarded-Proto": "https",
        "Forwarded": f"host={EVIL}",
        "X-Original-URL": "/admin/people",
    }
    for _, path, name, thing in doors(whole_app, scene, "GET"):
        headers = {"Host": host, "Referer": f"http://{host}/x", **forwarded}
        answer = crowd.send(name, path, thing, method="GET", headers=headers)
        assert EVIL not in f"{answer.headers}{answer.get_data(as_text=True)}", (path, name)
    refused = crowd.send("ann", "/items/999/draft", method="GET", headers={"Host": host, "Referer": f"http://{host}/x"})
    conflict = crowd.send("sam", "/welcome/none", method="GET", headers={"Host": host, "Referer": f"http://{host}/x"})
    assert EVIL not in refused.get_data(as_text=True) + conflict.get_data(as_text=True)


@pytest.fixture
def named(whole_app: Flask, scene: Scene) -> Flask:
    """The application under names of its own."""
    whole_app.config["SETTINGS"] = replace(whole_app.config["SETTINGS"], allowed_hosts=("exams.example", "::1"))
    return whole_app


@ON_SQLITE
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("exams.example", 200),
        ("exams.example:8443", 200),
        ("EXAMS.example", 200),
        ("exams.example.", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("exams.example.evil.example", 400),
        ("evil.example#exams.example", 400),
        ("", 400),
        ("a exams.example", 400),
        ("exams.example@evil.example", 400),
        ("[::2]", 400),
        ("exams.example:80@evil.example", 400),
        ("127.0.0.1", 400),
    ],
)
def test_only_its_own_names_are_answered(named: Flask, host: str, status: int) -> None:
    before = named.config["SETTINGS"]
    try:
        client: FlaskClient = Browser(named, named.response_class, use_cookies=True)
        assert client.get("/login", headers={"Host": host}).status_code == status
    finally:
        named.config["SETTINGS"] = replace(before, allowed_hosts=())
