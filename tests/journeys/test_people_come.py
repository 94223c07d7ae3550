"""People come: a workbook with three faulty rows is looked at and taken over, slips are printed, somebody logs in."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import expect

from tests.journeys.conftest import Server, Visitor, assert_accessible

ROWS: list[list[Any]] = [
    ["November 2026"],
    ["工号", "姓名", "班组", "角色", "备注"],
    ["0042", "陈思敏", "华东一班", "话务员", "new"],
    [2043, "Li Wen", "华东一班", "", ""],
    ["eve", "Eve Candidate", "Team West", "", "moves"],
    ["0044", "Wang", "", "国王", "no such role"],
    ["0042", "陈思敏", "", "", "twice"],
    ["", "Nobody", "", "", "no number"],
]


def in_preview(url: str) -> bool:
    return "/admin/people/import/" in url and "/work/" not in url


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # on both in test_first_week
def test_people_come(server: Server, visit: Callable[..., Visitor], tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(ROWS):
            sheet.write_row(number, 0, cells)
    page = visit("ben").go("/admin/people")
    page.get_by_role("link", name="Import").click()
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url(in_preview, timeout=30_000)
    for label, count in {"New": 2, "With changes": 1, "Refused": 3}.items():
        expect(page.locator(".figure-tile", has_text=re.compile(f"^\\s*{count}\\s*{label}"))).to_be_visible()
    expect(page.get_by_text("Columns that nothing is taken from: 备注")).to_be_visible()
    expect(page.get_by_role("row", name="Eve Candidate")).to_contain_text("Team East → Team West")
    assert_accessible(page, "preview")
    page.get_by_role("link", name="Refused").first.click()
    expect(page.get_by_text("There is no role “国王”.")).to_be_visible()
    expect(page.get_by_text("The employee number is missing.")).to_be_visible()
    page.get_by_role("button", name="Take all over (3)").click()
    page.locator("#confirm-dialog").get_by_role("button", name="Take all over").click()
    page.wait_for_url(in_preview, timeout=60_000)
    expect(page.locator(".figure-tile", has_text="Taken over")).to_contain_text("3")
    page.get_by_role("link", name="To the slip list").click()
    assert_accessible(page, "slips")
    page.get_by_role("button", name="Download the PDF").click()
    with page.expect_download() as waiting:
        page.locator("#confirm-dialog").get_by_role("button", name="Download the PDF").click()
    pdf = tmp_path / "slips.pdf"
    waiting.value.save_as(pdf)
    assert pdf.read_bytes().startswith(b"%PDF")
    page.reload()
    expect(page.get_by_text("This slip list is gone")).to_be_visible()

    server.passwords["0042"] = first_passwords(pdf, server, ["0042"])["0042"]
    somebody = visit("0042")
    assert "/login" not in somebody.page.url
    eve = visit("ben").go("/admin/people?q=eve")
    expect(eve.get_by_role("row", name="Eve Candidate")).to_contain_text("Team West")


def first_passwords(pdf: Path, server: Server, numbers: list[str]) -> dict[str, str]:
    """The passwords on these people's slips; where nothing reads PDFs, new ones by the console."""
    if shutil.which("pdftotext") is None:
        return {number: str(server.console("user", "passwd", number).split()[-1]) for number in numbers}
    done = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    passwords = re.findall(r"First password\s+(\w{10})", done.stdout)
    printed = re.findall(r"Employee number\s+(\S+)", done.stdout)
    return dict(zip(printed, passwords, strict=True))
