"""A served instance on a real database and a headless Chromium, as strangers would use them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import unavailable

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ROOT = Path(__file__).parents[2]
FAILED = pytest.StashKey[bool]()
PEOPLE = (
    ("ann", "Ann Author", "trainer", ""),
    ("cem", "Cem Candidate", "operator", "Team East"),
    ("dee", "Dee Candidate", "operator", "Team East"),
    ("eve", "Eve Candidate", "operator", "Team East"),
    ("mia", "Mia Grader", "grader", ""),
    ("max", "Max Grader", "grader", ""),
    ("zoe", "Zoe Grader", "grader", ""),
    ("ada", "Ada Lead", "grader", ""),
    ("kim", "Kim Manager", "manager", ""),
    ("ben", "Ben Administrator", "administrator", ""),
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A served instance and its people."""

    base: str
    environment: dict[str, str]
    passwords: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def console(self, *arguments: str, check: bool = True) -> str:
        """What a console command prints."""
        command = [sys.executable, "-m", "examengine", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def stage(self, **facts: Any) -> dict[str, Any]:
        """Set a stage (see stage.py), or ask what the server has."""
        command = [sys.executable, "-m", "tests.journeys.stage", json.dumps(facts)]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def wait_until_ready(base: str, seconds: float = 30) -> None:
    """Until /readyz says so."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        assert time.monotonic() < end, "the server did not become ready"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def server(database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`examengine serve` on an instance with people and no exams yet."""
    with serving(tmp_path_factory.mktemp(f"journey-{database}"), new_database(database, request)) as made:
        yield made


def new_database(database: str, request: pytest.FixtureRequest) -> str | None:
    """The address of an empty database; None stands for SQLite in the instance."""
    if database == "sqlite":
        return None
    uri, name = request.getfixturevalue("postgres"), f"journey_{free_port()}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return urlunsplit(urlsplit(uri)._replace(path=f"/{name}"))


@contextmanager
def serving(folder: Path, url: str | None) -> Iterator[Server]:
    """`examengine serve` in this folder, on this database (SQLite by default), with people and a bank."""
    made = unserved(folder, url, EXAMENGINE_LANGUAGE="en")
    made.console("init")
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["username", "name", "roles", "team"])
    writer.writerows(PEOPLE)
    (folder / "people.csv").write_text(table.getvalue(), "utf-8")
    people = str(folder / "people.csv")
    added = json.loads(made.console("user", "import", people, "--keep-passwords", "--json"))["added"]
    made.passwords = {row["username"]: row["password"] for row in added}
    made.console("bank", "load", str(ROOT / "question_banks" / "complaint_handling"))
    with served(made, folder / "serve.log"):
        yield made


def unserved(folder: Path, url: str | None, **settings: str) -> Server:
    """An instance to be, in this folder and on a port of its own; of the environment's settings only these."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EXAMENGINE_")}
    environment |= {"EXAMENGINE_INSTANCE": str(folder), "PORT": str(port), **settings}
    if url:
        environment["EXAMENGINE_DATABASE_URL"] = url
    return Server(f"http://127.0.0.1:{port}", environment)


@contextmanager
def served(made: Server, log: Path, *options: str) -> Iterator[None]:
    """While `examengine serve` runs on it."""
    command = [sys.executable, "-m", "examengine", "serve", *options]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, env=made.environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, text=True
        )
        made.process = process
        try:
            wait_until_ready(made.base)
            yield
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def fresh(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A served instance that `init` has just made, and the first administrator's link."""
    made = unserved(tmp_path / "instance", new_database(database, request))
    link = json.loads(made.console("init", "--username", "1001", "--name", "Ben Administrator", "--json"))["link"]
    with served(made, tmp_path / "serve.log", "--workers", "2"):
        yield made, link


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A served demo company on SQLite."""
    folder = tmp_path_factory.mktemp("demo")
    made = unserved(folder, None)
    made.passwords = {a["username"]: a["password"] for a in json.loads(made.console("demo", "--json"))["accounts"]}
    with served(made, folder / "serve.log"):
        yield made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        unavailable("there is no Chromium on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Visitor:
    """Somebody at a browser of her own; what the console or the CSP complain about fails the test."""

    def __init__(self, browser: Browser, server: Server, name: str, **options: Any) -> None:
        self.server, self.name = server, name
        self.context: BrowserContext = browser.new_context(
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options}
        )
        self.complaints: list[str] = []
        self.page: Page = self.tab()

    def tab(self) -> Page:
        """Another tab of the same browser."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("console", self._console)
        return page

    def _console(self, message: Any) -> None:
        # Refused requests and a network that was taken away are part of some stories; scripts and CSP are not.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def log_in(self, path: str = "/") -> Page:
        """Through the page, then to `path`."""
        self.page.goto(self.server.base + "/login")
        self.page.get_by_label("Employee number").fill(self.name)
        self.page.get_by_label("Password").fill(self.server.passwords[self.name])
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self.go(path)

    def go(self, path: str) -> Page:
        """Open a page of the server."""
        self.page.goto(self.server.base + path)
        return self.page

    def close(self) -> None:
        """Close the browser, as a person does."""
        self.context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Let fixtures know whether the test failed."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed  # type: ignore[attr-defined]
    return report


@pytest.fixture
def visit(chromium: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """visit("cem"): Cem at a browser of her own, logged in."""
    yield from visiting(chromium, server, request)


def visiting(chromium: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """What `visit` gives, for any server. A failed story leaves pictures in build/."""
    made: list[Visitor] = []

    def one(name: str, *, log_in: bool = True, **options: Any) -> Visitor:
        visitor = Visitor(chromium, server, name, **options)
        made.append(visitor)
        if log_in:
            visitor.log_in()
        return visitor

    yield one
    if request.node.stash.get(FAILED, False):
        for number, visitor in enumerate(made):
            for page in visitor.context.pages:
                page.screenshot(
                    path=ROOT / "build" / f"{request.node.name}-{number}-{visitor.name}.png", full_page=True
                )
    complaints = [complaint for visitor in made for complaint in visitor.complaints]
    for visitor in made:
        visitor.close()
    assert not complaints


def assert_accessible(page: Page, where: str) -> None:
    """axe-core finds nothing on the page as it is."""
    found = Axe().run(page)
    violations = found.response["violations"]
    told = [f"{v['id']}: {v['help']} ({', '.join(str(n['target']) for n in v['nodes'][:3])})" for v in violations]
    assert not told, f"{where}: {told}"
