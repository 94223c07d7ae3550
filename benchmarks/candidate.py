"""Real candidates over HTTP: log in, start, read the page, save, submit; one JSON line on stdout per acknowledged save.

    python -m benchmarks.candidate --base http://127.0.0.1:8000 --accounts demo.json --attempts 20

ACCOUNTS is what `examengine demo --json` prints (or a list of {"username", "password"}); operators are taken in
turn until ATTEMPTS attempts have been made or nobody may start one. Progress goes to stderr. A line is printed only
after the server acknowledged the save, so that anyone can look for it in the journal later:

    {"username", "attempt", "epoch", "seq", "sha256", "saved_at", "entries"}

Exit code 0: as many attempts as asked for were made; 1: fewer; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import random
import re
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

TEXTS = (
    "先倾听客户的诉求，复述并确认问题，再说明处理步骤和时限，最后按时回访。",
    "Listen first, repeat the concern in your own words, then name the next step and who answers for it.",
    "核对身份只问必要的两项信息；超出权限时按流程升级，并告知客户回复时间。",
)


class Refused(Exception):
    """The server answered something else than a candidate hopes for."""


class Browser:
    """Cookies and one connection."""

    def __init__(self, base: str) -> None:
        self.base = urllib.parse.urlsplit(base)
        self.cookies: dict[str, str] = {}
        self.connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.base.scheme == "https" else http.client.HTTPConnection
        return kind(self.base.hostname or "127.0.0.1", self.base.port, timeout=30)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers (lower case) and text of one request; a broken connection is opened once more."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(headers or {})}
        for last in (False, True):
            try:
                self.connection.request(method, path, body, sent)
                answer = self.connection.getresponse()
                text = answer.read().decode()
                break
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = self._connect()
                if last:
                    raise
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, content = value.split(";")[0].partition("=")
                self.cookies[cookie] = content
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text

    def form(self, path: str, fields: dict[str, str]) -> tuple[int, dict[str, str], str]:
        """POST a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urllib.parse.urlencode(fields).encode(), headers)


@dataclass
class Question:
    """What the page shows of a question, as far as answering needs it."""

    slot: int
    shape: str
    options: int = 0
    blanks: int = 0


class PageReader(HTMLParser):
    """Finds the JSON block and the questions of an exam page."""

    def __init__(self) -> None:
        super().__init__()
        self.block: dict[str, Any] = {}
        self.questions: list[Question] = []
        self._in_block = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note questions and their inputs."""
        given = dict(attrs)
        if tag == "script" and given.get("id") == "attempt":
            self._in_block = True
        elif tag == "article" and given.get("data-slot"):
            self.questions.append(Question(int(given["data-slot"] or 0), given.get("data-shape") or ""))
        elif tag == "input" and self.questions:
            if given.get("type") in ("radio", "checkbox"):
                self.questions[-1].options += 1
            elif "data-blank" in given:
                self.questions[-1].blanks += 1

    def handle_data(self, data: str) -> None:
        """Read the JSON block."""
        if self._in_block:
            self.block = json.loads(data)
            self._in_block = False


def csrf_of(page: str) -> str:
    """The CSRF token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page)
    if not found:
        raise Refused("the page has no form")
    return found.group(1)


