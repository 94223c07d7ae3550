"""Browsers that live apart from the test: each request has a context and a session of its own, as when it is served."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.app import create_app
from examengine.core import settings as config
from examengine.core.db import db, hot, session
from tests.conftest import empty
from tests.making import World, log_in
from tests.web.browser import Browser
from tests.web.crowd import Crowd
from tests.web.scene import Scene
from tests.web.snapshot import Snapshot
from tests.web.stage import Stage

Visit = Callable[..., FlaskClient]


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


@pytest.fixture(scope="session")
def kept_scene(whole_app: Flask) -> tuple[Scene, Snapshot]:
    """The scene, made once a run and database, and its rows."""
    empty(whole_app)
    with whole_app.app_context():
        scene = Stage().build()
        session.remove()
        hot().close()
    return scene, Snapshot(whole_app)


@pytest.fixture
def scene(kept_scene: tuple[Scene, Snapshot]) -> Iterator[Scene]:
    """The company in the middle of things, as it was made."""
    made, snapshot = kept_scene
    snapshot.restore()
    with snapshot.app.app_context():
        yield made
        session.remove()
        hot().close()
    snapshot.put_settings_back()  # for the tests after this one, whose application it is too


@pytest.fixture
def snapshot(scene: Scene, kept_scene: tuple[Scene, Snapshot]) -> Snapshot:
    """Puts the scene back; tells whether something was written."""
    return kept_scene[1]


@pytest.fixture
def enter(scene: Scene, whole_app: Flask) -> Visit:
    """enter("olga"): a browser in which she has logged in; without a name, a stranger's."""

    def go(name: str = "") -> FlaskClient:
        made = Browser(whole_app, whole_app.response_class, use_cookies=True)
        if name:
            log_in(made, name)
        return made

    return go


@pytest.fixture(scope="session")
def kept_crowd(kept_scene: tuple[Scene, Snapshot], whole_app: Flask) -> Crowd:
    """Everybody, logged in once a run and database."""
    scene, snapshot = kept_scene
    snapshot.restore()
    with whole_app.app_context():
        return Crowd(whole_app, scene)


@pytest.fixture
def crowd(scene: Scene, kept_crowd: Crowd) -> Crowd:
    """Everybody of the scene, logged in."""
    return kept_crowd


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
