"""Every page of a demo company: axe-core finds nothing in either theme, and nothing scrolls sideways."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import Server, Visitor, assert_accessible

# The demo deals attempts in the order of names: the first is of 2011, the seventh, still open, of 2004.
PAGES = {
    "2004": ("/home", "/sittings/1", "/attempts/7", "/account", "/notices", "/record", "/logout", "/help/operator"),
    "2011": ("/attempts/1/receipt", "/attempts/1/result"),
    "3001": ("/marking", "/marking/marks", "/marking/desk", "/help/grader"),
    "4001": (
        "/items",
        "/items?state=retired",
        "/items/1",
        "/items/1/draft",
        "/items/new",
        *(f"/items/new?kind={kind}" for kind in ("single_choice", "multiple_choice", "true_false", "fill_in")),
        *(f"/items/new?kind={kind}" for kind in ("short_answer", "essay")),
        "/banks",
        "/competencies",
        "/banks/2/review",
        "/banks/2/review?code=hidden_negation",
        "/exams",
        "/exams/new",
        "/exams/file",
        "/exams/1",
        "/exams/1/people",
        "/exams/1/questions",
        "/exams/1/withdrawal",
        "/help/trainer",
    ),
    "5001": (
        "/manage/sittings",
        "/manage/sittings/1",
        "/manage/sittings/1?show=failed",
        "/manage/sittings/1/edit",
        "/manage/sittings/1/withdraw",
        "/manage/sittings/new?exam_id=1",
        "/manage/attempts/1",
        "/manage/exams/1/marking",
        "/manage/people",
        "/manage/people/1/record",
        "/invigilation",
        "/invigilation/1",
        "/invigilation/1/people/1",
        "/invigilation/1/everybody",
        "/help/manager",
        "/help/invigilator",
    ),
    "9001": (
        "/admin",
        "/admin/people",
        "/admin/people/new",
        "/admin/people/import",
        "/admin/people/1",
        "/admin/people/1/edit",
        "/admin/people/1/roles",
        "/admin/people/1/team",
        "/admin/teams",
        "/admin/teams/1",
        "/admin/competencies",
        "/admin/competencies/2",
        "/admin/settings",
        "/admin/audit",
        "/admin/status",
        "/help/administrator",
    ),
}


def look(page: Page, where: str, language: str) -> None:
    assert page.title(), where
    assert_accessible(page, where)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), f"{where} scrolls sideways"
    if language == "zh":
        words = page.locator("main").inner_text()
        assert re.search(r"[\u4e00-\u9fff]", words), f"{where} is not in Chinese"


@pytest.mark.parametrize(
    ("theme", "width", "language"), [("light", 1280, "en"), ("dark", 1280, "zh"), ("dark", 390, "zh")]
)
@pytest.mark.parametrize("name", PAGES)
def test_pages(chromium: Browser, demo: Server, name: str, theme: str, width: int, language: str) -> None:
    locale = {"zh": "zh-CN", "en": "en-GB"}[language]
    visitor = Visitor(chromium, demo, name, color_scheme=theme, locale=locale, viewport={"width": width, "height": 844})
    try:
        page = visitor.go("/login")
        look(page, f"login {theme} {width}", language)
        page.locator(".help-link").click()
        look(page, f"help with the log-in {theme} {width}", language)
        page = visitor.go("/login")
        page.locator("[name=username]").fill(name)
        page.locator("[name=password]").fill(demo.passwords[name])
        page.locator("main button[type=submit]").click()
        page.wait_for_url(lambda url: "/login" not in url)
        for path in PAGES[name]:
            answer = page.goto(demo.base + path)
            assert answer is not None
            assert answer.status == 200, f"{path}: {answer.status}"
            look(page, f"{path} {theme} {width}", language)
        answer = page.goto(demo.base + "/nowhere")
        assert answer is not None
        assert answer.status == 404
        look(page, f"404 {theme} {width}", language)
        assert visitor.complaints == []
    finally:
        visitor.close()
