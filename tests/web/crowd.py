"""Everybody of the scene at once."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.making import csrf_of, log_in
from tests.web.browser import Browser
from tests.web.scene import ROLES, Scene, Thing


class Crowd:
    """Everybody at a browser of her own, with a CSRF token."""

    def __init__(self, app: Flask, scene: Scene) -> None:
        self.scene = scene
        self.browsers: dict[str, FlaskClient] = {
            name: Browser(app, app.response_class, use_cookies=True) for name in ("", *ROLES)
        }
        for name in ROLES:
            log_in(self.browsers[name], name)
        self.tokens = {
            name: csrf_of(browser.get("/account" if name else "/login").get_data(as_text=True))
            for name, browser in self.browsers.items()
        }
        self.cookies = {name: browser.get_cookie("examengine") for name, browser in self.browsers.items()}

    def ask(self, name: str, method: str, path: str, thing: Thing, **headers: str) -> Any:
        """Her request; writes carry her CSRF token, and the owner of an open attempt its token."""
        attempt = thing.values.get("attempt_id")
        if thing.owner == name and attempt in self.scene.tokens:
            headers["Attempt-Token"] = self.scene.tokens[attempt]
        cookie = self.cookies[name]
        assert cookie
        self.browsers[name].set_cookie("examengine", cookie.value)  # a log-out before this one took it away
        data = None if method in ("GET", "HEAD", "OPTIONS") else {"csrf_token": self.tokens[name]}
        return self.browsers[name].open(path, method=method, data=data, headers=headers)
