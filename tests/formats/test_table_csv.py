"""Tables for spreadsheets: BOM, CRLF, and no cell that runs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.formats.table_csv import neutral, write


def test_a_file_begins_with_a_bom_and_has_crlf() -> None:
    assert write([["姓名", "Points"], ["Cem", Decimal("7.50")]]) == "\ufeff姓名,Points\r\nCem,7.50\r\n".encode()


@pytest.mark.parametrize(
    ("cell", "shown"), [(None, ""), (7, "7"), (-7, "-7"), (Decimal("-0.5"), "-0.5"), (Decimal("1E+2"), "100"), ("", "")]
)
def test_numbers_stay_numbers(cell: int | Decimal | None, shown: str) -> None:
    assert write([["x", cell]]).decode("utf-8-sig") == f"x,{shown}\r\n"


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example")',
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "-",
        "--1",
        "-1.",
        "-١",
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("a\n=1", "a\n'=1"),
        ("a\r\n +1\n-2", "a\r\n' +1\n'-2"),
        ("a\n\nb", "a\n\nb"),
    ],
)
def test_so_does_a_line_in_a_cell(text: str, safe: str) -> None:
    assert neutral(text) == safe


@pytest.mark.parametrize("text", ["Cem", "-7", "-0.50", "1=1", "a@example", "投诉", "", "'x", "3-4"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=3), max_size=4
    )
)
def test_a_reader_gets_the_cells_back(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(write(rows).decode("utf-8-sig"), newline="")))
    assert read == [[neutral(cell) for cell in row] for row in rows]


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    safe = neutral(text)
    assert safe.lstrip()[:1] not in {"=", "+", "@", "＝", "＋", "－", "＠"}
    assert not safe.startswith(("\t", "\r", "\n"))
