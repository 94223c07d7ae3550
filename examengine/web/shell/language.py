"""The language of a page, of those offered: the person's, else the switch's, else the browser's, else the company's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date as babel_date
from babel.dates import format_datetime, format_time
from flask import Flask, current_app, g, request, session
from flask_babel import Babel, get_locale, gettext
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from examengine.core import zones
from examengine.core.i18n import Message
from examengine.core.settings import LANGUAGES, Settings

babel = Babel()


def init_app(app: Flask) -> None:
    """Hook the choice of language in."""
    babel.init_app(app, locale_selector=language, default_locale="en")


def language() -> str:
    """zh or en for this request."""
    try:
        known: str = g.language
    except AttributeError:
        known = g.language = _choose()
    return known


def _choose() -> str:
    return _offered(_own() or session.get("language"))


def speak(own: str | None) -> None:
    """Say what language the person of this request has chosen, where it is known without asking who she is."""
    g.language = _offered(own)


def _offered(own: str | None) -> str:
    offered, fallback = _settings().languages, _settings().language
    if own in LANGUAGES:
        return str(own) if own in offered else fallback
    # Flask-Babel matches zh-CN, zh-Hans … by prefix; q-values are respected by werkzeug.
    wanted = [tag.split("-")[0].lower() for tag in request.accept_languages.values()]
    return next((tag for tag in wanted if tag in offered), fallback)


def _own() -> str | None:
    """The person's; it is noted in her session for the time when the database cannot be asked for it."""
    try:
        own: str | None = getattr(current_user, "language", None)
    except SQLAlchemyError:
        return None
    if own in LANGUAGES and session.get("language") != own:
        session["language"] = own
    return own


def translate(text: str, /, **values: Any) -> Markup:
    """`_` of templates: a sentence of the catalogue in the page's language, `values` escaped into it."""
    return _sentence(_catalogue(), text) % values


@lru_cache(4096)
def _sentence(catalogue: str, text: str) -> Markup:
    """Pages say the same few sentences many hundred times, and a look into the catalogue goes through ten calls."""
    return Markup(gettext(text))  # noqa: S704 (sentences are the program's own; values are escaped into them)


def _catalogue() -> str:
    """Of the page at hand, or what is forced on a part of it."""
    locale = get_locale()
    return locale.language if locale else ""


def say(message: Message | str | None) -> str:
    """A marked sentence in this request's language."""
    if message is None:
        return ""
    if isinstance(message, str):
        return gettext(message) if message else ""
    values = {k: say(v) if isinstance(v, Message) else v for k, v in message.values.items()}
    text = gettext(message.text)
    return text % values if values else text


def _settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def _locale() -> str:
    return "zh_CN" if language() == "zh" else "en_GB"


def show_time(moment: datetime | None, form: str = "medium") -> str:
    """Date and time in the company's zone, as people of this language write them."""
    if moment is None:
        return "–"
    wall = zones.to_wall(moment, _settings().zone)
    pattern = {"zh": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}[language()]
    if form == "seconds":
        pattern += ":ss"
    return format_datetime(wall, pattern, locale=_locale())


def show_date(moment: datetime | None) -> str:
    """The date in the company's zone."""
    if moment is None:
        return "–"
    wall = zones.to_wall(moment, _settings().zone)
    return babel_date(wall, {"zh": "y年M月d日", "en": "d MMM y"}[language()], locale=_locale())


def show_clock(moment: datetime) -> str:
    """hh:mm:ss in the company's zone."""
    return format_time(zones.to_wall(moment, _settings().zone).time(), "HH:mm:ss", locale=_locale())


def show_points(points: Decimal | str | None, places: int = 2) -> str:
    """Points for display only: at most two decimals, no trailing zeros."""
    if points is None:
        return "–"
    rounded = Decimal(points).quantize(Decimal(1).scaleb(-places))
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def show_percent(percent: Decimal | str | None) -> str:
    """The official percent, with its two places."""
    return "–" if percent is None else f"{Decimal(percent):.2f} %"


def show_minutes(seconds: int) -> str:
    """A duration in words."""
    hours, minutes = divmod(-(-seconds // 60), 60)
    if hours and minutes:
        return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
    return gettext("%(hours)s h", hours=hours) if hours else gettext("%(minutes)s min", minutes=minutes)
