"""The console in this process, on an instance folder and a database of its own for each test."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import make_url

import examengine.app
from examengine.bank import published
from examengine.bank import queries as bank
from examengine.cli import instance as cli_instance
from examengine.cli import main, shared
from examengine.core import db
from examengine.exams import queries as exams
from examengine.web.candidate import paper

TEMPLATE = "console_initialised"


@dataclass
class Console:
    """Runs commands against one instance."""

    instance: Path
    environ: dict[str, str]

    def __call__(self, *arguments: object, exit_code: int | None = 0) -> Result:
        """Run `examengine …` and check its exit code (None: whatever it is)."""
        saved = dict(os.environ)
        try:
            done = CliRunner().invoke(main, [str(word) for word in arguments], env=self.environ)
        finally:  # `serve` hands its options on by the environment
            os.environ.clear()
            os.environ.update(saved)
        assert exit_code in (None, done.exit_code), (done.output, done.stderr, done.exception)
        return done

    def json(self, *arguments: object, exit_code: int = 0) -> Any:
        """What the command prints with --json."""
        return json.loads(self(*arguments, "--json", exit_code=exit_code).stdout)

    def app(self) -> Flask:
        """The application of this instance."""
        saved = dict(os.environ)
        os.environ.update(self.environ)
        try:
            return examengine.app.create_app()
        finally:
            os.environ.clear()
            os.environ.update(saved)


@pytest.fixture
def _apps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each command makes an application: give back its connections, and forget what a process keeps by id."""
    made: list[Flask] = []
    create = examengine.app.create_app

    def create_app(*args: Any) -> Flask:
        _forget()
        made.append(create(*args))
        return made[-1]

    monkeypatch.setattr(examengine.app, "create_app", create_app)
    for module in (shared, cli_instance):
        monkeypatch.setattr(module, "set_up_logs", lambda *_: None)  # the test run keeps its own logging
    yield
    for app in made:
        with app.app_context():
            db.hot().close()
            db.session.remove()
            db.db.engine.dispose()
    _forget()


def _forget() -> None:
    for kept in (bank._frozen, published._reviews, exams._deals, paper._articles):
        kept.clear()
    for hot in db._local.__dict__.pop("hot", {}).values():
        hot.close()


def _plain(url: str) -> str:
    return "postgresql://" + url.split("://", 1)[1]


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """Makes the URL of a database: `name` beside the tests' own on PostgreSQL, SQLite's default else.

    It is empty, or a copy of the one called `like`.
    """
    made: list[str] = []
    server = ""

    def make(name: str, kind: str = database, like: str = "template1", *, keep: bool = False) -> str:
        nonlocal server
        if kind == "sqlite":
            return ""
        server = _plain(request.getfixturevalue("postgres"))
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        if not keep:
            made.append(name)
        return make_url(server).set(database=name).render_as_string(hide_password=False)

    yield make
    for name in made:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def elsewhere(
    tmp_path: Path, request: pytest.FixtureRequest, database_url: Callable[..., str], _apps: None
) -> Callable[..., Console]:
    """elsewhere("sqlite"): the console of another machine where nothing was made yet."""

    def make(kind: str, name: str = "elsewhere") -> Console:
        folder = tmp_path / f"{name}-{kind}"
        environ = {"EXAMENGINE_INSTANCE": str(folder), "EXAMENGINE_LANGUAGE": "en", "PORT": "8124"}
        url = database_url(f"{name}_test", kind)
        return Console(folder, environ | ({"EXAMENGINE_DATABASE_URL": url} if url else {}))

    return make


@pytest.fixture
def offline(tmp_path: Path) -> Console:
    """The console for commands that need no database."""
    return Console(tmp_path / "nowhere", {"EXAMENGINE_INSTANCE": str(tmp_path / "nowhere")})


def _console(tmp_path: Path, url: str) -> Console:
    folder = tmp_path / "instance"
    environ = {"EXAMENGINE_INSTANCE": str(folder), "EXAMENGINE_LANGUAGE": "en", "PORT": "8123"}
    return Console(folder, environ | ({"EXAMENGINE_DATABASE_URL": url} if url else {}))


@pytest.fixture
def bare(tmp_path: Path, database_url: Callable[[str], str], _apps: None) -> Console:
    """The console before anything was made."""
    return _console(tmp_path, database_url("console_test"))


@pytest.fixture
def console(
    tmp_path: Path,
    database: str,
    database_url: Callable[..., str],
    initialised: Callable[[str], tuple[Path, str]],
    _apps: None,
) -> Console:
    """The console of an instance after `examengine init`: a copy of one that was made before."""
    folder, like = initialised(database)
    made = _console(tmp_path, database_url("console_test", like=like))
    shutil.copytree(folder, made.instance)
    return made


@pytest.fixture
def initialised(
    tmp_path_factory: pytest.TempPathFactory, database_url: Callable[..., str], templates: dict[str, tuple[Path, str]]
) -> Callable[[str], tuple[Path, str]]:
    """Folder and database of an instance that `init` has made, once a kind of database and run."""

    def find(kind: str) -> tuple[Path, str]:
        if kind not in templates:
            made = _console(tmp_path_factory.mktemp("initialised"), database_url(TEMPLATE, keep=True))
            made("init")
            if kind == "sqlite":
                _settle(made.instance / "examengine.sqlite3")
            else:
                _hang_up(made.environ["EXAMENGINE_DATABASE_URL"])
            templates[kind] = made.instance, TEMPLATE
        return templates[kind]

    return find


def _hang_up(url: str) -> None:
    """End all connections to a database: only then can it be copied."""
    name = make_url(url).database
    server = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def _settle(path: Path) -> None:
    """Bring all of a SQLite database into its one file."""
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.fixture(scope="session")
def templates() -> dict[str, tuple[Path, str]]:
    """By kind of database: folder and database of an initialised instance, once there is one."""
    return {}
