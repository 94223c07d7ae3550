"""First passwords → a printable PDF of slips to be cut out. Every character is looked up in the font first."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast

import typst
from fontTools.ttLib import TTFont

SOURCE = Path(__file__).with_name("slips.typ")
_FONTS = Path(str(files("justmytype_intl_cjk"))) / "fonts" / "ofl" / "notosanssc"
_printing = threading.Lock()


@dataclass(frozen=True)
class Slip:
    """What one person is handed."""

    name: str
    team: str
    username: str
    password: str


@dataclass(frozen=True)
class Printed:
    """The list, and whose names it could not print: their slips have a line to write on."""

    pdf: bytes
    unprintable: tuple[str, ...]


def print_slips(slips: Sequence[Slip], company: str, address: str) -> Printed:
    """The slips in the order given; `address`: of the log-in page."""
    unprintable = tuple(slip.username for slip in slips if missing(slip.name))
    shown = [replace(slip, name="" if missing(slip.name) else slip.name, team=_printable(slip.team)) for slip in slips]
    rows = [{"name": s.name, "team": s.team, "username": s.username, "password": s.password} for s in shown]
    data = {"company": _printable(company), "address": address, "slips": rows}
    with _printing:  # the compiler keeps the document's data while it works
        # no tags: it is for paper only, and they would make it ten times larger
        facts = {"data": json.dumps(data)}
        pdf = _compiler().compile(input=str(SOURCE), format="pdf", pdf_tags=False, sys_inputs=facts)
    return Printed(cast(bytes, pdf), unprintable)


def missing(text: str) -> frozenset[str]:
    """The characters that the font lacks."""
    return frozenset(char for char in text if ord(char) not in _glyphs())


def _printable(text: str) -> str:
    return "".join(char for char in text if ord(char) in _glyphs())


@cache
def _glyphs() -> frozenset[int]:
    with TTFont(next(_FONTS.glob("*.ttf")), lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(_FONTS)])
    return typst.Compiler(str(SOURCE), font_paths=fonts, ignore_system_fonts=True)
