"""Time zones to choose from: by name, with their present distance from UTC and their town in the reader's language."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from examengine.core import clock, zones
from examengine.core.settings import zone_names
from examengine.web.shell.language import language

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=4)
def _towns(locale: str) -> tuple[tuple[str, str], ...]:
    """Zone and town of all zones that are named by a place, and UTC."""
    names = sorted(name for name in zone_names() if name.partition("/")[0] in AREAS)
    places = ((name, get_timezone_location(ZoneInfo(name), locale=locale, return_city=True)) for name in names)
    return (("UTC", "UTC"), *places)


def zone_list() -> list[tuple[str, str]]:
    """Zone and words about it, by name."""
    locale = "zh_CN" if language() == "zh" else "en_GB"
    now = clock.now()
    return [(name, f"{zones.offset(ZoneInfo(name), now)} {town}") for name, town in _towns(locale)]


def zone_now(name: str) -> str:
    """The present distance from UTC of a zone."""
    return zones.offset(ZoneInfo(name), clock.now())
