"""DOOR: pages, by who looks at them."""

from __future__ import annotations

from flask import Flask

from examengine.web.shell import errors, language, own_settings, people, request_cycle, templating


def init_app(app: Flask) -> None:
    """Plug the shell and every audience's pages into the application."""
    from examengine.web import admin, author, candidate, invigilator, manager, marker, public

    request_cycle.init_app(app)
    own_settings.init_app(app)
    language.init_app(app)
    people.init_app(app)
    templating.init_app(app)
    errors.init_app(app)
    app.register_blueprint(candidate.saving)
    for audience in (public, candidate, invigilator, author, marker, manager, admin):
        app.register_blueprint(audience.blueprint)
