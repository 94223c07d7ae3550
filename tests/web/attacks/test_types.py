"""Values of the wrong type, size or number: in addresses, forms, JSON. Never a 500, never a change by mistake."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests.web.attacks.forms import forms_of
from tests.web.attacks.insiders import doors
from tests.web.crowd import Crowd
from tests.web.scene import NOTHING, Scene
from tests.web.snapshot import Snapshot

HUGE = "9" * 30
WEIRD = ("", "0", "-1", HUGE, f"-{HUGE}", "9" * 5000, "1e400", "NaN", "1.5", "0x10", "١٢", "²", "[]", "\x00", "a\x00b")
WEIRD += (
    "\ud800",
    "\udfff",
    "'; DROP TABLE person; --",
    "%",
    "_%",
    "\\",
    "x" * 20_000,
    "\u202e\u200b",
    "1,2",
    "None",
    "true",
)
PARAMETERS = (
    "page",
    "sort",
    "q",
    "words",
    "state",
    "kind",
    "bank",
    "language",
    "difficulty",
    "use",
    "competency",
    "version",
    "copy",
    "exam_id",
    "id",
    "person",
    "from",
    "to",
    "action",
    "subject",
    "entry",
    "all",
    "team",
    "show",
    "stage",
    "last",
    "next",
    "username",
    "role",
    "active",
    "everyone",
    "inactive",
)
BODIES: tuple[Any, ...] = (
    [],
    1,
    "x",
    None,
    True,
    1.5,
    {},
    {"csrf_token": []},
    {"a": [1, {"b": None}]},
    [["username", "cem"]],
    {
        "username": 7,
        "password": ["x"],
        "title": {"$ne": ""},
        "reason": 3,
        "text": [],
        "code": False,
        "name": [1],
        "old": 1,
        "again": {},
    },
    {
        "username": ["cem", "ben"],
        "password": None,
        "act": ["publish"],
        "ids": {"0": 1},
        "row": 5,
        "total": [],
        "minutes": "NaN",
    },
)


ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
ON_POSTGRES = pytest.mark.parametrize("database", ["postgres"], indirect=True, scope="session")
"""Which refuses more: U+0000, texts longer than their columns."""
VALUES = [("sqlite", HUGE), *(("postgres", v) for v in ("a\x00b", "\ud800", HUGE, "x" * 20_000, "NaN"))]


def encoded(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


@ON_POSTGRES
def test_every_page_bears_every_query(whole_app: Flask, scene: Scene, crowd: Crowd, curious: frozenset[str]) -> None:
    pages = list(doors(whole_app, scene, "GET"))
    for number, value in enumerate(WEIRD):
        query = "&".join(f"{name}={encoded(value)}" for name in PARAMETERS)
        for endpoint, path, name, thing in pages[number % 3 :: 3] if len(value) > 1000 else pages:
            if number and endpoint not in curious:
                continue
            answer = crowd.ask(name, "GET", f"{path}?{query}", thing)
            assert answer.status_code < 500 or endpoint == "public.readyz", (endpoint, value[:40], answer.status)


@ON_SQLITE
@pytest.mark.parametrize("parameter", ["copy", "version", "page", "exam_id", "id", "entry", "kind"])
def test_a_parameter_alone_bears_every_value(
    parameter: str, whole_app: Flask, scene: Scene, crowd: Crowd, curious: frozenset[str]
) -> None:
    """One at a time, for what refuses early hides what comes later."""
    more = "&kind=single_choice" if parameter == "copy" else ""
    for endpoint, path, name, thing in doors(whole_app, scene, "GET"):
        if endpoint not in curious or not endpoint.startswith(("author", "manager", "admin", "candidate")):
            continue
        for value in ("", "-1", HUGE, f"-{HUGE}", "NaN", "a\x00b"):
            answer = crowd.ask(name, "GET", f"{path}?{parameter}={encoded(value)}{more}", thing)
            assert answer.status_code < 500, (endpoint, parameter, value)


@ON_SQLITE
def test_every_form_bears_json_of_every_shape(whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    for endpoint, path, name, thing in doors(whole_app, scene, "POST"):
        for body in BODIES:
            headers = {"X-CSRFToken": crowd.tokens[name]}
            answer = crowd.send(
                name, path, thing, data=json.dumps(body), content_type="application/json", headers=headers
            )
            assert answer.status_code < 500, (endpoint, body, answer.status)
        if snapshot.changed():
            snapshot.restore()


@pytest.mark.parametrize(("database", "value"), VALUES, indirect=["database"], scope="session", ids=range(len(VALUES)))
def test_every_form_bears_every_value_in_every_field(
    value: str, whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    for endpoint, path, name, thing in doors(whole_app, scene, "GET"):
        page = crowd.ask(name, "GET", path, thing).get_data(as_text=True)
        for form in forms_of(page, path):
            if form.method != "post":
                continue
            for field in form.fields:
                if field == "csrf_token":
                    continue
                data = {**form.values(), field: value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
                answer = crowd.send(name, form.action, thing, data=data)
                assert answer.status_code < 500, (endpoint, form.action, field, answer.status)
                if snapshot.changed():
                    snapshot.restore()


@pytest.mark.parametrize("field", ["username", "password", "next", "language", "theme"])
def test_a_field_sent_twice_is_one_of_them_never_both(field: str, scene: Scene, crowd: Crowd) -> None:
    from werkzeug.datastructures import MultiDict

    data = MultiDict([("csrf_token", crowd.tokens[""]), ("username", "cem"), ("password", "wrong")])
    data.setlist(field, ["ben", "correct horse", "//evil.example"])
    answer = crowd.send("", "/login", NOTHING, data=data)
    assert answer.status_code == 401
    answer = crowd.send(
        "sam",
        "/preferences",
        NOTHING,
        data=MultiDict([("csrf_token", crowd.tokens["sam"]), *((field, v) for v in ("dark", "//evil.example", "zh"))]),
    )
    assert answer.status_code == 302
    assert answer.location == "/"


ENTRIES: tuple[bytes, ...] = (
    b"",
    b"null",
    b"{}",
    b"[]",
    b"[1]",
    b"[[]]",
    b'["x"]',
    b'[{"slot":1}]',
    b'[{"slot":"1","value":0}]',
    b'[{"slot":1.0,"value":0}]',
    b'[{"slot":true,"value":0}]',
    b'[{"slot":0,"value":0}]',
    b'[{"slot":-1,"value":0}]',
    b'[{"slot":9e99,"value":0}]',
    b'[{"slot":99999999999999999999999999,"value":0}]',
    b'[{"slot":1,"value":NaN}]',
    b'[{"slot":1,"value":Infinity}]',
    b'[{"slot":1,"value":1.5}]',
    b'[{"slot":1,"value":{"a":1}}]',
    b'[{"slot":1,"value":[[1]]}]',
    b'[{"slot":1,"value":[1,"x"]}]',
    b'[{"slot":1,"value":' + b"9" * 5000 + b"}]",
    b'[{"slot":1,"t":"soon","value":0}]',
    b'[{"slot":1,"t":1e999,"value":0}]',
    b'[{"slot":1,"value":0,"splice":[0,0,""]}]',
    b'[{"slot":1,"splice":[0,-1,""]}]',
    b'[{"slot":1,"splice":[0,0]}]',
    b'[{"slot":1,"flag":"yes"}]',
    b'[{"slot":1,"flag":1}]',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"\xff\xfe[]",
    b"\xef\xbb\xbf[]",
    b'[{"slot":1,"value":"' + b"x" * 70_000 + b'"}]',
    b"[" + b'{"slot":1,"value":0},' * 501 + b"]",
    b"[1e400]",
    b'[{"__proto__":{}}]',
)
"""Bodies of a save, none of which is one."""


def test_a_save_takes_nothing_but_what_the_protocol_says(scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    thing = scene.thing("attempts", "open-cem")
    path = f"/attempts/{thing.values['attempt_id']}/saves/1/5"
    for body in ENTRIES:
        answer = crowd.send("cem", path, thing, method="PUT", data=body, content_type="application/json")
        assert answer.status_code in (400, 413, 422), (body[:60], answer.status)
        assert answer.mimetype == "application/problem+json"
    assert not snapshot.changed()


@pytest.mark.parametrize("age", ["-1", "x", "1.5", "²", "١٢", HUGE, "9" * 5000, "1e9", " 1", "\u0660"])
def test_the_pages_clock_is_a_number_that_a_clock_can_show(
    age: str, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    thing = scene.thing("attempts", "open-cem")
    path = f"/attempts/{thing.values['attempt_id']}/saves/1/5"
    body = json.dumps([{"slot": 1, "t": 1, "value": None}])
    answer = crowd.send(
        "cem", path, thing, method="PUT", data=body, headers={"Page-Clock": age.encode("utf-8").decode("latin-1")}
    )
    assert answer.status_code == 400, answer.get_data(as_text=True)
    assert not snapshot.changed()


@pytest.mark.parametrize("epoch", ["0", "2", "-1", HUGE, "1.0", "x"])
@pytest.mark.parametrize("seq", ["0", "-1", str(2**31), HUGE, "x"])
def test_a_saves_address_is_one_of_numbers_that_fit(epoch: str, seq: str, scene: Scene, crowd: Crowd) -> None:
    thing = scene.thing("attempts", "open-cem")
    path = f"/attempts/{thing.values['attempt_id']}/saves/{epoch}/{seq}"
    assert crowd.send("cem", path, thing, method="PUT", data="[]").status_code in (400, 404, 405)


DIGESTS: tuple[Any, ...] = (None, 1, "", "x", [], {}, "0" * 63, ["0" * 64], {"digest": 1}, "0" * 65, True)


@pytest.mark.parametrize("digest", DIGESTS, ids=repr)
def test_a_submit_carries_a_digest_or_nothing_happens(
    digest: Any, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    thing = scene.thing("attempts", "open-cem")
    path = f"/attempts/{thing.values['attempt_id']}/submit"
    for body in (json.dumps({"digest": digest}), json.dumps(digest), "[" * 100_000, '{"digest":' * 40_000):
        answer = crowd.send("cem", path, thing, data=body, content_type="application/json")
        assert answer.status_code == 400, answer.status
    assert not snapshot.changed()


@pytest.mark.parametrize(
    "token", ["x", "1.1.1.1.1.", "\x00", "9" * 5000, "1.1.1.1.7." + "A" * 43, "..…".encode().decode("latin-1")]
)
def test_a_token_that_was_not_signed_here_opens_nothing(token: str, scene: Scene, crowd: Crowd) -> None:
    number = scene.thing("attempts", "open-cem").values["attempt_id"]
    answer = crowd.send(
        "",
        f"/attempts/{number}/saves/1/5",
        NOTHING,
        method="PUT",
        data="[]",
        headers={"Attempt-Token": token.replace("\x00", "")},
    )
    assert answer.status_code == 401
