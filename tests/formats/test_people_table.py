"""Files of people: encodings and their traps, delimiters, titles, workbooks, and what hostile hands send."""

from __future__ import annotations

import contextlib
import io
import zipfile
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from examengine.core.errors import Invalid, TooLarge
from examengine.formats import people_table, sheets, table_csv

CHINESE = "工号,姓名,班组\n0042,陈思敏,华东一班\n0043,李文博,国际二班\n"
WESTERN = "number;name;team\n1;Jörg Müller;Équipe\n2;François Lefèvre;Équipe\n3;Núria Muñoz;Équipe\n"


def rows(table: people_table.Table) -> list[dict[str, str]]:
    return [said for _, said in people_table.entries(table, people_table.columns(table.header))]


@pytest.mark.parametrize(
    ("encoding", "found", "guessed"),
    [
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8", False),
        ("gb18030", "gb18030", True),
        ("utf-16", "utf-16", False),  # with its mark
        ("utf-16-le", "utf-16", True),
        ("utf-16-be", "utf-16", True),
    ],
)
def test_chinese_text_is_read_in_every_usual_encoding(encoding: str, found: str, guessed: bool) -> None:
    table = people_table.read(CHINESE.encode(encoding))
    assert (table.encoding, table.guessed) == (found, guessed)
    assert rows(table)[0] == {"username": "0042", "name": "陈思敏", "team": "华东一班"}


def test_western_text_that_also_decodes_as_gb18030_is_not_taken_for_chinese() -> None:
    content = WESTERN.encode("windows-1252")
    content.decode("gb18030")  # the trap
    table = people_table.read(content)
    assert (table.encoding, table.guessed) == ("windows-1252", True)
    assert table.rows[0].cells == ("1", "Jörg Müller", "Équipe")


def test_rare_characters_do_not_make_chinese_western() -> None:
    text = "工号,姓名\n1,朱镕基\n2,陶喆\n3,㼆\n4,𠮷野\n"
    table = people_table.read(text.encode("gb18030"))
    assert table.encoding == "gb18030"
    assert [row.cells[1] for row in table.rows] == ["朱镕基", "陶喆", "㼆", "𠮷野"]


@given(
    st.lists(
        st.text("的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就", min_size=2, max_size=4), min_size=3
    )
)
def test_common_chinese_names_are_chinese(names: list[str]) -> None:
    content = ("工号,姓名\n" + "".join(f"{n},{name}\n" for n, name in enumerate(names))).encode("gb18030")
    assert people_table.read(content).encoding == "gb18030"


def test_an_encoding_may_be_given() -> None:
    assert people_table.read(CHINESE.encode("gb18030"), "gb18030").guessed is False
    with pytest.raises(Invalid, match="UTF-8"):
        people_table.read(CHINESE.encode("gb18030"), "utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_found(delimiter: str) -> None:
    text = f"工号{delimiter}姓名{delimiter}邮箱\n1{delimiter}A, B; C{delimiter}a@b.cn\n".replace("A, B; C", '"A, B; C"')
    table = people_table.read(text.encode())
    assert table.delimiter == delimiter
    assert rows(table) == [{"username": "1", "name": "A, B; C", "email": "a@b.cn"}]


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("工号", "username"),
        ("员工编号", "username"),
        ("Employee Number", "username"),
        ("工号 / Employee number", "username"),
        ("工号（必填）", "username"),
        (" 姓 名 ", "name"),
        ("所属部门", "team"),
        ("Role(s)", "roles"),
        ("E-Mail", "email"),
        ("语言", "language"),
        ("ｕｓｅｒｎａｍｅ", "username"),
        ("备注", None),
        ("", None),
    ],
)
def test_titles_in_both_languages(title: str, field: str | None) -> None:
    assert people_table.field_of(title) == field


def test_a_title_above_the_table_and_empty_rows_count_as_rows() -> None:
    table = people_table.read("员工名单\n\n工号,姓名\n\n1,A\n".encode())
    assert table.header == ("工号", "姓名")
    assert people_table.entries(table, {"username": 0, "name": 1}) == [(5, {"username": "1", "name": "A"})]


def test_columns_that_nothing_is_taken_from_are_named() -> None:
    table = people_table.read("工号,姓名,备注,工号\n1,A,x,2\n".encode())
    chosen = people_table.columns(table.header)
    assert chosen == {"username": 0, "name": 1}
    assert people_table.unknown(table.header, chosen) == ["备注", "工号"]


def test_a_break_within_a_cell_is_a_space() -> None:
    assert rows(people_table.read('工号,姓名\n1,"A\nB"\n'.encode())) == [{"username": "1", "name": "A B"}]


@given(st.text(max_size=30))
def test_what_our_own_files_say_is_read_as_it_was_written(name: str) -> None:
    content = table_csv.write([["工号", "姓名"], ["1", "x" + name]])
    [row] = people_table.read(content).rows[:1]
    kept = people_table.tidy(("x" + name).encode("utf-8", "replace").decode())
    assert row.cells[1] == kept


