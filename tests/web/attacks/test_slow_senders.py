"""Many slow connections to the real server, one process of it: others' saves go on."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from urllib.parse import urlencode, urlsplit

import pytest

from tests.journeys.conftest import Server, server  # noqa: F401 (a served instance)

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
"""One thread a process works there, so it is the one to stop."""
LONGEST = 3.0
"""Seconds that a save may take on a busy machine while they are connected; were a thread held, it would never end."""
SLOW: dict[str, tuple[int, bytes]] = {
    "bodies": (
        150,
        b"POST /login HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na",
    ),
    "chunks": (150, b"PUT /attempts/1/saves/1/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
    "headers": (400, b"GET /login HTTP/1.1\r\nHost: x\r\nX-Slow: "),
    "nothing at all": (400, b""),
    "large bodies half sent": (
        60,
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 300_000,
    ),
    "bodies too large": (60, b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n" + b"x" * 30_000),
}


class Candidate:
    """Cem in the middle of his exam, over plain HTTP."""

    def __init__(self, of: Server) -> None:
        parts = urlsplit(of.base)
        self.address = (parts.hostname or "", parts.port or 0)
        self.cookie = ""
        token = self._csrf("/login")
        self._ask("POST", "/login", {"csrf_token": token, "username": "cem", "password": of.passwords["cem"]})
        sitting = of.stage(people=["cem"])["sitting"]
        token = self._csrf(f"/sittings/{sitting}")
        _, headers, _ = self._ask("POST", f"/sittings/{sitting}/start", {"csrf_token": token})
        _, _, page = self._ask("GET", headers["Location"])
        found = re.search(r'id="attempt">(.*?)</script>', page, re.DOTALL)
        assert found
        block = json.loads(found.group(1))
        self.token, self.attempt, self.seq = block["token"], block["attempt"], 0

    def _csrf(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', self._ask("GET", path)[2])
        assert found
        return found.group(1)

    def _ask(
        self, method: str, path: str, fields: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body=urlencode(fields) if fields else None, headers=headers)
        answer = connection.getresponse()
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def save(self) -> float:
        """Seconds that a save takes, over a new connection."""
        self.seq += 1
        begun = time.monotonic()
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        body = json.dumps([{"slot": 1, "t": self.seq, "value": self.seq % 2}])
        connection.request(
            "PUT", f"/attempts/{self.attempt}/saves/1/{self.seq}", body=body, headers={"Attempt-Token": self.token}
        )
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
        connection.close()
        return time.monotonic() - begun


@pytest.fixture(scope="module")
def cem(server: Server) -> Iterator[Candidate]:  # noqa: F811
    yield Candidate(server)


@ON_SQLITE
@pytest.mark.parametrize("kind", SLOW)
def test_slow_connections_do_not_stop_the_saves_of_others(kind: str, cem: Candidate) -> None:
    count, beginning = SLOW[kind]
    with ExitStack() as held:
        for _ in range(count):
            connection = held.enter_context(socket.create_connection(cem.address, timeout=10))
            connection.setblocking(False)
            with suppress(BlockingIOError):
                connection.send(beginning)
        assert max(cem.save() for _ in range(12)) < LONGEST
    assert cem.save() < LONGEST


@ON_SQLITE
def test_what_is_refused_is_told_before_the_body_has_come(cem: Candidate) -> None:
    """A length beyond what may be is answered without waiting for it."""
    with socket.create_connection(cem.address, timeout=10) as connection:
        connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\nx")
        assert connection.recv(12) == b"HTTP/1.1 413"


@ON_SQLITE
@pytest.mark.parametrize(
    "sent",
    [
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 600_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 300 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=range(8),
)
def test_what_is_no_request_is_refused_and_the_server_goes_on(sent: bytes, cem: Candidate) -> None:
    with socket.create_connection(cem.address, timeout=10) as connection:
        try:
            connection.sendall(sent)
            answer = connection.recv(15)
        except ConnectionError:
            answer = b""
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
    assert cem.save() < LONGEST
