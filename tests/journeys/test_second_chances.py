"""What goes wrong in the first week and is put right: an accidental submit, a grader who leaves, a contested essay, an
absent operator."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, Visitor, assert_accessible
from tests.journeys.test_exam_page import attempt_of, begin, hand_in, saved

Visit = Callable[..., Visitor]
TEXT = "I listen first, verify two items, and own the case to the end."
REASON = "I named the verification of two items, for which the rubric gives points."
ANSWER = "A second reader agrees with you: the verification is there."


def fold(page: Page, form: str) -> Page:
    """Open the fold that a form stands in."""
    page.locator("details", has=page.locator(form)).last.locator("summary").first.click()
    return page


def confirm(page: Page) -> None:
    page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger").click()


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # reopening is tested on both in tests/results
def test_an_accidental_submit_goes_on(server: Server, visit: Visit) -> None:
    sitting = server.stage(people=["cem"], title="Slip of the hand", graders=["ada"])["sitting"]
    cem, kim = visit("cem"), visit("kim")
    page = begin(cem, sitting)
    page.locator("textarea").fill("The first half. ")
    saved(page)
    attempt = attempt_of(page)
    hand_in(page)
    receipt = page.locator("dl").inner_text()
    room = kim.go(f"/invigilation/{sitting}")
    room.get_by_role("link", name=re.compile("Act: Cem")).click()
    form = "form[action$='/reopen']"
    fold(room, form)
    room.locator(f"{form} [name=reason]").fill("Pressed the wrong button")
    assert_accessible(room, "invigilator's panel")
    room.locator(f"{form} button").click()
    expect(room.get_by_text("The attempt of Cem Candidate goes on.")).to_be_visible()
    page = cem.go("/home")
    expect(page.get_by_text("is open again")).to_be_visible()
    page.get_by_role("link", name="Go on with the exam").first.click()
    expect(page.locator("textarea")).to_have_value("The first half. ")
    page.locator("textarea").press("Control+End")
    page.locator("textarea").press_sequentially("And the second.", delay=3)
    saved(page)
    hand_in(page)
    assert page.locator("dl").inner_text() != receipt
    answer = server.stage(fold=attempt)
    assert answer["state"] == "submitted"
    assert "The first half. And the second." in answer["values"].values()


def mark_next(page: Page, level: str) -> None:
    """The next answer: the same level of every criterion."""
    page.locator("form[action$='/marking/next'] button").first.click()
    page.wait_for_url(re.compile(r"/marking/tasks/\d+"))
    give(page, level)


def give(page: Page, level: str) -> None:
    for criterion in page.locator("fieldset.criterion").all():
        levels = criterion.locator("input[type=radio]")
        (levels.last if level == "best" else levels.first).check(force=True)
    page.locator("[data-save]").first.click()
    page.wait_for_url(re.compile(r"/marking$"))


def call_away(mia: Visitor, kim: Visitor, exam: int, stand_in: str) -> None:
    """Mia begins to mark and is called away in the middle of it; what she had begun is hers no more."""
    desk = mia.go("/marking")
    desk.locator("form[action$='/marking/next'] button").first.click()
    desk.wait_for_url(re.compile(r"/marking/tasks/\d+"))
    desk.locator("#comment").fill("what Mia had begun to write")
    page = kim.go(f"/manage/exams/{exam}/marking")
    page.get_by_role("link", name="Reassign the answers of Mia Grader").click()
    assert_accessible(page, "grader's page")
    page.locator("[name=stand_in]").select_option(label=stand_in)
    page.locator("[name=until_at]").fill("2099-01-01T09:00")
    page.locator("[name=reason]").fill("called away")
    page.locator("main form .btn-primary").last.click()
    expect(page.get_by_text("lasts a year at the most").first).to_be_visible()  # a slip of the pen is said and kept
    page.locator("[name=until_at]").fill(tomorrow(page))
    page.locator("main form .btn-primary").last.click()
    expect(page.get_by_text("Mia Grader is on leave now.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Answers handed over: [12]\."))).to_be_visible()
    for criterion in desk.locator("fieldset.criterion").all():
        criterion.locator("input[type=radio]").first.check(force=True)
    desk.locator("[data-save]").first.click()
    expect(desk.locator("#comment")).to_have_value(re.compile("what Mia had begun to write"))
    expect(mia.go("/marking").get_by_text("You are on leave from marking")).to_be_visible()


def contest(page: Page, question: int) -> None:
    """From one's result: contest the points of a question, with too short a reason first."""
    page.get_by_text("I do not agree with this result").click()
    page.get_by_label(f"Question {question}").check()
    page.locator("[name=reason]").fill("unfair")
    page.get_by_role("button", name="Contest the result").click()
    expect(page.get_by_text("at least 5 words").first).to_be_visible()
    page.locator("[name=reason]").fill(REASON)
    assert_accessible(page, "result with the form")
    page.get_by_role("button", name="Contest the result").click()
    expect(page.get_by_text("Your appeal is with the managers.")).to_be_visible()


