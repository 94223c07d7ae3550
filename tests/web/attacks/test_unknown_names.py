"""Whether a name exists is not told: not by words, status, cookies, statements, nor by the work that a guess costs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from examengine.accounts import actions as accounts
from examengine.accounts import passwords
from examengine.accounts import queries as people
from examengine.core import clock
from examengine.core.db import session
from tests.counting import statements
from tests.making import csrf_of
from tests.web.conftest import Visit
from tests.web.scene import Scene

NAMES = {"known": "cem", "unknown": "nobody", "inactive": "dan", "without a password": "sam"}


@pytest.fixture
def prepared(scene: Scene) -> None:
    dan, sam = people.find_person("dan"), people.find_person("sam")
    assert dan and sam
    accounts.deactivate(dan, clock.now(), None)
    sam.password_hash = None
    session.commit()


class Work:
    """Counts what the hasher does, by the parameters of the hash that it is given."""

    def __init__(self, real: Any) -> None:
        self.real, self.done = real, []  # type: ignore[var-annotated]

    def verify(self, stored: str, password: str) -> bool:
        self.done.append(stored.rsplit("$", 2)[0])
        return bool(self.real.verify(stored, password))


def guess(enter: Visit, name: str, monkeypatch: pytest.MonkeyPatch, password: str = "a wrong guess") -> tuple[Any, ...]:
    """Status, words, cookies, statements and hashing of one wrong guess in a new browser."""
    client = enter()
    token = csrf_of(client.get("/login").get_data(as_text=True))
    work = Work(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", work)
    with statements() as seen:
        answer = client.post("/login", data={"csrf_token": token, "username": name, "password": password})
    monkeypatch.setattr(passwords, "_hasher", work.real)
    page = re.sub(r'value="[^"]*"|nonce="[^"]*"|[0-9a-f]{16}', "", answer.get_data(as_text=True)).replace(name, "")
    cookies = [re.sub(r"=[^;]+;", ";", cookie, count=1) for cookie in answer.headers.getlist("Set-Cookie")]
    return answer.status_code, page, cookies, list(seen), work.done


def test_a_wrong_guess_is_the_same_for_every_name(
    prepared: None, enter: Visit, monkeypatch: pytest.MonkeyPatch, whole_app: Flask
) -> None:
    told = {kind: guess(enter, name, monkeypatch) for kind, name in NAMES.items()}
    for kind, found in told.items():
        for part, mine, known in zip(
            ("status", "words", "cookies", "statements", "work"), found, told["known"], strict=True
        ):
            assert mine == known, (kind, part)
    assert told["known"][0] == 401
    assert len(told["known"][4]) == 1, "the password is hashed once, for nobody too"


def test_who_is_kept_out_is_told_nothing_else_although_the_password_is_right(
    prepared: None, enter: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, unknown = (guess(enter, name, monkeypatch, "correct horse") for name in ("dan", "nobody"))
    assert out == unknown


def test_a_link_that_never_was_looks_as_one_that_was_used(scene: Scene, enter: Visit) -> None:
    token = scene.things["links"][0].values["token"]
    client = enter()
    page = csrf_of(client.get(f"/welcome/{token}").get_data(as_text=True))
    fields = {"csrf_token": page, "password": "a better horse", "again": "a better horse"}
    assert client.post(f"/welcome/{token}", data=fields).status_code == 302
    client.get("/login")  # says once that the password is set
    used, never = client.get(f"/welcome/{token}"), client.get(f"/welcome/{'x' * len(token)}")
    assert used.status_code == never.status_code
    same = [
        re.sub(r'value="[^"]*"|nonce="[^"]*"|[0-9a-f]{16}|/welcome/[^"]*', "", a.get_data(as_text=True))
        for a in (used, never)
    ]
    assert same[0] == same[1]
