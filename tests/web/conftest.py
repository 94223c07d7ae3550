"""Browsers that live apart from the test: each request has a context and a session of its own, as when it is served."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.core.db import session
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