@pytest.mark.parametrize("name", ["=1+1", "+49", "-x", "@x", "＝1", "'quoted", " =1"])
def test_the_mark_against_formulas_is_taken_off_again(name: str) -> None:
    table = people_table.read(table_csv.write([["工号", "姓名"], ["1", name]]))
    assert table.rows[0].cells[1] == name.strip()


def workbook(*pages: tuple[str, list[list[Any]]], **options: Any) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, **options}) as book:
        for name, cells in pages:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(cells):
                sheet.write_row(number, 0, row)
    return made.getvalue()


def test_a_workbook_keeps_numbers_as_they_are_written() -> None:
    table = people_table.read(workbook(("人员", [["工号", "姓名"], [2001, "A"], ["0042", "B"], [2001.5, True]])))
    assert (table.sheet, table.sheets, table.encoding) == ("人员", ("人员",), "")
    assert [row.cells for row in table.rows] == [("2001", "A"), ("0042", "B"), ("2001.5", "TRUE")]


def test_another_sheet_may_be_chosen() -> None:
    content = workbook(("a", [["x"]]), ("b", [["工号", "姓名"], [1, "A"]]))
    assert people_table.read(content).sheet == "a"
    assert rows(people_table.read(content, sheet="b")) == [{"username": "1", "name": "A"}]
    assert people_table.read(content, sheet="nowhere").sheet == "a"


def test_a_formula_is_its_last_result() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["工号", "姓名"])
        sheet.write_formula(1, 0, "=1000+1", None, 1001)
        sheet.write_string(1, 1, "=HYPERLINK(1)")
    assert rows(people_table.read(made.getvalue())) == [{"username": "1001", "name": "=HYPERLINK(1)"}]


def test_rows_are_numbered_as_the_sheet_shows_them() -> None:
    table = people_table.read(workbook(("a", [[], [], ["工号", "姓名"], [], [1, "A"]])))
    assert [row.number for row in table.rows] == [5]


def rewritten(content: bytes, name: str, data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, data if each == name else old.read(each))
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
XML = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row>" + "<c><v>1</v></c>" * 5_000 + "</row>" + "<row/>" * 5_000 + "<row><c><v>1</v></c></row>",
    ],
    ids=["far away", "without places"],
)
def test_a_sheet_that_reaches_too_far_is_refused_before_it_is_read(cells: str) -> None:
    content = rewritten(workbook(("a", [["x"]])), SHEET, XML.format(cells).encode())
    with pytest.raises(TooLarge):
        people_table.read(content)


def test_a_bomb_is_not_unpacked() -> None:
    content = rewritten(workbook(("a", [["x"]])), "xl/styles.xml", b" " * (sheets.MOST_UNPACKED + 1))
    assert len(content) < 1_000_000
    with pytest.raises(TooLarge):
        people_table.read(content)


def test_a_bomb_that_lies_about_its_size_is_not_unpacked_either() -> None:
    packed = bytearray(rewritten(workbook(("a", [["x"]])), "xl/styles.xml", b" " * (sheets.MOST_UNPACKED + 1)))
    true = (sheets.MOST_UNPACKED + 1).to_bytes(4, "little")
    assert packed.count(true) == 2
    with pytest.raises((TooLarge, Invalid)):
        people_table.read(bytes(packed).replace(true, (100).to_bytes(4, "little")))


def test_entities_are_refused() -> None:
    xml = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + XML.format('<row r="1"><c r="A1" t="str"><v>&a;</v></c></row>')
    with pytest.raises(Invalid):
        people_table.read(rewritten(workbook(("a", [["x"]])), SHEET, xml.encode()))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        rewritten(workbook(("a", [["x"]])), "xl/workbook.xml", b"<nonsense"),
        rewritten(workbook(("a", [["x"]])), SHEET, b"<worksheet><sheetData><row></sheetData>"),
        workbook(("a", [["x"]]))[:-300],
        b"a,b\n1," + b"x" * 200_000,
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises((Invalid, TooLarge)):
        people_table.read(content)


@given(st.binary(max_size=400))
def test_no_bytes_do_anything_worse_than_being_refused(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf"):
        with contextlib.suppress(Invalid, TooLarge):
            people_table.read(start + content)


def test_limits() -> None:
    with pytest.raises(TooLarge):
        people_table.read(b"x" * (people_table.MOST_BYTES + 1))
    full = "工号,姓名\n" + "".join(f"{n},A\n" for n in range(people_table.MOST_ROWS))
    assert len(people_table.read(full.encode()).rows) == people_table.MOST_ROWS
    with pytest.raises(TooLarge):
        people_table.read((full + "x,A\n").encode())
    wide = people_table.read(("工号,姓名" + ",x" * 500 + "\n1,A\n").encode())
    assert len(wide.header) == people_table.MOST_COLUMNS
