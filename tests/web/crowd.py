"""Everybody of the scene at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.making import csrf_of, log_in
from tests.web.browser import Browser, Read
from tests.web.scene import NOTHING, ROLES, Scene, Thing


class Crowd:
    """Everybody at a browser of her own, with a CSRF token."""

    def __init__(self, app: Flask, scene: Scene) -> None:
        self.scene = scene
        self.browsers: dict[str, FlaskClient] = {name: Browser(app, Read, use_cookies=True) for name in ("", *ROLES)}
        for name in ROLES:
            log_in(self.browsers[name], name)
        self.tokens = {
            name: csrf_of(browser.get("/account" if name else "/login").get_data(as_text=True))
            for name, browser in self.browsers.items()
        }
        self.cookies = {name: browser.get_cookie("examengine") for name, browser in self.browsers.items()}

    def ask(self, name: str, method: str, path: str, thing: Thing, *, reason: str = "", **headers: str) -> Any:
        """Her request; writes carry her CSRF token, and the owner of an open attempt its token."""
        data = None if method in ("GET", "HEAD", "OPTIONS") else {"csrf_token": self.tokens[name]}
        if data and reason:
            data["reason"] = reason
        return self.send(name, path, thing, method=method, data=data, headers=headers)

    def send(
        self,
        name: str,
        path: str,
        thing: Thing = NOTHING,
        *,
        method: str = "POST",
        headers: Mapping[str, str] = MappingProxyType({}),
        **facts: Any,
    ) -> Any:
        """Her request as it is given; the owner of an open attempt sends its token."""
        attempt = thing.values.get("attempt_id")
        token = self.scene.tokens.get(attempt) if thing.owner == name else None
        sent = {"Attempt-Token": token, **headers} if token else dict(headers)
        cookie = self.cookies[name]
        assert cookie
        self.browsers[name].set_cookie("examengine", cookie.value)  # a log-out before this one took it away
        return self.browsers[name].open(path, method=method, headers=sent, **facts)
