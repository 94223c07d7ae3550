"""Bodies without end: too long, too deep, too many parts, compressed, of false length. Refused, and quickly."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from examengine.core.db import session
from tests.web.crowd import Crowd
from tests.web.scene import Scene
from tests.web.snapshot import Snapshot

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
FORM = "application/x-www-form-urlencoded"
MIB = 1024 * 1024
QUICK = 2.0
"""Seconds of this process that a refusal may take; on an idle machine it is a tenth of it."""


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < QUICK


def parts(count: int) -> bytes:
    return (
        b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' for _ in range(count)) + b"--x--\r\n"
    )


BODIES: dict[str, tuple[str, bytes, set[int]]] = {
    "a long field": (FORM, b"title=" + b"x" * (3 * MIB), {413}),
    "many fields": (FORM, b"a=b&" * 500_000, {413, 403}),
    "many empty fields": (FORM, b"&" * (2 * MIB - 1), {413, 403}),
    "a long name": (FORM, b"x" * MIB + b"=1", {413, 403}),
    "much to decode": (FORM, b"%F0%9F%98%80" * (MIB // 12), {413, 403}),
    "many parts": ("multipart/form-data; boundary=x", parts(5_000), {413}),
    "a part that never ends": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"x" * MIB,
        {400, 403, 413},
    ),
    "a header that never ends": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: " + b"x" * MIB,
        {400, 403, 413},
    ),
    "a boundary that never comes": ("multipart/form-data; boundary=y", b"-" * (2 * MIB - 1), {400, 403, 413}),
    "deep json": ("application/json", b"[" * MIB, {400, 403}),
    "long json": ("application/json", b"[" + b"1," * MIB + b"1]", {413}),
    "no type": ("", b"x" * MIB, {403}),
}


@ON_SQLITE
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/login", "/exams/new"])
def test_a_body_without_end_is_refused(name: str, path: str, scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    kind, body, expected = BODIES[name]
    answer = crowd.send("ann", path, data=body, content_type=kind)
    assert answer.status_code in expected
    assert not snapshot.changed()


SAVES: dict[str, bytes] = {
    "long": b'[{"slot":1,"value":"' + b"x" * (256 * 1024) + b'"}]',
    "far too long": b"[" + b" " * (3 * MIB) + b"]",
    "deep": b"[" * 200_000,
    "wide": b'[{"slot":1,"value":[' + b"1," * 60_000 + b"1]}]",
    "many": b"[" + b'{"slot":1,"value":0},' * 5_000 + b"{}]",
}


@ON_SQLITE
@pytest.mark.parametrize("name", SAVES)
def test_a_save_without_end_is_refused(name: str, scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    thing = scene.thing("attempts", "open-cem")
    path = f"/attempts/{thing.values['attempt_id']}/saves/1/5"
    answer = crowd.send("cem", path, thing, method="PUT", data=SAVES[name])
    assert answer.status_code in (400, 413)
    submit = crowd.send(
        "cem",
        f"/attempts/{thing.values['attempt_id']}/submit",
        thing,
        data=SAVES[name],
        content_type="application/json",
    )
    assert submit.status_code in (400, 413)
    assert not snapshot.changed()


@ON_SQLITE
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x"])
def test_a_compressed_body_is_not_read(coding: str, scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    bomb = gzip.compress(b"x" * (8 * MIB))
    thing = scene.thing("attempts", "open-cem")
    number = thing.values["attempt_id"]
    small = gzip.compress(b'[{"slot":1,"value":null}]')
    headers = {"Content-Encoding": coding}
    for answer in (
        crowd.send("ann", "/exams/new", data=bomb, content_type=FORM, headers=headers),
        crowd.send("cem", f"/attempts/{number}/saves/1/5", thing, method="PUT", data=small, headers=headers),
        crowd.send(
            "cem", f"/attempts/{number}/submit", thing, data=small, content_type="application/json", headers=headers
        ),
    ):
        assert answer.status_code == 400
    assert not snapshot.changed()


class Endless(io.RawIOBase):
    """A body that goes on for ever; it knows how much of it was read."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        assert self.taken < 8 * MIB, "read without end"
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


@ON_SQLITE
@pytest.mark.parametrize("length", ["0", "10", "100000000", "", "-1", "x", "1e3", "9" * 400])
@pytest.mark.parametrize("path", ["/login", "/attempts/{n}/saves/1/5"])
def test_a_length_that_lies_reads_no_more_than_may_be(
    path: str, length: str, whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    thing = scene.thing("attempts", "open-cem")
    body = Endless()
    cookie = crowd.cookies["cem"]
    assert cookie
    headers = {"Cookie": f"examengine={cookie.value}", "Attempt-Token": scene.tokens[thing.values["attempt_id"]]}
    method = "PUT" if "{n}" in path else "POST"
    made = create_environ(path.format(n=thing.values["attempt_id"]), method=method, headers=headers, content_type=FORM)
    chunked: dict[str, Any] = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    more = {"CONTENT_LENGTH": length} if length else chunked
    session.rollback()
    _, status, _ = run_wsgi_app(whole_app, {**made, **more, "wsgi.input": io.BufferedReader(body)}, buffered=True)
    assert status[:3] in ("400", "403", "413"), status
    assert not snapshot.changed()