def send_to_fresh(kim: Visitor, name: str) -> None:
    """The manager has the contested answer marked afresh."""
    page = kim.go("/manage/appeals")
    assert_accessible(page, "appeals")
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_text(REASON)).to_be_visible()
    assert_accessible(page, "appeal")
    page.get_by_label("Have it marked afresh by").check()
    page.get_by_role("button", name="Send to fresh graders").click()
    expect(page.get_by_text("The answers are with fresh graders")).to_be_visible()


def answer_appeal(kim: Visitor, name: str) -> None:
    """The fresh marks are in: the manager answers."""
    page = kim.go("/manage/appeals?stage=ready")
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_text("The fresh marks raise the result")).to_be_visible()
    page.locator("#answer-answer").fill(ANSWER)
    page.get_by_role("button", name="Answer the appeal").click()
    expect(page.get_by_text("The appeal is answered.")).to_be_visible()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # on both in test_first_week
def test_a_grader_leaves_and_a_contested_essay_gets_a_fresh_mark(server: Server, visit: Visit) -> None:
    made = server.stage(
        people=["dee"], title="Essay only", kinds=["essay"], release="complete", graders=["mia", "max", "zoe"]
    )
    dee, kim, mia, zoe = (visit(name) for name in ("dee", "kim", "mia", "zoe"))
    page = begin(dee, made["sitting"])
    page.locator("textarea").fill(TEXT)
    saved(page)
    attempt = attempt_of(page)
    hand_in(page)
    call_away(mia, kim, made["exam"], "Zoe Grader")
    page = zoe.go("/marking")
    expect(page.get_by_text("for you by name: 1")).to_be_visible()
    mark_next(page, "worst")
    mark_next(visit("max").go("/marking"), "worst")

    # The result is out, and Dee does not agree.
    page = dee.go(f"/attempts/{attempt}/result")
    for _ in range(40):
        if page.get_by_text("I do not agree with this result").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    contest(page, 1)

    # Mia is back: she has not marked this answer, and is the fresh grader.
    page = kim.go(f"/manage/exams/{made['exam']}/marking")
    page.get_by_role("link", name="Reassign the answers of Mia Grader").click()
    page.get_by_role("button", name="End the leave").click()
    send_to_fresh(kim, "Dee Candidate")
    page = mia.go("/marking")
    assert "ppeal" not in page.locator("main").inner_text()
    mark_next(page, "best")
    answer_appeal(kim, "Dee Candidate")
    page = dee.go(f"/attempts/{attempt}/result")
    expect(page.get_by_text("Before: 0.00 %. Now: 100.00 %.")).to_be_visible()
    expect(page.get_by_text(ANSWER).first).to_be_visible()
    assert "Mia" not in page.content()
    assert_accessible(page, "answered appeal")


def tomorrow(page: Page) -> str:
    """A day from now, as the field takes it."""
    found: str = page.evaluate("new Date(Date.now() + 86400000 + 8 * 3600000).toISOString().slice(0, 16)")
    return found


def test_the_absent_get_a_make_up_in_one_click(server: Server, visit: Visit) -> None:
    sitting = server.stage(people=["eve"], title="Missed test", closed=True)["sitting"]
    kim, eve = visit("kim"), visit("eve")
    page = kim.go(f"/manage/sittings/{sitting}")
    page.get_by_role("link", name="Make-up sitting (1)").click()
    expect(page.get_by_text("Eve Candidate")).to_be_visible()
    assert_accessible(page, "make-up")
    page.get_by_role("button", name="Plan the make-up sitting").click()
    expect(page.get_by_text("The make-up sitting is planned; 1 person is told.")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_text("is in its make-up already").or_(page.get_by_text("Make-up of")).first).to_be_visible()
    page = eve.go("/home")
    expect(page.get_by_text("Missed test – make-up").first).to_be_visible()
