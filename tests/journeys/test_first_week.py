"""The first week in a real company, whole: from an empty machine to the results, read again in a restored copy.

Ben sets up, people come by workbook, Ann writes the first exam, Cem is locked out and let in, Mia is called away, a key
was wrong, Dee contests her essay; on Friday everything is backed up and brought back elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import ROOT, Server, Visitor, new_database, served, unserved, visiting
from tests.journeys.test_exam_page import attempt_of, begin, hand_in, saved
from tests.journeys.test_locked_out import OWN as AFTER_THE_CODE
from tests.journeys.test_locked_out import let_in_by_a_code, lock_out, logged_out, panel
from tests.journeys.test_one_exam_whole import ANSWERS, mark, pick, plan_sitting, publish, write_essay
from tests.journeys.test_people_come import first_passwords, in_preview
from tests.journeys.test_second_chances import ANSWER, answer_appeal, call_away, contest, mark_next, send_to_fresh
from tests.journeys.test_wrong_key import correct_key, give_reason, reads

Visit = Callable[..., Visitor]
OWN = "only I know this one"
PEOPLE: list[list[Any]] = [
    ["工号", "姓名", "班组", "角色"],
    ["ann", "Ann Author", "", "trainer"],
    ["cem", "Cem Candidate", "Team East", "operator"],
    ["dee", "Dee Candidate", "Team East", "operator"],
    ["mia", "Mia Grader", "", "grader"],
    ["max", "Max Grader", "", "grader"],
    ["zoe", "Zoe Grader", "", "grader"],
    ["ada", "Ada Lead", "", "grader"],
    ["kim", "Kim Manager", "", "manager"],
    ["eve", "Eve", "", "queen"],
    ["cem", "Cem Candidate", "", ""],
    ["", "Nobody", "", ""],
]
COMERS = ("ann", "cem", "dee", "mia", "max", "zoe", "ada", "kim")
FIRST_STEP = "A caller complains for the third time. How do you begin?"
POINTS = {"cem": 9, "dee": 6}
PASSPHRASE = "a long enough passphrase for Friday"


@pytest.fixture
def visit(chromium: Browser, fresh: tuple[Server, str], request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The people of the fresh instance."""
    yield from visiting(chromium, fresh[0], request)


def set_up(ben: Visitor, link: str) -> None:
    """The one-time link, a password, the set-up page."""
    page = ben.page
    page.goto(link)
    page.get_by_label("New password", exact=True).or_(page.locator("[name=password]")).first.fill(OWN)
    page.locator("[name=again]").fill(OWN)
    page.locator("main button[type=submit]").click()
    ben.server.passwords["1001"] = OWN
    ben.log_in()
    page.wait_for_url("**/admin/setup")
    page.locator("[name=company]").fill("Cenwan Telecom")
    page.locator("[name=teams]").fill("Team East\nTeam West")
    page.get_by_role("button", name="Finish", exact=True).click()
    page.wait_for_url("**/admin")


def take_people_over(ben: Visitor, folder: Path) -> None:
    """A workbook with three faulty rows; the others come, with slips."""
    with xlsxwriter.Workbook(folder / "people.xlsx") as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(PEOPLE):
            sheet.write_row(number, 0, cells)
    page = ben.go("/admin/people/import")
    page.get_by_label("File").set_input_files(folder / "people.xlsx")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url(in_preview, timeout=30_000)
    expect(page.locator(".figure-tile", has_text=re.compile(r"^\s*3\s*Refused"))).to_be_visible()
    page.get_by_role("button", name=f"Take all over ({len(COMERS)})").click()
    page.locator("#confirm-dialog").get_by_role("button", name="Take all over").click()
    page.wait_for_url(in_preview, timeout=60_000)
    page.get_by_role("link", name="To the slip list").click()
    page.get_by_role("button", name="Download the PDF").click()
    with page.expect_download() as waiting:
        page.locator("#confirm-dialog").get_by_role("button", name="Download the PDF").click()
    waiting.value.save_as(folder / "slips.pdf")
    ben.server.passwords |= first_passwords(folder / "slips.pdf", ben.server, list(COMERS))


def arrive(visit: Visit, name: str) -> Visitor:
    """The first log-in: with the password of the slip, and from then on with one's own."""
    visitor = visit(name)
    page = visitor.page
    page.wait_for_url("**/account/password**")
    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password again").fill(OWN)
    page.get_by_role("button", name="Set password and go on").click()
    page.wait_for_url(lambda url: "/account/password" not in url)
    visitor.server.passwords[name] = OWN
    return visitor


def write_choice(ann: Visitor) -> None:
    """The question whose key will turn out to be wrong."""
    page = ann.go("/items/new?kind=single_choice")
    page.locator("[name=stem]").fill(FIRST_STEP)
    page.locator("[name=code]").fill("journey-first-step")
    page.locator("[name=points]").fill("4")
    page.locator("main select[name=language]").select_option("en")
    page.locator("[name=competencies][value='business.service']").check()
    for number, text in enumerate(("Explain the rules", "Listen to the end")):
        page.locator(f"[name=kind-options-{number}-text]").fill(text)
    page.locator("[name=kind-options-0-key]").check()
    page.locator(".form-actions button[name=act][value=publish]").click()
    expect(page.get_by_text("Version 1 is published.")).to_be_visible()


