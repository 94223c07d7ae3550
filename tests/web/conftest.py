"""Browsers that live apart from the test: each request has a context and a session of its own, as when it is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.core.db import hot, session
from tests.conftest import empty
from tests.making import World, log_in
from tests.web.browser import Browser
from tests.web.crowd import Crowd
from tests.web.scene import Scene, Stage
from tests.web.snapshot import Snapshot

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
