"""Requests that another site makes a browser send: every write, as a form and as JSON, needs this session's token."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.attacks.insiders import doors
from tests.web.crowd import Crowd
from tests.web.scene import NOTHING, Scene
from tests.web.snapshot import Snapshot

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
TOKEN_ONLY = ("saving.submit", "public.notice_off")
"""Where no cookie speaks, but a token that was signed here, there is nothing to forge; the save is a PUT."""


@ON_SQLITE
@pytest.mark.parametrize("kind", ["none", "empty", "another's", "stranger's", "header only of another"])
def test_a_write_without_the_sessions_token_changes_nothing(
    kind: str, whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    for endpoint, path, name, thing in doors(whole_app, scene, "POST"):
        if endpoint in TOKEN_ONLY:
            continue
        other = crowd.tokens["dan" if name != "dan" else "sam"]
        token = {"none": None, "empty": "", "another's": other, "stranger's": crowd.tokens[""]}.get(kind)
        fields = {"reason": "x", "sure": "yes", "title": "x", "act": "publish", "minutes": "5"}
        data = fields if token is None else {**fields, "csrf_token": token}
        headers = {"Origin": "https://evil.example"} | ({"X-CSRFToken": other} if kind.startswith("header") else {})
        for more in ({"data": data}, {"json": data}, {"data": str(data), "content_type": "text/plain"}):
            answer = crowd.send(name, path, thing, headers=headers, **more)
            assert answer.status_code == 403, (endpoint, name, answer.status)
    assert not snapshot.changed()


@ON_SQLITE
def test_a_write_with_the_token_in_the_address_only_is_refused(scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    answer = crowd.send("ann", f"/exams/new?csrf_token={crowd.tokens['ann']}", data={"title": "x"})
    assert answer.status_code == 403
    assert not snapshot.changed()


@ON_SQLITE
def test_a_form_cannot_be_sent_as_another_method(scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    """No method override in a header, a field or the address."""
    headers = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST", "X-HTTP-Method": "DELETE"}
    answer = crowd.send(
        "ann", "/exams/new?_method=POST&title=x&csrf_token=" + crowd.tokens["ann"], method="GET", headers=headers
    )
    assert answer.status_code == 200
    assert not snapshot.changed()


@ON_SQLITE
def test_a_log_in_cannot_be_forged_either(scene: Scene, crowd: Crowd) -> None:
    answer = crowd.send("", "/login", NOTHING, data={"username": "cem", "password": "correct horse"})
    assert answer.status_code == 403


@ON_SQLITE
def test_no_answer_lets_another_site_read_it(whole_app: Flask, scene: Scene, crowd: Crowd) -> None:
    for _, path, name, thing in doors(whole_app, scene, "GET"):
        for origin in ("https://evil.example", "null"):
            answer = crowd.send(name, path, thing, method="GET", headers={"Origin": origin})
            assert not [header for header, _ in answer.headers if header.lower().startswith("access-control")]
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
