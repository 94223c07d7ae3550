"""A candidate locked out in the middle of her exam and let in by the invigilator; nothing she wrote is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Server, Visitor, assert_accessible
from tests.journeys.test_exam_page import attempt_of, begin, hand_in, saved

Visit = Callable[..., Visitor]
OWN = "my own horse 7"


def logged_out(server: Server, page: Page, name: str) -> Locator:
    """Somebody gave her another password: the page asks her to log in again."""
    server.passwords[name] = json.loads(server.console("user", "passwd", name, "--json"))["password"]
    page.locator("textarea").press_sequentially(" And after it.", delay=5)
    dialog = page.locator("#login-dialog")
    expect(dialog).to_be_visible(timeout=20_000)
    return dialog


def lock_out(dialog: Locator, name: str) -> None:
    """Five wrong passwords, and the dialog says how long to wait."""
    form = dialog.locator("[data-login]")
    for _ in range(5):
        form.locator("[name=username]").fill(name)
        form.locator("[name=password]").fill("not any more")
        form.locator("[type=submit]").click()
        expect(form.locator(".login-problem")).to_contain_text("not right")
        expect(form.locator("[type=submit]")).to_be_enabled()
        form.locator("[name=password]").fill("")
    form.locator("[name=password]").fill("not any more")
    form.locator("[type=submit]").click()
    expect(form.locator(".login-problem")).to_contain_text(re.compile("(29|30) seconds"))
    expect(form.locator(".login-left")).to_contain_text("Still to wait: 2")


def panel(visit: Visit, sitting: int, name: str) -> Page:
    """The invigilator opens the candidate's panel from the room."""
    kim = visit("kim")
    page = kim.go(f"/invigilation/{sitting}")
    page.locator("tr", has_text=name).locator("[data-panel]").click()
    page.locator("summary", has_text="Log-in: no more waiting").wait_for()
    return page


def let_in_by_a_code(page: Page, room: Page, name: str) -> None:
    """The invigilator reads a one-time code out; the candidate logs in with it, chooses a password and goes on."""
    dialog = page.locator("#login-dialog")
    room.locator("summary", has_text="Log-in: one-time code").click()
    room.get_by_role("button", name="Give a one-time code").click()
    code = room.locator(".secret").inner_text()
    assert_accessible(room, "one-time code")
    dialog.get_by_role("button", name="I have a one-time code").click()
    form = dialog.locator("[data-code]")
    assert_accessible(page, "log-in dialog, code")
    expect(form.locator("[name=username]")).to_have_value(name)
    expect(form.locator("[name=code]")).to_be_focused()
    form.locator("[name=code]").fill(code.lower())
    form.locator("[name=password]").fill(OWN)
    form.locator("[name=again]").fill("something else")
    form.locator("[type=submit]").click()
    expect(form.locator(".login-problem")).to_contain_text("differ")
    form.locator("[name=password]").fill(OWN)
    form.locator("[name=again]").fill(OWN)
    form.locator("[type=submit]").click()
    expect(dialog).to_be_hidden()
    saved(page)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # on both in test_first_week
def test_locked_out_in_the_dialog_and_let_in_by_a_code(server: Server, visit: Visit) -> None:
    sitting = server.stage(people=["cem", "dee"], title="Locked out")["sitting"]
    cem = visit("cem", viewport={"width": 390, "height": 844})
    page = begin(cem, sitting)
    page.locator("textarea").fill("Before it.")
    saved(page)
    dialog = logged_out(server, page, "cem")
    lock_out(dialog, "cem")
    assert_accessible(page, "log-in dialog, waiting")
    room = panel(visit, sitting, "Cem Candidate")
    let_in_by_a_code(page, room, "cem")
    said = server.stage(fold=attempt_of(page))["values"].values()
    assert "Before it. And after it." in said
    hand_in(page)
    server.passwords["cem"] = OWN
    cem.go("/record")
    assert cem.page.url.endswith("/record")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # waits are tested on both in tests/web
def test_locked_out_in_the_dialog_and_let_try_at_once(server: Server, visit: Visit) -> None:
    """With a password on a slip: the exam goes on at once, and her own password is asked for after it."""
    sitting = server.stage(people=["cem", "dee"], title="Let try")["sitting"]
    dee = visit("dee")
    page = begin(dee, sitting)
    page.locator("textarea").fill("Before it.")
    saved(page)
    dialog = logged_out(server, page, "dee")
    lock_out(dialog, "dee")
    room = panel(visit, sitting, "Dee Candidate")
    room.locator("summary", has_text="Log-in: no more waiting").click()
    room.get_by_role("button", name="Let her try at once").click()
    expect(room.locator(".flashes")).to_contain_text("Dee Candidate may try again at once.")
    form = dialog.locator("[data-login]")
    form.locator("[name=password]").fill(server.passwords["dee"])
    form.locator("[type=submit]").click()
    expect(dialog).to_be_hidden()
    saved(page)
    page.locator("[data-submit-exam]:visible").first.click()
    page.locator("#submit-dialog .btn-primary").click()
    page.wait_for_url(re.compile(r"/account/password\?next=.*receipt"))
    assert_accessible(page, "choose your own password")
    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password again").fill(OWN)
    page.get_by_role("button", name="Set password and go on").click()
    page.wait_for_url("**/receipt")
    server.passwords["dee"] = OWN


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # waits are tested on both in tests/web
def test_an_account_that_is_guessed_at_takes_a_moment_longer(server: Server, visit: Visit) -> None:
    """The page goes on by itself, without scripts too."""
    eve = visit("eve", log_in=False, java_script_enabled=False)
    page = eve.go("/login")
    for password in ("wrong one",) * 5:
        page.get_by_label("Employee number").fill("eve")
        page.get_by_label("Password").fill(password)
        page.locator("main button[type=submit]").click()
        expect(page.locator(".field-error")).to_contain_text("not right")
    page.get_by_label("Password").fill(server.passwords["eve"])
    page.locator("main button[type=submit]").click()
    expect(page.locator(".notice")).to_contain_text("Too many tries have failed")
    page.wait_for_timeout(31_000)
    page.get_by_label("Password").fill(server.passwords["eve"])
    page.locator("main button[type=submit]").click()
    expect(page.locator("h1")).to_contain_text("One moment")
    page.wait_for_url("**/home", timeout=10_000)
