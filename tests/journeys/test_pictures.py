"""Pictures in questions: Ann adds some, Cem sees them in his exam, and their addresses open to nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import Server, Visitor, assert_accessible
from tests.journeys.test_exam_page import begin, saved
from tests.pictures import picture

Visit = Callable[..., Visitor]
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
WIDE = "A screen of the ticket system with the field Priority marked"
PHONE = {"viewport": {"width": 390, "height": 844}}
SIZES = "[...document.images].filter((one) => one.checkVisibility()).map((one) => one.naturalWidth)"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """What Ann has on her disk."""
    made = {"wide": picture(1600, 900), "small": picture(40, 20), "page": b"<html><script>alert(1)</script>"}
    for name, data in made.items():
        (tmp_path / f"{name}.png").write_bytes(data)
    return {name: str(tmp_path / f"{name}.png") for name in made}


def add(page: Page, file: str, words: str) -> None:
    """With a script: the page stays."""
    page.get_by_label("Picture", exact=False).first.set_input_files(file)
    page.get_by_label("What it shows").fill(words)
    page.get_by_role("button", name="Add the picture").click()


def widths(page: Page) -> list[int]:
    """The widths of all pictures, once they are all there (the policy forbids to wait within the page)."""
    for _ in range(100):
        found: list[int] = page.evaluate(SIZES)
        if found and all(found):
            break
        page.wait_for_timeout(200)
    return sorted(found)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@ON_SQLITE
def test_from_the_editor_to_the_exam(server: Server, visit: Visit, files: dict[str, str]) -> None:
    ann = visit("ann")
    page = ann.go("/items/new?kind=single_choice&bank=1")
    stem = page.locator("#stem")
    stem.fill("Which field is marked?\n")
    add(page, files["page"], WIDE)
    expect(page.locator("#pictures .field-error")).to_contain_text("This is no PNG, JPEG, WebP or GIF picture.")
    expect(page.get_by_label("What it shows")).to_have_value(WIDE)
    expect(stem).to_have_value("Which field is marked?\n")
    stem.focus()
    add(page, files["wide"], WIDE)
    offered = page.locator(".picture-list li")
    expect(offered).to_have_count(1)
    expect(page.get_by_role("button", name=WIDE)).to_be_focused()
    page.keyboard.press("Enter")
    expect(stem).to_have_value(re.compile(r'Which field is marked\?\n<img src="media:[0-9a-f]{64}\.png" alt="A screen'))
    expect(page.locator("#preview-candidate img")).to_have_attribute("alt", WIDE)
    options = page.locator("[id^=kind-options-][id$=-text]")
    for number, words in enumerate(["Priority", "", "Owner"]):
        options.nth(number).fill(words)
    options.nth(1).focus()
    add(page, files["small"], "A blue bar")
    expect(offered).to_have_count(2)
    page.get_by_role("button", name="A blue bar").click()
    expect(options.nth(1)).to_have_value(re.compile("A blue bar"))
    page.locator("#kind-options-0-key").check()
    assert_accessible(page, "the editor with pictures")
    page.get_by_label("Code").fill("with-pictures")
    page.get_by_role("button", name="Save and publish").click()
    page.wait_for_url(re.compile(r"/items/\d+$"))
    expect(page.locator("#panel-candidate img")).to_have_count(2)
    assert widths(page) == [40, 1600]
    source = page.locator("#panel-candidate img").first.get_attribute("src")

    sitting = server.stage(people=["cem"], codes=["with-pictures"])["sitting"]
    cem = visit("cem", **PHONE)
    page = begin(cem, sitting)
    shown = page.locator("article img")
    expect(shown).to_have_count(2)
    assert widths(page) == [40, 1600]
    expect(page.get_by_role("img", name=WIDE)).to_be_visible()
    assert fits(page), "no sideways scrolling on a phone"
    assert_accessible(page, "the exam page with pictures")
    page.get_by_role("radio", name="A blue bar").check()
    saved(page)
    own = page.get_by_role("img", name=WIDE).get_attribute("src")
    assert own and source and own.startswith("/attempts/")
    assert cem.context.request.get(server.base + own).status == 200
    for name in ("dee", "kim"):
        assert visit(name).context.request.get(server.base + own).status == 404
    assert cem.context.request.get(server.base + source).status == 403


@ON_SQLITE
def test_a_picture_that_did_not_come_is_asked_for_again(server: Server, visit: Visit, files: dict[str, str]) -> None:
    page = visit("ann").go("/items/new?kind=true_false&bank=1")
    page.locator("#stem").fill("Is a field marked?\n")
    page.locator("#stem").focus()
    add(page, files["wide"], WIDE)
    page.get_by_role("button", name=WIDE).click()
    page.get_by_label("Code").fill("slow-picture")
    page.get_by_role("button", name="Save and publish").click()
    page.wait_for_url(re.compile(r"/items/\d+$"))
    eve, asked = visit("eve"), []

    def cut(route: Route) -> None:
        asked.append(route.request.url)
        route.abort() if len(asked) < 3 else route.continue_()

    eve.context.route("**/slots/*/media/*", cut)
    page = begin(eve, server.stage(people=["eve"], codes=["slow-picture"])["sitting"])
    assert widths(page) == [1600]
    assert len(asked) == 3


@ON_SQLITE
def test_without_a_script_nothing_entered_is_lost(server: Server, visit: Visit, files: dict[str, str]) -> None:
    ann = visit("ann", java_script_enabled=False, **PHONE)
    page = ann.go("/items/new?kind=essay&bank=1")
    page.locator("#stem").fill("Describe what you see.")
    page.locator("#source").fill("HB 3.2")
    page.locator("#picture").set_input_files(files["wide"])
    page.get_by_label("What it shows").fill(WIDE)
    page.get_by_role("button", name="Add the picture").click()
    expect(page.locator("#stem")).to_have_value("Describe what you see.")
    expect(page.locator("#source")).to_have_value("HB 3.2")
    expect(page.locator("#pictures")).to_be_in_viewport()
    code = page.locator(".picture-list code").inner_text()
    page.locator("#stem").fill(f"Describe what you see.\n{code}")
    assert fits(page)
    page.get_by_label("Code").fill("described")
    page.get_by_role("button", name="Save draft").last.click()
    page.wait_for_url(re.compile(r"/items/\d+/draft$"))
    expect(page.locator("#preview-candidate img")).to_have_attribute("alt", WIDE)
    expect(page.locator("#stem")).to_have_value(f"Describe what you see.\n{code}")
