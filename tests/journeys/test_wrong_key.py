"""A wrong key: corrected with one pass flip, undone, applied again; the operator reads the revised result."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, Visitor, assert_accessible
from tests.journeys.test_exam_page import attempt_of, begin, hand_in, saved

Visit = Callable[..., Visitor]


def sit(visit: Visit, name: str, sitting: int, picks: tuple[str, str]) -> int:
    """Answer both questions and hand in; gives the attempt."""
    page = begin(visit(name), sitting)
    for question, pick in zip(page.locator("article[data-shape=choice]").all(), picks, strict=True):
        question.locator("label.option", has_text=pick).click()
    saved(page)
    hand_in(page)
    return attempt_of(page)


def reads(visitor: Visitor, path: str, *texts: str, times: int = 1) -> Page:
    """A page of hers, once it says these as often."""
    end = time.monotonic() + 20
    while True:
        page = visitor.go(path)
        seen = page.locator("main").inner_text()
        if all(seen.count(text) >= times for text in texts):
            return page
        assert time.monotonic() < end, seen
        page.wait_for_timeout(500)


def go_on(page: Page) -> None:
    """Wait for the preview and open it."""
    page.wait_for_url(re.compile(r"/work/\d+"))
    page.get_by_role("link", name="Go on").click(timeout=30_000)
    page.wait_for_load_state()


def give_reason(page: Page, reason: str, button: str) -> None:
    page.locator("[name=reason]").fill(reason)
    page.get_by_role("button", name=button).click()
    page.wait_for_load_state()


def correct_key(ann: Visitor, code: str) -> Page:
    """The key moves from the first option to the second; gives the preview."""
    page = ann.go(f"/items?words={code}")
    page.get_by_role("link", name=code, exact=True).click()
    page.get_by_role("link", name="Correct the key").click()
    assert_accessible(page, "correct the key")
    page.locator("[name=kind-options-0-key]").uncheck()
    page.locator("[name=kind-options-1-key]").check()
    page.get_by_role("button", name="Show what changes").click()
    go_on(page)
    return page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # on both in test_first_week
def test_a_wrong_key_is_put_right(server: Server, visit: Visit) -> None:
    staged = server.stage(people=["cem", "dee"], keyed=True, title="Wrong key")
    cem = sit(visit, "cem", staged["sitting"], ("Listen", "Listen"))
    dee = sit(visit, "dee", staged["sitting"], ("Transfer", "Listen"))
    owner, hers = visit("dee"), f"/attempts/{dee}/result"
    reads(owner, hers, "Not passed", "50.00 %")

    page = correct_key(visit("ann"), "first-step")
    expect(page.get_by_text("This is a preview.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Dee")
    expect(page.locator(".figure-tile", has_text="Pass now").locator(".figure-value")).to_have_text("1")
    expect(page.locator(".figure-tile", has_text="Pass no more").locator(".figure-value")).to_have_text("1")

    kim = visit("kim")
    page = kim.go(f"/manage/exams/{staged['exam']}/corrections")
    assert_accessible(page, "corrections of an exam")
    page.get_by_role("link", name="Key", exact=True).click()
    expect(page.get_by_role("link", name="Dee Candidate")).to_be_visible()
    assert_accessible(page, "preview")
    give_reason(page, "Transferring is what the handbook says", "Apply the correction")
    page = reads(owner, hers, "Passed", "100.00 %", "was corrected", "Passed now")
    expect(page.locator("main")).not_to_contain_text("handbook")  # others may still sit
    assert_accessible(page, "revised result")
    reads(visit("cem"), f"/attempts/{cem}/result", "Not passed", "50.00 %")

    page = kim.go(kim.page.url.removeprefix(server.base))
    give_reason(page, "The old key was right", "Undo the correction")
    reads(owner, hers, "Not passed now", "was taken back")
    page = kim.go(kim.page.url.removeprefix(server.base))
    give_reason(page, "No: transfer it is", "Apply the correction")
    reads(owner, hers, "Passed now", "was corrected", times=2)
    reads(owner, "/record", "Wrong key", times=4)  # nothing on a record is overwritten
