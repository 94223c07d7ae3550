"""Browsers that live apart from the test: each request has a context and a session of its own, as when it is served."""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.app import create_app
from examengine.core import settings as config
from examengine.core.db import db, session
from tests.making import World, log_in

Visit = Callable[..., FlaskClient]


class Browser(FlaskClient):
    """A client whose requests see nothing of the test's own context, and only what the test has committed."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request."""
        session.rollback()  # a writing transaction of the test would keep the request waiting
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture
def browse(app: Flask) -> Callable[..., Browser]:
    """browse(): another browser of nobody yet; with the application to browse if it is not the usual one."""

    def make(of: Flask = app) -> Browser:
        return Browser(of, of.response_class, use_cookies=True)

    return make


@pytest.fixture
def client(browse: Callable[..., Browser]) -> FlaskClient:
    """A browser of nobody yet."""
    return browse()


@pytest.fixture
def visit(browse: Callable[..., Browser], world: World) -> Visit:
    """visit("cem"): a browser in which Cem has logged in."""

    def go(name: str) -> FlaskClient:
        world.person(name)
        made = browse()
        log_in(made, name)
        return made

    return go


CONFIG = """\
# Ours.
EXAMENGINE_COMPANY=Cenwan Telecom
EXAMENGINE_LANGUAGE=en
SOMETHING=else
"""


class Instance:
    """Applications with an instance folder of their own on the test's database, as workers of one server are."""

    def __init__(self, folder: Path, url: str, browse: Callable[..., Browser], world: World) -> None:
        self.folder, self._url, self._browse, self._world = folder, url, browse, world
        self.apps: list[Flask] = []
        self.config.write_text(CONFIG, "utf-8")

    @property
    def config(self) -> Path:
        """The file config.env."""
        return self.folder / "config.env"

    def worker(self, **environ: str) -> Flask:
        """Another process of the server, nearly: an application of its own."""
        own = {"EXAMENGINE_INSTANCE": str(self.folder), "EXAMENGINE_SECRET_KEY": "k" * 48}
        made = create_app(config.load({**own, "EXAMENGINE_DATABASE_URL": self._url, **environ}))
        self.apps.append(made)
        return made

    def visit(self, name: str | None = None, worker: Flask | None = None) -> FlaskClient:
        """Somebody's browser at a worker (a new one, if none is named)."""
        if name:
            self._world.person(name)
        made = self._browse(worker or self.worker())
        if name:
            log_in(made, name)
        return made


@pytest.fixture
def instance(
    tmp_path: Path,
    app: Flask,
    browse: Callable[..., Browser],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Instance]:
    """An instance whose settings are kept in its own config.env."""
    for name in [name for name in os.environ if name.startswith("EXAMENGINE_")]:
        monkeypatch.delenv(name)
    made = Instance(tmp_path, app.config["SETTINGS"].database_url, browse, world)
    yield made
    for each in made.apps:
        with each.app_context():
            session.remove()
            db.engine.dispose()
