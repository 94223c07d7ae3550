"""The instance's settings as a request sees them: the file's changes are taken over as requests come."""

from __future__ import annotations

from flask import Flask, current_app, request

from examengine.core.live_settings import LiveSettings
from examengine.core.settings import Settings
from examengine.web.shell.request_cycle import is_save


def init_app(app: Flask) -> None:
    """Hook the look at the file in."""
    app.before_request(_look)


def _look() -> None:
    if not is_save(request.path):
        take_over()


def live() -> LiveSettings:
    """What this process knows of its settings."""
    found: LiveSettings = current_app.extensions["live_settings"]
    return found


def take_over(at_once: bool = False) -> Settings:
    """The present settings, for this process from now on."""
    found = current_app.config["SETTINGS"] = live().look(at_once)
    return found


def own() -> Settings:
    """The settings of this request."""
    found: Settings = current_app.config["SETTINGS"]
    return found
