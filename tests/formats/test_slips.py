"""The printed slips: ten a page, every character there, and no name that could not be printed."""

from __future__ import annotations

import re
import zlib

import pytest

from examengine.formats import slips
from examengine.formats.slips import Slip

ADDRESS = "https://exams.example.com/login"


def characters(pdf: bytes) -> set[str]:
    """All characters that the fonts of a PDF say they show."""
    found: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        for block in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
            found |= {bytes.fromhex(to.decode()).decode("utf-16-be") for to in re.findall(rb"<\w+>\s*<(\w+)>", block)}
    return {char for text in found for char in text}


def pages(pdf: bytes) -> int:
    [count] = re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b", pdf)
    return int(count[0] or count[1])


def people(count: int) -> list[Slip]:
    return [Slip(f"陈思敏{n}", "华东一班", f"00{n}", "K7PX2MQ94B") for n in range(count)]


@pytest.mark.parametrize(("count", "sheets"), [(1, 1), (10, 1), (11, 2), (25, 3)])
def test_ten_slips_a_page(count: int, sheets: int) -> None:
    printed = slips.print_slips(people(count), "Cenwan Telecom", ADDRESS)
    assert printed.pdf.startswith(b"%PDF")
    assert pages(printed.pdf) == sheets
    assert printed.unprintable == ()


def test_every_character_is_there() -> None:
    made = [Slip("龘靐 Zoë", "国际二班", "0O1lI-_.", "23456789AB")]
    seen = characters(slips.print_slips(made, "岑湾通信", ADDRESS).pdf)
    wanted = "龘靐Zoë国际二班0O1lI-_.23456789AB岑湾通信" + ADDRESS + "工号初始密码登录地址首次"
    assert set(wanted) - seen == set()


def test_a_name_that_the_font_lacks_is_left_out_and_told() -> None:
    made = [Slip("名字😀", "组😀", "0042", "23456789AB"), Slip("陈思敏", "", "0043", "23456789AB")]
    printed = slips.print_slips(made, "公司😀", ADDRESS)
    assert printed.unprintable == ("0042",)
    seen = characters(printed.pdf)
    assert "名" not in seen and "😀" not in seen
    assert set("陈思敏组公司") <= seen


def test_markup_in_a_name_is_text() -> None:
    made = [Slip('#read("/etc/passwd") $x$ *b* ]', "#panic()", "1", "23456789AB")]
    printed = slips.print_slips(made, "#import", ADDRESS)
    assert set('#read("/etc/passwd")$*]') <= characters(printed.pdf)


def test_the_longest_that_is_allowed_fits() -> None:
    long = [Slip("欧" * 80, "班" * 80, "W" * 40, "M" * 10), Slip("x" * 80, "", "1", "M" * 10)]
    printed = slips.print_slips(long, "公" * 80, "https://" + "x" * 290)
    assert pages(printed.pdf) == 1


def test_what_the_font_lacks() -> None:
    assert slips.missing("陈思敏 Zoë 龘") == frozenset()
    assert slips.missing("a😀") == {"😀"}
