"""The comprehensive monthly test, sat to the end: every kind answered with mouse and keyboard, also on a phone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.conftest import ROOT, Server, Visitor, assert_accessible
from tests.journeys.test_exam_page import attempt_of, begin, hand_in, saved

Visit = Callable[..., Visitor]
BANKS = ROOT / "question_banks"
QUESTIONS = 45
WRITTEN = "I listen first, verify two items and keep the case."


def by_mouse(article: Locator, shape: str, number: int) -> Any:
    """Answer a question with the mouse (typing where there is no other way); gives back what was answered."""
    if shape in ("choice", "choices"):
        options = article.locator("label.option")
        picks = [number % options.count()] if shape == "choice" else [0, options.count() - 1]
        for pick in picks:
            options.nth(pick).click()
        return picks[0] if shape == "choice" else picks
    boxes = article.locator("[data-blank], textarea")
    for box in boxes.all():
        box.click()
        box.press_sequentially("24" if shape == "blanks" else WRITTEN)
    return ["24"] * boxes.count() if shape == "blanks" else WRITTEN


def by_keyboard(page: Page, article: Locator, shape: str) -> Any:
    """The same without a mouse."""
    article.locator("input, textarea").first.focus()
    if shape == "choice":
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        return 1
    if shape == "choices":
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        return [0, 1]
    count = article.locator("[data-blank]").count()
    for blank in range(max(1, count)):
        page.keyboard.type("48" if shape == "blanks" else WRITTEN)
        if blank + 1 < count:
            page.keyboard.press("Tab")
    return ["48"] * count if shape == "blanks" else WRITTEN


def answer_all(page: Page) -> dict[str, Any]:
    """Answer every question, by turns with mouse and keyboard within each shape."""
    given: dict[str, Any] = {}
    turns: Counter[str] = Counter()
    for number, article in enumerate(page.locator("article.item").all()):
        shape, slot = article.get_attribute("data-shape") or "", article.get_attribute("data-slot") or ""
        turns[shape] += 1
        mouse = turns[shape] % 2 == 1
        given[slot] = by_mouse(article, shape, number) if mouse else by_keyboard(page, article, shape)
    assert min(turns.values()) >= 2, f"not every shape was answered both ways: {turns}"
    assert set(turns) == {"choice", "choices", "blanks", "text"}
    return given


def sit(server: Server, visitor: Visitor, sitting: int) -> None:
    page = begin(visitor, sitting)
    expect(page.locator("article.item")).to_have_count(QUESTIONS)
    given = answer_all(page)
    saved(page)
    expect(page.locator("#grid .cell[data-answered]")).to_have_count(QUESTIONS)
    assert_accessible(page, "the answered monthly test")
    attempt = attempt_of(page)
    hand_in(page)
    expect(page.get_by_text("Receipt code", exact=True)).to_be_visible()
    fold = server.stage(fold=attempt)
    assert fold["state"] == "submitted"
    assert fold["values"] == given


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # the Chinese one sits on SQLite
def test_the_english_test_on_a_fresh_instance(server: Server, visit: Visit, tmp_path: Path) -> None:
    server.console("bank", "load", str(BANKS))
    file = tmp_path / "monthly-en.yaml"
    file.write_text((BANKS / "monthly-en.yaml").read_text("utf-8") + "graders: [mia, max]\nlead: ada\n", "utf-8")
    [loaded] = json.loads(server.console("exam", "load", str(file), "--publish", "--json"))["exams"]
    sitting = server.stage(people=["cem"], exam=loaded["exam"])["sitting"]
    sit(server, visit("cem"), sitting)


@pytest.mark.parametrize(("name", "width"), [("2001", 1280), ("2002", 390)])
def test_the_chinese_test_of_the_demo(chromium: Browser, demo: Server, name: str, width: int) -> None:
    visitor = Visitor(chromium, demo, name, viewport={"width": width, "height": 844})
    try:
        visitor.log_in()
        sit(demo, visitor, 1)
        assert visitor.complaints == []
    finally:
        visitor.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sample_of_every_kind_previewed_in_both_roles(chromium: Browser, demo: Server, language: str) -> None:
    visitor = Visitor(chromium, demo, "4001", color_scheme="dark" if language == "zh" else "light")
    try:
        visitor.log_in()
        for kind in ("single_choice", "multiple_choice", "true_false", "fill_in", "short_answer", "essay"):
            page = visitor.go(f"/items?kind={kind}&language={language}&sort=-difficulty")
            page.locator("td a.cell-title").first.click()
            page.wait_for_load_state()
            expect(page.locator("#preview-candidate .stem")).to_be_visible()
            assert_accessible(page, f"{kind} {language} as candidate")
            page.locator("#tab-grader").click()
            expect(page.locator("#preview-grader .rich").first).to_be_visible()
            expect(page.locator("#preview-candidate")).to_be_hidden()
            assert_accessible(page, f"{kind} {language} as grader")
        assert visitor.complaints == []
    finally:
        visitor.close()


def test_a_wide_table_scrolls_in_itself_and_the_keyboard_reaches_it(chromium: Browser, demo: Server) -> None:
    visitor = Visitor(chromium, demo, "4001", viewport={"width": 390, "height": 844})
    try:
        visitor.log_in()
        page = visitor.go("/items?words=so-en-029")
        page.locator("td a.cell-title").first.click()
        table = page.locator("#preview-candidate .stem table")
        expect(table).to_have_attribute("tabindex", "0")
        assert table.evaluate("t => t.scrollWidth > t.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
        assert_accessible(page, "a question with a wide table")
        table.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.activeElement.scrollLeft > 0")
        assert visitor.complaints == []
    finally:
        visitor.close()
