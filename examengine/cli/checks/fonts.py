"""The font of printed pages: there, and with every character of people's names."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from sqlalchemy import select

from examengine.accounts.models import Person
from examengine.cli.checks import Finding, fault, ok, skipped, warning
from examengine.core.db import session

MOST = 5
"""How many people are named."""


def font_file() -> Path | None:
    """Simplified Chinese of the shipped font package."""
    try:
        folder = Path(str(files("justmytype_intl_cjk") / "fonts"))
    except ModuleNotFoundError:
        return None
    return next(iter(sorted(folder.rglob("NotoSansSC*.ttf"))), None)


def glyphs(path: Path) -> set[int]:
    """The characters that a font can draw."""
    from fontTools.ttLib import TTFont

    font = TTFont(path, lazy=True)
    try:
        return set(font.getBestCmap())
    finally:
        font.close()


def names() -> Finding:
    """Whether every name can be printed."""
    path = font_file()
    if path is None:
        advice = "Install the locked dependencies again: pip install -r requirements.lock"
        return fault("fonts", "the Chinese font (justmytype-intl-cjk) is not there", advice)
    try:
        known = glyphs(path)
    except ImportError:
        return skipped("fonts", f"{path.name} is there; without fonttools its characters cannot be looked up")
    missing: dict[str, str] = {}
    for username, name in session.execute(select(Person.username, Person.name).execution_options(yield_per=1000)):
        if absent := [char for char in name if ord(char) not in known and not char.isspace()]:
            missing[username] = " ".join(f"{char} (U+{ord(char):04X})" for char in absent)
    if not missing:
        return ok("fonts", f"{path.name} has every character of people's names")
    listed = "; ".join(f"{username}: {chars}" for username, chars in list(missing.items())[:MOST])
    more = f" and {len(missing) - MOST} more people" if len(missing) > MOST else ""
    return warning("fonts", f"characters missing: {listed}{more}", "They are printed as boxes: check their spelling.")
