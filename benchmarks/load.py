"""A closed loop of requests over a few connections that stay open: bounded in count and time, loopback only."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CONNECTIONS = 8
LONGEST_S = 120.0


@dataclass(frozen=True)
class Request:
    """What is sent; `expect` is the status that counts as right."""

    data: bytes
    expect: int = 200


def request(
    method: str, path: str, port: int, headers: dict[str, str] | None = None, body: bytes = b"", expect: int = 200
) -> Request:
    """An HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return Request("\r\n".join([*lines, "", ""]).encode() + body, expect)


@dataclass
class Tally:
    """What came back."""

    done: int = 0
    seconds: float = 0.0
    bytes: int = 0
    times_ms: list[float] = field(default_factory=list)
    last: bytes = b""


class _Line:
    """One connection: one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.sent_at = 0.0
        self.expect = 200

    def send(self, wanted: Request) -> None:
        self.buffer, self.expect, self.sent_at = b"", wanted.expect, time.perf_counter()
        self.socket.sendall(wanted.data)

    def answered(self) -> bool:
        """Take what has come; whether the answer is whole."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise RuntimeError("the server closed the connection")
        self.buffer += piece
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return False
        length = 0
        for line in head.lower().split(b"\r\n")[1:]:
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return len(body) >= length

    def check(self) -> None:
        status = int(self.buffer[9:12])
        if status != self.expect:
            raise RuntimeError(f"expected {self.expect}, got {self.buffer[:600]!r}")


def run(port: int, requests: Iterator[Request], connections: int = CONNECTIONS) -> Tally:
    """Send all requests, `connections` at a time. Raises RuntimeError for an answer that was not expected."""
    tally, begun = Tally(), time.perf_counter()
    selector = selectors.DefaultSelector()
    lines = [_Line(port) for _ in range(connections)]
    try:
        busy = 0
        for line in lines:
            wanted = next(requests, None)
            if wanted is None:
                break
            line.send(wanted)
            selector.register(line.socket, selectors.EVENT_READ, line)
            busy += 1
        while busy:
            if time.perf_counter() - begun > LONGEST_S:
                raise RuntimeError(f"not done after {LONGEST_S:.0f} s")
            for key, _ in selector.select(30):
                line = key.data
                if not line.answered():
                    continue
                line.check()
                tally.done += 1
                tally.bytes += len(line.buffer)
                tally.times_ms.append(1000 * (time.perf_counter() - line.sent_at))
                tally.last = line.buffer
                wanted = next(requests, None)
                if wanted is None:
                    selector.unregister(line.socket)
                    busy -= 1
                else:
                    line.send(wanted)
    finally:
        selector.close()
        for line in lines:
            line.socket.close()
    tally.seconds = time.perf_counter() - begun
    return tally


def one(port: int, wanted: Request) -> bytes:
    """The answer (head and body) to a single request."""
    return run(port, iter([wanted]), 1).last


Maker = Callable[[int], Iterator[Request]]
"""`maker(count)`: that many requests that have not been sent before."""
