"""What the stories of failures share: candidates who save without rest, the server's processes, faults to be had."""

from __future__ import annotations

import http.client
import json
import os
import random
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.candidate import Candidate, PageReader
from tests.journeys.conftest import Server

PATIENCE = 60


class Sitter(threading.Thread):
    """A candidate over HTTP: saves, and sends the same save again until it is acknowledged, as the exam page does."""

    def __init__(self, server: Server, name: str, sitting: int) -> None:
        super().__init__(daemon=True)
        self._person = Candidate(server.base, name, server.passwords[name], random.Random(name))
        self._person.log_in()
        self.attempt = self._person.start(sitting, "")
        reader = PageReader()
        reader.feed(self._person.browser.ask("GET", f"/attempts/{self.attempt}")[2])
        self._block = reader.block
        self.acknowledged: dict[int, str] = {}
        self.refusals: list[tuple[int, dict[str, str], str]] = []
        self._stop_asked = threading.Event()

    def run(self) -> None:
        seq = 0
        while not self._stop_asked.is_set():
            seq += 1
            body = json.dumps([{"slot": 1, "t": seq, "value": seq % 3}]).encode()
            while not self._stop_asked.is_set():
                answer = self._put(seq, body)
                if answer is not None:
                    self.acknowledged[seq] = answer["sha256"]
                    break
                time.sleep(0.1)
            time.sleep(0.01)

    def _put(self, seq: int, body: bytes) -> dict[str, Any] | None:
        path = f"{self._block['urls']['save']}/{self._block['epoch']}/{seq}"
        headers = {
            "Attempt-Token": self._block["token"],
            "Page-Clock": str(seq),
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Language": "zh",
        }
        try:
            status, got, text = self._person.browser.ask("PUT", path, body, headers)
        except (OSError, http.client.HTTPException):
            return None
        if status != 200:
            self.refusals.append((status, got, text))
            return None
        found: dict[str, Any] = json.loads(text)
        return found

    def stop(self) -> None:
        """No more saves."""
        self._stop_asked.set()
        self.join(40)


@contextmanager
def room(server: Server, names: list[str]) -> Iterator[list[Sitter]]:
    """Candidates at work; at the end every save that was acknowledged must be in the journal."""
    sitting = server.stage(people=names)["sitting"]
    sitters = [Sitter(server, name, sitting) for name in names]
    for sitter in sitters:
        sitter.start()
    try:
        go_on(sitters)
        yield sitters
    finally:
        for sitter in sitters:
            sitter.stop()
    for sitter in sitters:
        journal = server.stage(journal=sitter.attempt)["saves"]
        lost = {seq: digest for seq, digest in sitter.acknowledged.items() if journal.get(str(seq)) != digest}
        assert not lost, f"acknowledged and missing: {lost}"


def go_on(sitters: list[Sitter], saves: int = 5) -> None:
    """Everybody gets so many more acknowledgements."""
    wanted = {sitter: len(sitter.acknowledged) + saves for sitter in sitters}
    until(lambda: all(len(sitter.acknowledged) >= least for sitter, least in wanted.items()), "the saves go on")


def until(done: Callable[[], bool], what: str) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, f"not seen in {PATIENCE} s: {what}"
        time.sleep(0.1)


def refused(sitters: list[Sitter], code: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Wait until somebody was refused with this code; gives status, headers and document."""
    found: list[tuple[int, dict[str, str], dict[str, Any]]] = []

    def look() -> bool:
        for sitter in sitters:
            for status, headers, text in sitter.refusals:
                if "json" in headers.get("content-type", "") and json.loads(text)["code"] == code:
                    found.append((status, headers, json.loads(text)))
        return bool(found)

    until(look, code)
    return found[0]


def ask(server: Server, path: str, **headers: str) -> tuple[int, str]:
    """Status and text of a GET by nobody."""
    port = int(server.base.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def ready(server: Server) -> bool:
    """Whether /readyz says so."""
    try:
        return ask(server, "/readyz")[0] == 200
    except OSError:
        return False


def checks(server: Server) -> dict[str, str]:
    """What /readyz names."""
    found: dict[str, str] = json.loads(ask(server, "/readyz")[1])["checks"]
    return found


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def workers(server: Server) -> list[int]:
    """The web server's processes."""
    assert server.process
    return [pid for pid in family(server.process.pid)[1:] if "jobs" not in command(pid) and pid not in loops(server)]


def loops(server: Server) -> list[int]:
    """The job loop's processes."""
    assert server.process
    return [pid for pid in family(server.process.pid)[1:] if "jobs\0run" in command(pid)]


def command(pid: int) -> str:
    """A process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextmanager
def no_room(server: Server, size: int = 4096) -> Iterator[None]:
    """No file of the server grows beyond `size`: what a full disk does, without one."""
    assert server.process
    pids = family(server.process.pid)
    kept = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in kept.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        for pid in family(server.process.pid):
            soft, hard = kept.get(pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            if os.path.exists(f"/proc/{pid}"):  # noqa: PTH110 (it may end any moment)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
