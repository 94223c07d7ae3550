"""From nothing to the list of next steps: init, the one-time link, a password, the set-up page, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import ROOT, Server, Visitor, assert_accessible
from tests.pictures import JPEG, WEBP, picture

WORDS = {
    "en": {
        "setup": "Set up your exam engine",
        "finish": "Finish",
        "steps": "Next steps",
        "later": "Save and go on later",
    },
    "zh": {"setup": "设置考试系统", "finish": "完成", "steps": "后续步骤", "later": "保存，稍后继续"},
}
PASSWORD = "my own password"


def look(page: Page, where: str) -> None:
    """In both widths and themes: accessible, nothing scrolls sideways."""
    for width, theme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        page.wait_for_timeout(400)  # buttons change colour over a moment
        assert_accessible(page, f"{where} {width} {theme}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), f"{where} scrolls sideways"
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(("database", "language"), [("postgres", "en"), ("sqlite", "zh")], indirect=["database"])
def test_a_clean_start(chromium: Browser, fresh: tuple[Server, str], tmp_path: Path, language: str) -> None:
    server, link = fresh
    words = WORDS[language]
    ben = Visitor(chromium, server, "1001", locale={"en": "en-GB", "zh": "zh-CN"}[language])
    page = ben.page
    page.goto(link)
    look(page, "welcome")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("[name=username]")).to_have_value("1001")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()

    page.wait_for_url("**/admin/setup")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["setup"])
    look(page, "set-up")
    page.locator("[name=timezone]").fill("Nowhere")
    page.get_by_role("button", name=words["finish"], exact=True).click()
    expect(page.locator(".error-summary li")).to_have_count(2)
    look(page, "set-up with faults")
    page.locator("[name=company]").fill("岑湾通信")
    page.locator("[name=timezone]").fill("Asia/Tokyo")
    page.locator("[name=teams]").fill("华东一班\n国际二班")
    (tmp_path / "logo.jpg").write_bytes(JPEG)
    page.locator("[name=logo]").set_input_files(tmp_path / "logo.jpg")
    page.get_by_role("button", name=words["later"]).click()

    page.goto(server.base + "/")  # left and gone on with
    page.wait_for_url("**/admin/setup")
    expect(page.locator("[name=company]")).to_have_value("岑湾通信")
    assert sorted(page.locator("main .badge").all_inner_texts()) == sorted(["华东一班", "国际二班"])
    page.get_by_role("button", name=words["finish"], exact=True).click()
    page.wait_for_url("**/admin")
    expect(page.get_by_role("heading", name=words["steps"])).to_be_visible()
    expect(page.locator(".company")).to_contain_text("岑湾通信")
    expect(page.locator("footer")).to_contain_text("Asia/Tokyo")
    look(page, "overview")

    for name, data in (("logo.png", picture(90, 45)), ("logo.webp", WEBP), ("logo.jpg", JPEG)):
        (tmp_path / name).write_bytes(data)
        ben.go("/admin/settings")
        page.locator("[name=logo]").set_input_files(tmp_path / name)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state("networkidle")
        assert page.locator(".company-logo").evaluate("image => image.complete && image.naturalWidth") > 0, name
    for path in ("/admin/settings", "/admin/teams", "/admin/teams/1", "/admin/competencies", "/admin/competencies/2"):
        ben.go(path)
        look(page, path)

    server.console("user", "add", "2001", "Cem Candidate", "--role", "operator")
    server.console("bank", "load", str(ROOT / "question_banks" / "complaint_handling"))
    ben.go("/admin")
    expect(page.locator(".checklist .done")).to_have_count(2)
    complaints = ben.complaints
    ben.close()
    assert not complaints
