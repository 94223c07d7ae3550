"""Between the HTTP server and the application: a request's body is read whole before a worker thread is taken.

A WSGI server reads bodies in the thread that works, so a few slow senders would stop everybody's saves. Here they wait
beside each other on the event loop, bounded in time and size, and cost a connection each, no thread.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from examengine.core.brief import AGAIN, BRIEF

BODY_TIME = 60.0
"""Seconds in which a whole body has arrived: 2 MiB at 35 KB/s, a save of 256 KiB at 4 KB/s."""
MOST_KEPT = 256 * 1024 * 1024
"""Bytes of bodies under way that a process keeps; beyond them it asks to come again, rather than to fall."""
IN_ONE = 64 * 1024
"""Bytes of a body that the server may bring in one piece: each piece costs a turn of the event loop."""
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Answer = tuple[int, list[tuple[str, str]], bytes]


class Scope(Protocol):
    """What the server says of a request."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Any


class Full(Exception):
    """Too many bytes are under way."""


class Patience:
    """Ends reads that take longer than BODY_TIME: one timer for all, for one of each cost a save a twentieth."""

    def __init__(self) -> None:
        self._ends: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._watched = False

    def begin(self) -> asyncio.Task[Any]:
        """The task at hand begins to read."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        if task is None:
            raise RuntimeError("bodies are read by tasks")
        self._ends[task] = loop.time() + BODY_TIME
        if not self._watched:
            self._watched = True
            loop.call_later(BODY_TIME / 10, self._look, loop)
        return task

    def is_over(self, task: asyncio.Task[Any]) -> bool:
        """Whether it was cancelled for its time."""
        return task in self._late

    def end(self, task: asyncio.Task[Any]) -> None:
        """It has ended, one way or the other."""
        del self._ends[task]
        self._late.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, end in self._ends.items():
            if end < now and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._watched = bool(self._ends)
        if self._watched:
            loop.call_later(BODY_TIME / 10, self._look, loop)


class Bodies:
    """Reads bodies; knows how many bytes of them this process keeps."""

    def __init__(self, largest: int) -> None:
        self.largest, self.kept, self._patience = largest, 0, Patience()

    async def read(self, scope: Scope, proto: Any, parts: list[bytes]) -> bool:
        """Read the body into `parts`; False when it is larger than may be. Raises TimeoutError, Full."""
        length = scope.headers.get("content-length")
        if length is None and "transfer-encoding" not in scope.headers:
            return True
        if length is not None and int(length) > self.largest:  # the server has refused what is no number
            return False
        task = self._patience.begin()
        try:
            if length is not None and int(length) <= IN_ONE:
                return await self._in_one(proto, int(length), parts)
            return await self._in_pieces(proto, parts)
        except asyncio.CancelledError:
            if not self._patience.is_over(task):
                raise
            task.uncancel()
            raise TimeoutError from None
        finally:
            self._patience.end(task)

    async def _in_one(self, proto: Any, length: int, parts: list[bytes]) -> bool:
        self._reserve(length)
        try:
            part = bytes(await proto())
        finally:
            self.kept -= length
        if len(part) > self.largest:
            return False
        self._keep(part, parts)
        return True

    async def _in_pieces(self, proto: Any, parts: list[bytes]) -> bool:
        size = 0
        async for part in proto:
            size += len(part)
            if size > self.largest:
                return False
            self._keep(bytes(part), parts)
        return True

    def _keep(self, part: bytes, parts: list[bytes]) -> None:
        self._reserve(len(part))
        parts.append(part)

    def _reserve(self, size: int) -> None:
        if self.kept + size > MOST_KEPT:
            raise Full
        self.kept += size


def front(
    app: WSGI, threads: int, largest: int, is_brief: Callable[[str, str], bool] = lambda method, path: False
) -> Callable[[Scope, Any], Awaitable[None]]:
    """The RSGI application that feeds `app` in `threads` threads; bodies over `largest` bytes are not kept.

    One thread is the event loop's own. Where there are more, what `is_brief` (method, path) is tried there first.
    """
    workers, bodies = ThreadPoolExecutor(threads, "request"), Bodies(largest)

    async def handle(scope: Scope, proto: Any) -> None:
        if scope.proto != "http":
            proto.close(404)
            return
        parts: list[bytes] = []
        try:
            fits = await bodies.read(scope, proto, parts)
            body = b"".join(parts) if fits else None
            answer = _at_once(app, environ_of(scope, body, largest, threads > 1), threads, is_brief)
            if answer is None:
                environ = environ_of(scope, body, largest, threads > 1)
                answer = await asyncio.get_running_loop().run_in_executor(workers, _call, app, environ)
        except TimeoutError:
            proto.response_empty(408, [("connection", "close")])
        except Full:
            proto.response_empty(503, [("retry-after", "5"), ("connection", "close")])
        else:
            proto.response_bytes(*answer)
        finally:
            bodies.kept -= sum(map(len, parts))

    return handle


def _at_once(app: WSGI, environ: dict[str, Any], threads: int, is_brief: Callable[[str, str], bool]) -> Answer | None:
    """The answer, where it may be given on the event loop and does not have to wait."""
    if threads > 1:
        if not is_brief(environ["REQUEST_METHOD"], environ["PATH_INFO"]):
            return None
        environ[BRIEF] = True
    answer = _call(app, environ)
    return None if AGAIN in environ else answer


def environ_of(scope: Scope, body: bytes | None, largest: int, multithread: bool) -> dict[str, Any]:
    """The WSGI environment of a request; of a body that is too large only its length, which the application refuses."""
    host, _, port = scope.server.rpartition(":")
    client, _, client_port = scope.client.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client.strip("[]"),
        "REMOTE_PORT": client_port,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": multithread,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input": io.BytesIO(body or b""),
    }
    for name, value in scope.headers.items():
        if "_" in name:  # would pass for the header with a dash, which a proxy sets
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    environ.pop("HTTP_TRANSFER_ENCODING", None)  # the body is whole by now
    environ["CONTENT_LENGTH"] = str(largest + 1 if body is None else len(body))
    return environ


def _call(app: WSGI, environ: dict[str, Any]) -> Answer:
    """The application's whole answer."""
    begun: list[tuple[int, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        begun.append((int(status.split(" ", 1)[0]), headers))

    made = app(environ, start)
    try:
        content = b"".join(made)
    finally:
        close = getattr(made, "close", None)
        if close is not None:
            close()
    return (*begun[-1], content)
