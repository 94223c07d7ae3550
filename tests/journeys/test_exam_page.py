"""The exam page in a real browser: nothing typed is lost, whatever happens to network, computer or clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, Visitor, assert_accessible

Visit = Callable[..., Visitor]


def begin(visitor: Visitor, sitting: int) -> Page:
    """From the lobby to the exam page."""
    page = visitor.go(f"/sittings/{sitting}")
    page.get_by_role("button", name="Start the exam").click()
    page.wait_for_url("**/attempts/*")
    return page


def attempt_of(page: Page) -> int:
    found = re.search(r"/attempts/(\d+)", page.url)
    assert found
    return int(found.group(1))


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved", timeout=20_000)


def hand_in(page: Page) -> None:
    page.locator("[data-submit-exam]:visible").first.click()
    page.locator("#submit-dialog .btn-primary").click()
    page.wait_for_url("**/receipt")


@pytest.fixture
def sitting(server: Server) -> int:
    number: int = server.stage(people=["cem", "dee", "eve"])["sitting"]
    return number


def test_answers_survive_a_lost_network(server: Server, visit: Visit, sitting: int) -> None:
    cem = visit("cem")
    page = begin(cem, sitting)
    page.locator("article[data-shape=choice] input").first.check()
    saved(page)
    cem.context.set_offline(True)
    text = "客户说：“我已经打了三次电话。” I listen first 🙂."
    page.locator("textarea").press_sequentially(text, delay=5)
    page.locator("article[data-shape=choices] input").nth(1).check()
    expect(page.locator("[data-bar=offline]")).to_be_visible(timeout=20_000)
    cem.context.set_offline(False)
    expect(page.locator("[data-bar=offline]")).to_be_hidden(timeout=40_000)
    saved(page)
    values = server.stage(fold=attempt_of(page))["values"]
    assert text in values.values()
    assert [1] in values.values()
    hand_in(page)
    expect(page.get_by_text("Receipt code", exact=True)).to_be_visible()


def test_the_exam_goes_on_in_another_browser(server: Server, visit: Visit, sitting: int) -> None:
    desk = visit("dee")
    page = begin(desk, sitting)
    page.locator("textarea").press_sequentially("Begun at the desk. ", delay=5)
    saved(page)
    desk.close()
    laptop = visit("dee")
    page = laptop.go(f"/attempts/{attempt_of(page)}")
    expect(page.locator("textarea")).to_have_value("Begun at the desk. ")
    expect(page.locator("[data-bar=elsewhere]")).to_be_visible()
    page.locator("[data-bar=elsewhere]").get_by_role("button", name="Continue here").click()
    page.wait_for_load_state()
    page.locator("textarea").press_sequentially("Ended on the laptop.", delay=5)
    saved(page)
    assert "Begun at the desk. Ended on the laptop." in server.stage(fold=attempt_of(page))["values"].values() or (
        "Ended on the laptop.Begun at the desk. " in server.stage(fold=attempt_of(page))["values"].values()
    )
    hand_in(page)


def test_the_old_browser_becomes_read_only_and_keeps_what_it_could_not_send(
    server: Server, visit: Visit, sitting: int
) -> None:
    desk, laptop = visit("eve"), visit("eve")
    old = begin(desk, sitting)
    old.locator("textarea").fill("From the desk")
    saved(old)
    new = laptop.go(f"/attempts/{attempt_of(old)}")
    new.locator("[data-bar=elsewhere]").get_by_role("button", name="Continue here").click()
    new.wait_for_load_state()
    expect(new.locator("textarea")).to_be_editable()
    old.locator("textarea").press_sequentially(" and more", delay=5)
    expect(old.locator("[data-bar=taken-over]")).to_be_visible(timeout=20_000)
    expect(old.locator("textarea")).not_to_be_editable()
    expect(new.locator("textarea")).to_have_value("From the desk")


def test_a_second_tab_is_read_only(server: Server, visit: Visit, sitting: int) -> None:
    cem = visit("cem")
    first = begin(cem, sitting)
    second = cem.tab()
    second.goto(first.url)
    expect(second.locator("[data-bar=second-tab]")).to_be_visible()
    expect(second.locator("textarea")).not_to_be_editable()
    first.locator("textarea").fill("only here")
    saved(first)


def test_a_new_password_asks_to_log_in_again_and_loses_nothing(server: Server, visit: Visit, sitting: int) -> None:
    dee = visit("dee")
    page = begin(dee, sitting)
    page.locator("textarea").fill("Before. ")
    saved(page)
    import json

    server.passwords["dee"] = json.loads(server.console("user", "passwd", "dee", "--json"))["password"]
    page.locator("textarea").press_sequentially("After.", delay=5)
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible(timeout=20_000)
    dialog.locator("[data-login] [name=username]").fill("dee")
    dialog.locator("[data-login] [name=password]").fill(server.passwords["dee"])
    dialog.locator("[data-login] button[type=submit]").click()
    expect(dialog).to_be_hidden()
    saved(page)
    said = server.stage(fold=attempt_of(page))["values"].values()
    assert any(isinstance(v, str) and "Before." in v and "After." in v for v in said)


def test_when_the_time_is_over_the_page_hands_in_and_the_job_closes_what_was_left_open(
    server: Server, visit: Visit
) -> None:
    sitting = server.stage(people=["cem", "eve"], limit_s=60, title="One minute")["sitting"]
    cem, eve = visit("cem"), visit("eve")
    gone = begin(cem, sitting)
    gone.locator("textarea").fill("I leave now.")
    saved(gone)
    left = attempt_of(gone)
    cem.close()
    page = begin(eve, sitting)
    begun = time.monotonic()
    page.locator("textarea").fill("Still writing")
    saved(page)
    page.wait_for_url("**/receipt", timeout=75_000)
    assert time.monotonic() - begun < 70
    while server.stage(fold=left)["state"] != "expired":
        assert time.monotonic() - begun < 110, "the job loop did not close the attempt"
        time.sleep(2)
    assert "I leave now." in server.stage(fold=left)["values"].values()


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # keys know no database
def test_keys_flags_and_the_time_on_request(server: Server, visit: Visit, sitting: int) -> None:
    eve = visit("eve", reduced_motion="reduce")
    page = begin(eve, sitting)
    page.locator("article.item").first.locator("input, textarea").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+m")
    expect(page.locator("article.item").nth(1).locator(".flag")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Alt+t")
    expect(page.locator("#announce")).to_contain_text(re.compile(r"\d+"))
    saved(page)
    page.reload()
    expect(page.locator("article.item").nth(1).locator(".flag")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the page is the same on both
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(server: Server, visit: Visit, sitting: int, theme: str, width: int) -> None:
    visitor = visit("cem", color_scheme=theme, viewport={"width": width, "height": 844})
    page = begin(visitor, sitting)
    assert_accessible(page, f"exam page {theme} {width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    page.locator("[data-submit-exam]:visible").first.click()
    assert_accessible(page, f"submit dialog {theme} {width}")
