"""The one file that sees the whole house and plugs it together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import make_url
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from whitenoise import WhiteNoise

from examengine import web
from examengine.core import settings as config
from examengine.core.db import db, patience
from examengine.core.live_settings import LiveSettings
from examengine.core.settings import Settings
from examengine.web.candidate.save_lane import SaveLane
from examengine.web.candidate.start_lane import StartLane

PACKAGE = Path(__file__).parent
STATIC = PACKAGE / "web" / "static"


def create_app(settings: Settings | None = None) -> Flask:
    """The application for `settings` (default: from environment and instance folder). Raises SettingsError."""
    settings = settings or config.load()
    app = Application("examengine", static_folder=None, template_folder=str(PACKAGE / "web" / "templates"))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        SESSION_COOKIE_NAME="examengine",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public,
        PERMANENT_SESSION_LIFETIME=12 * 3600,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2_000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=True,
        TEMPLATES_AUTO_RELOAD=False,
        BABEL_TRANSLATION_DIRECTORIES=str(PACKAGE / "translations"),
        STATIC_VERSION=_static_version(),
    )
    app.extensions["live_settings"] = LiveSettings(settings)
    app.url_map.converters["int"] = RowNumber
    db.init_app(app)
    Migrate(app, db, directory=str(config.root() / "migrations"))
    web.init_app(app)
    _serve_static(app)
    for lane in (StartLane, SaveLane):
        app.wsgi_app = lane(app, app.wsgi_app)  # type: ignore[method-assign, assignment]  # how Flask has it wrapped
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        trusted = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = trusted  # type: ignore[method-assign]  # how Flask has it wrapped
    return app


class Application(Flask):
    """Flask without coroutines: nothing of ours is one, and asking eight times a request costs as much as a token."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def _engine_options(settings: Settings) -> dict[str, Any]:
    """Errors never carry values (they reach the log); a lost server is noticed soon."""
    options: dict[str, Any] = {"hide_parameters": True}
    if not settings.on_sqlite:
        options |= {"pool_pre_ping": True, "connect_args": patience(make_url(settings.database_url))}
    return options


class RowNumber(IntegerConverter):
    """Numbers in paths that a column can hold; anything larger is no page."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**63 - 1)


def _static_version() -> str:
    """A digest of all static files: part of their URLs, so that they may be cached for ever."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(STATIC)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _secure_static(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def _serve_static(app: Flask) -> None:
    prefix = f"static/{app.config['STATIC_VERSION']}"
    served = WhiteNoise(
        app.wsgi_app,
        max_age=365 * 24 * 3600,
        immutable_file_test=lambda path, url: True,
        allow_all_origins=False,
        add_headers_function=_secure_static,
    )
    served.add_files(str(STATIC), prefix=prefix)
    app.wsgi_app = served  # type: ignore[method-assign]  # how Flask has it wrapped