def write_exam(ann: Visitor) -> int:
    """The first exam: both questions, results out as soon as they are complete."""
    page = ann.go("/exams/new")
    page.locator("main [name=title]").fill("First monthly test")
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/exams/\d+$"))
    page.locator("[name=minutes]").fill("30")
    page.locator("[name=release]").select_option("complete")
    page.locator("[name=shuffle_items]").uncheck()
    page.locator("[name=sections-0-title]").fill("All")
    pick(page, 0, "complains for the third time. How do you", 2)
    return publish(ann)


def answer(page: Page, name: str, choice: str) -> None:
    """Both questions."""
    page.locator("label.option", has_text=choice).click()
    page.locator("textarea").fill(ANSWERS[name])
    saved(page)


def sit(visit: Visit, server: Server, sitting: int) -> dict[str, int]:
    """Dee sits in peace; Cem is locked out in the middle and let in by Kim."""
    page = begin(visit("dee"), sitting)
    answer(page, "dee", "Listen to the end")
    dee = attempt_of(page)
    hand_in(page)
    page = begin(visit("cem"), sitting)
    answer(page, "cem", "Explain the rules")
    lock_out(logged_out(server, page, "cem"), "cem")
    let_in_by_a_code(page, panel(visit, sitting, "Cem Candidate"), "cem")
    server.passwords["cem"] = AFTER_THE_CODE
    cem = attempt_of(page)
    hand_in(page)
    return {"cem": cem, "dee": dee}


def put_the_key_right(visit: Visit, ann: Visitor, kim: Visitor, exam: int, attempts: dict[str, int]) -> None:
    """One pass flips; the correction is undone and applied again."""
    dee, hers = visit("dee"), f"/attempts/{attempts['dee']}/result"
    reads(dee, hers, "Not passed", "6 / 14")
    correct_key(ann, "journey-first-step")
    page = kim.go(f"/manage/exams/{exam}/corrections")
    page.get_by_role("link", name="Key", exact=True).click()
    for tile, count in (("Pass now", "1"), ("Pass no more", "0")):
        expect(page.locator(".figure-tile", has_text=tile).locator(".figure-value")).to_have_text(count)
    give_reason(page, "One listens first", "Apply the correction")
    reads(dee, hers, "Passed now", "10 / 14")
    reads(visit("cem"), f"/attempts/{attempts['cem']}/result", "Passed", "9 / 14")
    give_reason(page, "Let me ask first", "Undo the correction")
    reads(dee, hers, "Not passed now", "6 / 14")
    give_reason(page, "The handbook says so", "Apply the correction")
    reads(dee, hers, "10 / 14", "Passed now", "was taken back")


def settle_the_essay(visit: Visit, mia: Visitor, kim: Visitor, exam: int, attempt: int) -> None:
    """Dee contests her essay; Mia, back from her leave, marks it afresh."""
    page = visit("dee").go(f"/attempts/{attempt}/result")
    expect(page.locator("h3", has_text=re.compile(r"Question 1\b"))).to_contain_text("Essay")
    contest(page, 1)
    page = kim.go(f"/manage/exams/{exam}/marking")
    page.get_by_role("link", name="Reassign the answers of Mia Grader").click()
    page.get_by_role("button", name="End the leave").click()
    send_to_fresh(kim, "Dee Candidate")
    mark_next(mia.go("/marking"), "best")
    answer_appeal(kim, "Dee Candidate")
    reads(visit("dee"), f"/attempts/{attempt}/result", "14 / 14", ANSWER)


def bring_elsewhere(server: Server, elsewhere: Server, folder: Path) -> None:
    """Back up with a passphrase while people are at work, and restore on another machine."""
    (folder / "backup.key").write_text(PASSPHRASE, "utf-8")
    key = ("--passphrase-file", str(folder / "backup.key"))
    server.console("backup", str(folder / "friday.backup"), *key)
    elsewhere.console("restore", str(folder / "friday.backup"), *key)
    elsewhere.passwords = server.passwords


def test_the_first_week(
    chromium: Browser,
    fresh: tuple[Server, str],
    visit: Visit,
    database: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    server, link = fresh
    ben = visit("1001", log_in=False)
    set_up(ben, link)
    take_people_over(ben, tmp_path)
    server.console("bank", "load", str(ROOT / "question_banks" / "complaint_handling"))
    came = {name: arrive(visit, name) for name in COMERS}
    ann, kim, mia = came["ann"], came["kim"], came["mia"]
    write_choice(ann)
    write_essay(ann)
    exam = write_exam(ann)
    sitting = plan_sitting(kim, exam)
    attempts = sit(visit, server, sitting)
    call_away(mia, kim, exam, "Zoe Grader")
    mark(visit, "max", 2, POINTS)
    mark(visit, "zoe", 2, POINTS)
    put_the_key_right(visit, ann, kim, exam, attempts)
    settle_the_essay(visit, mia, kim, exam, attempts["dee"])

    elsewhere = unserved(tmp_path / "elsewhere", new_database(database, request))
    bring_elsewhere(server, elsewhere, tmp_path)
    with served(elsewhere, tmp_path / "elsewhere.log"):
        dee = Visitor(chromium, elsewhere, "dee")
        dee.log_in()
        reads(dee, f"/attempts/{attempts['dee']}/result", "14 / 14", "Passed", ANSWER, "was corrected")
        reads(dee, "/record", "November sitting", times=5)
        assert dee.complaints == []
        dee.close()
