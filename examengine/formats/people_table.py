"""A file of people (CSV in any likely encoding, or XLSX) → its rows as text, and which column says what."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from examengine.core.errors import Invalid, TooLarge
from examengine.core.i18n import N_, Message
from examengine.formats import encodings, sheets

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 60
HEADER_WITHIN = 10
"""The names of the columns are looked for in so many rows: a title may stand above them."""
LONGEST_CELL = 400

FIELDS = {
    "username": N_("Employee number"),
    "name": N_("Name"),
    "team": N_("Team"),
    "roles": N_("Roles"),
    "email": N_("E-mail"),
    "language": N_("Language"),
}
NEEDED = ("username", "name")

SYNONYMS = {
    "username": (
        "username employeenumber employeeno employeeid staffnumber staffno staffid personnelnumber number no id login "
        "工号 员工号 员工编号 员工工号 编号 职工号 职工编号 人员编号 账号 帐号 登录名 用户名"
    ),
    "name": "name fullname personname employeename staffname 姓名 名字 员工姓名 人员姓名 真实姓名",
    "team": "team group department dept unit 班组 团队 部门 小组 组别 班 组 所属班组 所属部门 所属团队 所在部门",
    "roles": "role roles 角色 身份 岗位角色 系统角色",
    "email": "email mail emailaddress 邮箱 电子邮箱 邮件 电子邮件 邮箱地址 电邮",
    "language": "language lang 语言 界面语言 语种",
}
_FIELD = {word: field for field, words in SYNONYMS.items() for word in words.split()}
_NOISE = re.compile(r"[\s_\-.:：*＊#\u200b\ufeff]+")
_PARTS = re.compile(r"[/／|｜()（）\[\]【】\n,，]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b\u2060\ufeff]+")
_QUOTED_FORMULA = re.compile(r"'(?=[\s\u200b-\u200d\u2060\ufeff]*[=+\-@＝＋－＠])")


@dataclass(frozen=True)
class Row:
    """A row's cells as text; rows count from 1 as a spreadsheet shows them."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A file as read: how, the row that names the columns, and all rows below it that say anything."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str = ""
    """Of a CSV file; one of encodings.ENCODINGS."""
    guessed: bool = False
    """Whether nothing but likelihood speaks for the encoding."""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    sheet: str = ""


def read(content: bytes, encoding: str = "", sheet: str = "") -> Table:
    """The table of a file. Raises TooLarge, Invalid (what it is instead, or what is wrong with it)."""
    if len(content) > MOST_BYTES:
        raise TooLarge(Message(N_("The file is larger than %(n)s MB."), {"n": MOST_BYTES // 1024 // 1024}))
    if sheets.is_workbook(content):
        names, chosen, rows = sheets.read(content, sheet)
        return _table(rows, sheets=names, sheet=chosen)
    text, used, guessed = encodings.decoded(content, encoding)
    delimiter = _delimiter(text)
    return _table(_cells(text, delimiter), encoding=used, guessed=guessed, delimiter=delimiter)


def _table(rows: Iterator[Sequence[Any]], **facts: Any) -> Table:
    kept = []
    try:
        for number, cells in enumerate(rows, 1):
            texts = tuple(sheets.text(cell) if not isinstance(cell, str) else cell for cell in cells[:MOST_COLUMNS])
            texts = tuple(tidy(text) for text in texts)
            if any(texts):
                kept.append(Row(number, texts))
            if len(kept) > MOST_ROWS + HEADER_WITHIN:
                raise TooLarge(Message(N_("The file has more than %(n)s rows."), {"n": MOST_ROWS}))
    except csv.Error as error:
        raise Invalid(N_("The file is not a table that could be read: a quotation mark may be missing.")) from error
    if not kept:
        raise Invalid(N_("There is nothing in the file."))
    at = _header(kept)
    if len(kept) - at - 1 > MOST_ROWS:
        raise TooLarge(Message(N_("The file has more than %(n)s rows."), {"n": MOST_ROWS}))
    return Table(kept[at].cells, tuple(kept[at + 1 :]), **facts)


def _header(rows: Sequence[Row]) -> int:
    """Where the columns are named: the first row that names what is needed, else the one that names most."""
    named = [len(set(columns(row.cells).values())) for row in rows[:HEADER_WITHIN]]
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        if set(NEEDED) <= columns(row.cells).keys():
            return at
    return named.index(max(named))


def tidy(text: str) -> str:
    """A cell's text on one line, without what no name has, and without the mark that keeps formulas from running."""
    text = _CONTROL.sub(" ", text).strip()[:LONGEST_CELL]
    return _QUOTED_FORMULA.sub("", text, count=1).strip() if text.startswith("'") else text


def _cells(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _delimiter(text: str) -> str:
    """What stands between the cells: that by which the first lines name most columns, or at least have most cells."""
    head = "\n".join(text.splitlines()[: HEADER_WITHIN + 1])

    def worth(delimiter: str) -> tuple[int, int]:
        try:
            rows = list(_cells(head, delimiter))
        except csv.Error:
            return (0, 0)
        return max(((len(columns(row)), len(row)) for row in rows), default=(0, 0))

    return max((",", ";", "\t"), key=worth)


def field_of(title: str) -> str | None:
    """The field that a column's title names, in Chinese, English or both (“工号 / Employee number”)."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    for part in (folded, *_PARTS.split(folded)):
        found = _FIELD.get(_NOISE.sub("", part))
        if found:
            return found
    return None


def columns(header: Sequence[str]) -> dict[str, int]:
    """By field: the first column that is called so."""
    found: dict[str, int] = {}
    for position, title in enumerate(header):
        field = field_of(title)
        if field is not None:
            found.setdefault(field, position)
    return found


def unknown(header: Sequence[str], chosen: Mapping[str, int]) -> list[str]:
    """The titles of the columns that nothing is taken from."""
    return [title for position, title in enumerate(header) if title and position not in chosen.values()]


def entries(table: Table, chosen: Mapping[str, int]) -> list[tuple[int, dict[str, str]]]:
    """Each row's number with what it says, by field; a row in which the chosen columns are empty says nothing."""
    made = []
    for row in table.rows:
        said = {f: row.cells[at] if at < len(row.cells) else "" for f, at in chosen.items()}
        if any(said.values()):
            made.append((row.number, said))
    return made
