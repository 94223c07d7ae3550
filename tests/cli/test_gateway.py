"""Bodies are read before a thread is taken: in bounded time and space, and the environment is what WSGI asks for."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from examengine.cli import gateway

LARGEST = 100


class Headers:
    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def items(self) -> list[tuple[str, str]]:
        return self.pairs

    def get(self, name: str) -> str | None:
        return dict(self.pairs).get(name)

    def __contains__(self, name: str) -> bool:
        return name in dict(self.pairs)


@dataclass
class Scope:
    headers: Headers
    method: str = "POST"
    path: str = "/题/x"
    query_string: str = "a=%ff"
    proto: str = "http"
    http_version: str = "1.1"
    server: str = "[::1]:8000"
    client: str = "[::1]:5000"
    scheme: str = "http"
    authority: str | None = None


@dataclass
class Proto:
    """A connection that sends `parts`, and then ends or stays silent."""

    parts: list[bytes]
    ends: bool = True
    told: list[Any] = field(default_factory=list)

    async def __call__(self) -> bytes:
        return b"".join([part async for part in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if not self.ends:
            await asyncio.sleep(30)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.told.append((status, body))

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.told.append((status, b""))

    def close(self, status: int) -> None:
        self.told.append((status, b"closed"))


class App:
    """Answers with the body; remembers the environment and whether its answer was closed."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        self.seen.append(environ)
        start("201 CREATED", [("X", "1")])
        return Answer(self, environ["wsgi.input"].read())


class Answer(io.BytesIO):
    def __init__(self, app: App, body: bytes) -> None:
        super().__init__(body)
        self.app = app

    def close(self) -> None:
        self.app.closed += 1
        super().close()


def ask(proto: Proto, *headers: tuple[str, str], app: App | None = None, **facts: Any) -> dict[str, Any] | None:
    app = app or App()
    asyncio.run(gateway.front(app, 1, LARGEST)(Scope(Headers(list(headers)), **facts), proto))
    assert app.closed == len(app.seen)
    return app.seen[0] if app.seen else None


def test_the_environment_is_the_requests() -> None:
    proto = Proto([b"ab", b"c"])
    headers = [
        ("host", "h:1"),
        ("content-length", "3"),
        ("content-type", "x/y"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("x-a", "1"),
        ("x-a", "2"),
    ]
    environ = ask(proto, *headers)
    assert environ is not None
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/题/x"
    assert (environ["QUERY_STRING"], environ["REQUEST_METHOD"]) == ("a=%ff", "POST")
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("::1", "::1", "8000")
    assert (environ["HTTP_COOKIE"], environ["HTTP_X_A"], environ["HTTP_HOST"]) == ("a=1; b=2", "1,2", "h:1")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("x/y", "3")
    assert "HTTP_CONTENT_LENGTH" not in environ
    assert proto.told == [(201, b"abc")]


def test_a_header_with_a_low_line_does_not_pass_for_one_with_a_dash() -> None:
    environ = ask(Proto([]), ("x_forwarded_for", "1.2.3.4"), ("attempt_token", "x"))
    assert environ is not None
    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_ATTEMPT_TOKEN"} & environ.keys()


def test_a_chunked_body_has_its_length_when_it_is_whole() -> None:
    environ = ask(Proto([b"ab", b"cd"]), ("transfer-encoding", "chunked"))
    assert environ is not None
    assert environ["CONTENT_LENGTH"] == "4"
    assert "HTTP_TRANSFER_ENCODING" not in environ


@pytest.mark.parametrize(
    "headers", [[("content-length", "101")], [("transfer-encoding", "chunked")], [("content-length", "5")]]
)
def test_a_body_that_is_too_large_is_not_kept_and_the_application_says_so(headers: list[tuple[str, str]]) -> None:
    environ = ask(Proto([b"x" * 60, b"x" * 60]), *headers)
    assert environ is not None
    assert environ["CONTENT_LENGTH"] == str(LARGEST + 1)


def test_a_request_without_a_body_waits_for_none() -> None:
    environ = ask(Proto([], ends=False), ("host", "h"), method="GET")
    assert environ is not None
    assert environ["CONTENT_LENGTH"] == "0"


def test_a_body_that_does_not_come_is_given_up_and_takes_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "BODY_TIME", 0.05)
    proto = Proto([b"a"], ends=False)
    assert ask(proto, ("content-length", "10")) is None
    assert proto.told == [(408, b"")]


def test_each_body_has_its_own_time_and_one_timer_serves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "BODY_TIME", 0.2)
    handle, protos = gateway.front(App(), 1, LARGEST), [Proto([b"a"], ends=False) for _ in range(3)]
    timers: list[float] = []

    async def all_of_them() -> list[float]:
        loop = asyncio.get_running_loop()
        plain, ended = loop.call_later, [0.0] * 3

        def call_later(delay: float, *rest: Any, **more: Any) -> asyncio.TimerHandle:
            timers.append(delay)
            return plain(delay, *rest, **more)

        async def one(place: int, proto: Proto) -> None:
            begun = loop.time()
            await handle(Scope(Headers([("content-length", "10")])), proto)
            ended[place] = loop.time() - begun

        monkeypatch.setattr(loop, "call_later", call_later)
        waiting = []
        for place, proto in enumerate(protos):
            waiting.append(asyncio.create_task(one(place, proto)))
            await asyncio.sleep(0)
            end = loop.time() + 0.05
            while loop.time() < end:  # not by a timer
                await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        return ended

    ended = asyncio.run(all_of_them())
    assert [proto.told for proto in protos] == [[(408, b"")]] * 3
    assert all(0.2 <= each < 0.4 for each in ended), ended
    assert 10 <= timers.count(0.02) <= 17  # one at a time; three would be more than thirty
    assert 0.2 not in timers


def test_who_ends_a_request_otherwise_is_not_told_of_its_time() -> None:
    proto = Proto([b"a"], ends=False)

    async def leave() -> None:
        handle = gateway.front(App(), 1, LARGEST)
        task = asyncio.create_task(handle(Scope(Headers([("content-length", "10")])), proto))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert proto.told == []


def test_bodies_under_way_are_bounded_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "MOST_KEPT", 100)
    monkeypatch.setattr(gateway, "BODY_TIME", 0.2)
    app, slow, late = App(), Proto([b"x" * 90], ends=False), Proto([b"x" * 90])
    handle = gateway.front(app, 1, LARGEST)
    scope = Scope(Headers([("content-length", "95")]))

    async def both() -> None:
        first = asyncio.create_task(handle(scope, slow))
        await asyncio.sleep(0.02)
        await handle(scope, late)
        await first
        await handle(scope, again)

    again = Proto([b"x" * 90])
    asyncio.run(both())
    assert (slow.told, late.told) == ([(408, b"")], [(503, b"")])
    assert again.told == [(201, b"x" * 90)]


def test_another_protocol_is_closed() -> None:
    proto = Proto([])
    asyncio.run(gateway.front(App(), 1, LARGEST)(Scope(Headers([]), proto="ws"), proto))
    assert proto.told == [(404, b"closed")]
