"""XLSX → rows. The file is hostile until shown otherwise: it is unpacked and measured here, before it is read."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from examengine.core.errors import Invalid, TooLarge
from examengine.core.i18n import N_

MOST_UNPACKED = 96 * 1024 * 1024
MOST_FILES = 2_000
MOST_CELLS = 4_000_000
"""Rows times columns up to the last cell: so much memory the reader takes, however few of them are filled."""
_OLD = b"\xd0\xcf\x11\xe0"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def is_workbook(content: bytes) -> bool:
    """Whether it is a workbook. Raises Invalid for those that cannot be read."""
    if content.startswith(_OLD):
        raise Invalid(N_("This is an old Excel file, or one with a password. Save it as XLSX without a password."))
    return content.startswith(b"PK\x03\x04")


def read(content: bytes, wanted: str = "") -> tuple[tuple[str, ...], str, Iterator[Sequence[Any]]]:
    """The names of the visible sheets, the one that was read (`wanted`, else the first), and its rows.

    Raises Invalid (no workbook), TooLarge.
    """
    safe = _unpacked(content)
    try:
        with CalamineWorkbook.from_filelike(safe) as workbook:
            kinds = (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)
            names = tuple(sheet.name for sheet in workbook.sheets_metadata if (sheet.typ, sheet.visible) == kinds)
            if not names:
                raise Invalid(N_("The workbook has no sheet that could be read."))
            name = wanted if wanted in names else names[0]
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise Invalid(N_("The file is no XLSX workbook, or a damaged one.")) from error
    except BaseException as error:  # a panic of the reader's Rust code is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise Invalid(N_("The file is no XLSX workbook, or a damaged one.")) from error
    return names, name, iter(rows)


def text(cell: Any) -> str:
    """A cell as its text: whole numbers without a point, days without a time of day."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _unpacked(content: bytes) -> io.BytesIO:
    """The workbook without compression and pictures, so that the reader meets nothing that was not measured."""
    made, left = io.BytesIO(), MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(made, "w") as plain:
            if len(packed.namelist()) > MOST_FILES:
                raise TooLarge(N_("The workbook is too large when unpacked."))
            for name in dict.fromkeys(packed.namelist()):
                if not name.casefold().endswith((".xml", ".rels")):
                    continue
                with packed.open(name) as part:
                    data = part.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise TooLarge(N_("The workbook is too large when unpacked."))
                if "worksheets/" in name.casefold() and name.casefold().endswith(".xml"):
                    _measure(data)
                plain.writestr(name, data)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Invalid(N_("The file is no XLSX workbook, or a damaged one.")) from error
    made.seek(0)
    return made


def _measure(sheet: bytes) -> None:
    """Raises TooLarge for a sheet whose cells lie too far apart, Invalid for XML that declares entities."""
    row = column = last_row = last_column = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, last_row, last_column
        name = name.rpartition(":")[2]
        if name == "row":
            given = attributes.get("r", "")
            row, column = (int(given) if given.isdecimal() and len(given) < 8 else row + 1), 0
        elif name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            column = _number(found[1]) if found else column + 1
            last_row, last_column = max(last_row, int(found[2]) if found else row, row), max(last_column, column)
            if last_row * last_column > MOST_CELLS:
                raise TooLarge(N_("The sheet reaches too far: its last cell is too far down or too far to the right."))

    def doctype(*_: object) -> None:
        raise Invalid(N_("The file is no XLSX workbook, or a damaged one."))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(sheet, True)
    except expat.ExpatError as error:
        raise Invalid(N_("The file is no XLSX workbook, or a damaged one.")) from error


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