@dataclass
class Candidate:
    """One person at one attempt."""

    base: str
    username: str
    password: str
    rng: random.Random
    think: float = 0.0
    log: Any = None
    values: dict[int, Any] = field(default_factory=dict)
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.browser = Browser(self.base)

    def log_in(self) -> None:
        """Log in by the page's form. Raises Refused."""
        _, _, page = self.browser.ask("GET", "/login")
        fields = {"csrf_token": csrf_of(page), "username": self.username, "password": self.password}
        status, _, _ = self.browser.form("/login", fields)
        if status != 302:
            raise Refused(f"{self.username}: log-in gave {status}")

    def start(self, sitting: int | None, code: str) -> int:
        """Start an attempt in the sitting (default: the first that can be started). Raises Refused."""
        for number in [sitting] if sitting else self.sittings():
            _, _, lobby = self.browser.ask("GET", f"/sittings/{number}")
            if f"/sittings/{number}/start" not in lobby:
                continue
            fields = {"csrf_token": csrf_of(lobby), "code": code}
            status, headers, _ = self.browser.form(f"/sittings/{number}/start", fields)
            if status == 303:
                return int(headers["location"].rsplit("/", 1)[1])
        raise Refused(f"{self.username}: nothing to start")

    def sittings(self) -> list[int]:
        """Sittings that the home page names."""
        _, _, home = self.browser.ask("GET", "/home")
        return [int(number) for number in dict.fromkeys(re.findall(r'href="/sittings/(\d+)"', home))]

    def sit(self, attempt: int, submit: bool) -> Iterator[dict[str, Any]]:
        """Answer question by question; yields a line per acknowledged save. Raises Refused."""
        status, _, page = self.browser.ask("GET", f"/attempts/{attempt}")
        reader = PageReader()
        reader.feed(page)
        if status != 200 or not reader.block.get("token"):
            raise Refused(f"{self.username}: the exam page gave {status}")
        block, seq = reader.block, reader.block["seq"]
        for question in reader.questions:
            time.sleep(self.think)
            seq += 1
            value = self.answer(question)
            entries = [{"slot": question.slot, "t": 1000 * seq, "value": value}]
            yield self.save(block, seq, entries)
            self.values[question.slot] = value
        if submit:
            self.submit(block, seq)

    def answer(self, question: Question) -> Any:
        """Some answer of the question's shape."""
        if question.shape == "choice":
            return self.rng.randrange(max(1, question.options))
        if question.shape == "choices":
            return sorted(self.rng.sample(range(question.options), self.rng.randint(1, max(1, question.options))))
        if question.shape == "blanks":
            return [self.rng.choice(("24", "48", "服务密码", "E2")) for _ in range(question.blanks)]
        return self.rng.choice(TEXTS)

    def save(self, block: dict[str, Any], seq: int, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """One save, sent again with the same key and body until its answer is known. Raises Refused."""
        body = json.dumps(entries, ensure_ascii=False).encode()
        path = f"{block['urls']['save']}/{block['epoch']}/{seq}"
        headers = {
            "Attempt-Token": block["token"],
            "Page-Clock": str(1000 * seq + 5),
            "Content-Type": "application/json",
        }
        for wait in (0.2, 0.5, 1, 2, 4, 8, None):
            try:
                status, _, text = self.browser.ask("PUT", path, body, headers)
            except (OSError, http.client.HTTPException):
                status, text = 599, ""
            if status < 500 or wait is None:
                break
            time.sleep(wait)
        if status != 200:
            raise Refused(f"{self.username}: save {seq} gave {status} {text[:200]}")
        done = json.loads(text)
        if done["sha256"] != hashlib.sha256(body).hexdigest():
            raise Refused(f"{self.username}: save {seq} was acknowledged for another body")
        facts = {name: done[name] for name in ("attempt", "epoch", "seq", "sha256", "saved_at")}
        return {"username": self.username, **facts, "entries": entries}

    def submit(self, block: dict[str, Any], seq: int) -> None:
        """Hand in. Raises Refused."""
        empty: tuple[Any, ...] = (None, "", [])
        pairs = [[slot, self.values[slot]] for slot in sorted(self.values) if self.values[slot] not in empty]
        digest = hashlib.sha256(json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
        headers = {"Attempt-Token": block["token"], "Content-Type": "application/json"}
        body = json.dumps({"seq": seq, "digest": digest}).encode()
        status, _, text = self.browser.ask("POST", block["urls"]["submit"], body, headers)
        if status != 200:
            raise Refused(f"{self.username}: submit gave {status} {text[:200]}")


def accounts_of(path: Path) -> tuple[list[dict[str, Any]], int | None]:
    """Operators and the sitting of an accounts file."""
    data = json.loads(path.read_text("utf-8"))
    rows = data["accounts"] if isinstance(data, dict) else data
    operators = [row for row in rows if "operator" in row.get("roles", ["operator"])]
    return operators, data.get("sitting") if isinstance(data, dict) else None


class Run:
    """Threads that take accounts in turn until enough attempts were made."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.accounts, listed = accounts_of(options.accounts)
        self.sitting = options.sitting or listed
        self.lock = threading.Lock()
        self.free, self.made, self.asked = list(self.accounts), 0, 0

    def take(self) -> dict[str, Any] | None:
        """The next account, unless enough attempts are made or under way."""
        with self.lock:
            if self.asked >= self.options.attempts or not self.free:
                return None
            self.asked += 1
            return self.free.pop(0)

    def work(self) -> None:
        """One thread's part."""
        while (account := self.take()) is not None:
            rng = random.Random(f"{self.options.seed}-{account['username']}-{self.asked}")
            candidate = Candidate(self.options.base, account["username"], account["password"], rng, self.options.think)
            try:
                candidate.log_in()
                attempt = candidate.start(self.sitting, self.options.code)
            except (Refused, OSError) as error:
                print(error, file=sys.stderr)
                with self.lock:
                    self.asked -= 1  # this person can start nothing: somebody else may
                continue
            try:
                for line in candidate.sit(attempt, not self.options.no_submit):
                    with self.lock:
                        print(json.dumps(line, ensure_ascii=False), flush=True)
            except (Refused, OSError) as error:
                print(error, file=sys.stderr)
                continue
            with self.lock:
                self.made += 1
                self.free.append(account)

    def run(self) -> int:
        """Run all threads. Returns how many attempts were made."""
        threads = [threading.Thread(target=self.work) for _ in range(self.options.at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.made


def main() -> int:
    """The console's entry."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.candidate", description=__doc__.split("\n")[0])
    parser.add_argument("--base", required=True, help="address of the server, http://127.0.0.1:8000")
    parser.add_argument("--accounts", required=True, type=Path, help="JSON of `examengine demo --json`")
    parser.add_argument("--attempts", required=True, type=int, help="how many attempts to make")
    parser.add_argument("--at-once", type=int, default=4, help="candidates at the same time (default 4)")
    parser.add_argument("--sitting", type=int, help="number of the sitting (default: the file's, else any open one)")
    parser.add_argument("--code", default="", help="access code of the sitting")
    parser.add_argument("--think", type=float, default=0.0, help="seconds between answers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-submit", action="store_true", help="leave the attempts open")
    options = parser.parse_args()
    begun = time.monotonic()
    made = Run(options).run()
    print(f"{made} of {options.attempts} attempts in {time.monotonic() - begun:.1f} s", file=sys.stderr)
    return 0 if made == options.attempts else 1


if __name__ == "__main__":
    sys.exit(main())
