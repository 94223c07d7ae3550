"""Rows → a CSV file that spreadsheets open as it is meant: UTF-8 with BOM, CRLF, and no cell that runs as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

Cell = str | int | Decimal | None

BOM = "\ufeff"
_NUMBER = re.compile(r"-\d+(\.\d+)?", re.ASCII)
# What a spreadsheet may take for the beginning of a formula, also behind blanks and unseen characters;
# East Asian versions fold the full-width forms.
_UNSEEN = r"[\s\x00-\x1f\x7f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*[=+\-@＝＋－＠]"
_FORMULA = re.compile(rf"[\t\r\n]|{_UNSEEN}")
_INNER = re.compile(rf"(?<=[\r\n])(?![\r\n])(?={_UNSEEN})")


def write(rows: Iterable[Sequence[Cell]]) -> bytes:
    """The file of `rows`, the header among them. Numbers stay numbers; text is made safe."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_shown(cell) for cell in row] for row in rows)
    return (BOM + text.getvalue()).encode("utf-8", "replace")


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return neutral(cell)
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def neutral(text: str) -> str:
    """`text`, with an apostrophe where a spreadsheet would run it; a plain negative number stays as it is.

    So is each line in a cell: a spreadsheet with another separator takes it for the beginning of a row.
    """
    if _NUMBER.fullmatch(text):
        return text
    text = _INNER.sub("'", text)
    return "'" + text if _FORMULA.match(text) else text
