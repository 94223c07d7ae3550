"""One exam, whole: written and published, sat, marked, decided, released, exported, on the record.

Cem loses the network, Dee goes on in another browser, Eve lets the time run out. Mia and Max mark blind; they agree
about Cem, a third grader settles Dee, the lead settles Eve.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, Visitor, assert_accessible
from tests.journeys.test_exam_page import attempt_of, begin, hand_in, saved

Visit = Callable[..., Visitor]

STEM = "A caller complains for the third time. How do you solve it and protect her data?"
MODEL = "MODEL-ANSWER listen, verify two items, own the case to the end"
RUBRIC = (("Correctness", ("0", "1", "2", "4")), ("Example", ("0", "1", "2", "3")), ("Privacy", ("0", "1", "2", "3")))
LEVELS = {5: (2, 2, 1), 6: (3, 1, 1), 7: (3, 2, 1), 8: (3, 2, 2), 9: (3, 3, 2)}
ANSWERS = {
    "cem": "Cem writes: I listen first and keep the case.",
    "dee": "Dee writes: I verify two items. ",
    "eve": "Eve writes: I forward the call.",
}
MARKS = {
    "mia": {"cem": 7, "dee": 6, "eve": 5},
    "max": {"cem": 8, "dee": 8, "eve": 9},
    "zoe": {"dee": 7, "eve": 7},
}


def write_essay(ann: Visitor) -> None:
    page = ann.go("/items/new?kind=essay")
    page.locator("[name=stem]").fill(STEM)
    page.locator("[name=code]").fill("journey-essay")
    page.locator("[name=points]").fill("10")
    page.locator("main select[name=language]").select_option("en")
    page.locator("[name=competencies][value='business.service']").check()
    for number, (title, points) in enumerate(RUBRIC):
        page.locator(f"[name=kind-rubric-{number}-criterion]").fill(title)
        for level, value in enumerate(points):
            page.locator(f"[name=kind-rubric-{number}-levels-{level}-points]").fill(value)
            page.locator(f"[name=kind-rubric-{number}-levels-{level}-text]").fill(f"{title} level {level}")
    page.locator("[name=kind-model_answer]").fill(MODEL)
    page.locator("[name=explanation]").fill("EXPLANATION both matter")
    expect(page.locator(".editor-preview")).to_contain_text(STEM)
    page.locator(".form-actions button[name=act][value=publish]").click()
    expect(page.get_by_text("Version 1 is published.")).to_be_visible()


def publish_exam(ann: Visitor) -> int:
    page = ann.go("/exams/new")
    page.locator("main [name=title]").fill("November knowledge test")
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/exams/\d+$"))
    page.locator("[name=minutes]").fill("1")
    page.locator("[name=release]").select_option("hand")
    page.locator("[name=sections-0-title]").fill("Choice")
    draw(page, "sections-0-slots", 0, kind="single_choice", count="2")
    draw(page, "sections-0-slots", 1, kind="true_false", count="1")
    page.locator("[name=row][value='add sections']").click()
    expect(page.locator("[name=sections-1-title]")).to_be_editable()
    page.wait_for_load_state("networkidle")
    page.locator("[name=sections-1-title]").fill("Essay")
    pick(page, 1, "third time. How do you", 1)
    return publish(ann)


def pick(page: Page, section: int, words: str, count: int) -> None:
    """Take the questions that have these words as fixed ones of the section."""
    page.locator(f"[name=row][value='pick sections-{section}-slots']").click()
    page.locator("[name=pick_words]").fill(words)
    expect(page.locator("[name=pick_ids]")).to_have_count(count)
    page.wait_for_timeout(1000)  # the search while typing and the outlook have come to rest
    for box in page.locator("[name=pick_ids]").all():
        box.check()
    page.locator("[name=row][value=take]").click()
    for slot in range(count):
        expect(page.locator(f"[name=sections-{section}-slots-{slot}-item]")).to_have_count(1)


def publish(ann: Visitor) -> int:
    """Save the exam that is being written, appoint its graders, publish it; gives its id."""
    page = ann.page
    expect(page.locator("#outlook")).to_contain_text("enough questions")
    page.locator(".form-actions button[name=act][value=save]").click()
    expect(page.get_by_text("The exam is saved.")).to_be_visible()
    number = int(page.url.rsplit("/", 1)[1])
    appoint(ann, number)
    page = ann.go(f"/exams/{number}")
    page.locator(".form-actions button[name=act][value=publish]").click()
    page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger").click()
    expect(page.get_by_text("Revision 1 is published.").first).to_be_visible()
    return number


def draw(page: Page, slots: str, number: int, *, kind: str, count: str) -> None:
    page.locator(f"[name=row][value='add {slots}']").click()
    expect(page.locator(f"[name={slots}-{number}-kind]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.locator(f"[name={slots}-{number}-kind]").select_option(kind)
    page.locator(f"[name={slots}-{number}-language]").select_option("en")
    page.locator(f"[name={slots}-{number}-count]").fill(count)
    page.locator(f"[name={slots}-{number}-points]").fill("2")


def appoint(ann: Visitor, exam: int) -> None:
    page = ann.go(f"/exams/{exam}/people")
    for name in ("Mia Grader", "Max Grader", "Zoe Grader"):
        page.get_by_label(re.compile(name)).first.check()
    lead = page.locator("select[name=lead] option", has_text="Ada Lead").get_attribute("value")
    page.locator("select[name=lead]").select_option(lead)
    page.locator("main button[type=submit]").click()
    page.wait_for_load_state()


def plan_sitting(kim: Visitor, exam: int) -> int:
    page = kim.go(f"/manage/sittings/new?exam_id={exam}")
    now = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
    page.locator("main [name=title]").fill("November sitting")
    for name, moment in (("opens_at", -2), ("last_start_at", 120), ("hard_close_at", 120)):
        page.locator(f"[name={name}]").fill(f"{now + timedelta(minutes=moment):%Y-%m-%dT%H:%M}")
    page.get_by_label(re.compile("Team East")).first.check()
    page.get_by_role("group", name="Invigilators").get_by_label(re.compile("Kim Manager")).check()
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/manage/sittings/\d+$"))
    return int(page.url.rsplit("/", 1)[1])


def give_extra_time(kim: Visitor, sitting: int, names: list[str]) -> None:
    for name in names:
        page = kim.go(f"/invigilation/{sitting}")
        page.get_by_role("link", name=re.compile(name)).first.click()
        form = page.locator("form[action$='/extra']")
        page.locator("details", has=form).last.locator("summary").first.click()
        form.locator("[name=minutes]").fill("20")
        form.locator("[name=reason]").fill("slow keyboard")
        form.locator("button").click()
        page.wait_for_load_state()


def sit(server: Server, visit: Visit, sitting: int) -> dict[str, int]:
    eve = visit("eve")
    late = begin(eve, sitting)
    late.locator("textarea").fill(ANSWERS["eve"])
    saved(late)
    attempts = {
        "eve": attempt_of(late),
        "cem": loses_the_network(visit, sitting),
        "dee": changes_browser(visit, sitting),
    }
    late.wait_for_url("**/receipt", timeout=90_000)
    return attempts


def loses_the_network(visit: Visit, sitting: int) -> int:
    cem = visit("cem")
    page = begin(cem, sitting)
    cem.context.set_offline(True)
    page.locator("article[data-shape=choice] input").first.check()
    page.locator("textarea").press_sequentially(ANSWERS["cem"], delay=3)
    expect(page.locator("[data-bar=offline]")).to_be_visible(timeout=20_000)
    cem.context.set_offline(False)
    saved(page)
    hand_in(page)
    return attempt_of(page)


def changes_browser(visit: Visit, sitting: int) -> int:
    desk = visit("dee")
    page = begin(desk, sitting)
    page.locator("textarea").press_sequentially(ANSWERS["dee"], delay=3)
    saved(page)
    desk.close()
    page = visit("dee").go(f"/attempts/{attempt_of(page)}")
    page.locator("[data-bar=elsewhere]").get_by_role("button", name="Continue here").click()
    page.wait_for_load_state()
    expect(page.locator("textarea")).to_have_value(ANSWERS["dee"])
    page.locator("textarea").press("Control+End")
    page.locator("textarea").press_sequentially("Then I call back.", delay=3)
    saved(page)
    hand_in(page)
    return attempt_of(page)


def mark(visit: Visit, name: str, expected: int, points: dict[str, int]) -> None:
    """A grader marks until nothing waits; `points` by candidate."""
    grader = visit(name)
    page = grader.go("/marking")
    marked = 0
    for _ in range(20):
        if not page.url.rstrip("/").endswith("/marking"):
            text = page.locator(".marking-script").inner_text()
            assert not re.search(r"Candidate|Team East", text), "the page is not blind"
            who = next(name_ for name_, answer in ANSWERS.items() if answer.strip() in text)
            for criterion, level in enumerate(LEVELS[points[who]], 1):
                page.locator(f"[name=criterion_{criterion}][value='{level}']").check(force=True)
            page.locator("#comment").fill(f"{name} to {who}: good start")
            page.locator("[data-save]").click()
            page.wait_for_load_state()
            marked += 1
            continue
        button = page.locator("form[action$='/marking/next'] button").first
        if not button.count():
            break
        button.click()
        page.wait_for_load_state()
    assert marked == expected, f"{name} marked {marked}"


def decide(visit: Visit) -> None:
    page = visit("ada").go("/marking/desk")
    page.get_by_role("link", name=re.compile("Answer|Decide|-")).first.click()
    page.wait_for_url(re.compile(r"/marking/desk/\d+"))
    expect(page.get_by_text(ANSWERS["eve"])).to_be_visible()
    page.locator("[name=total]").select_option("6.5")
    page.locator("[name=reason]").fill("The middle of three readings")
    page.locator("[name=comment]").fill("The lead read it too.")
    page.locator("#decision .btn-primary").click()
    page.wait_for_load_state()


def release_and_export(kim: Visitor, sitting: int, folder: Path) -> list[dict[str, str]]:
    page = kim.go(f"/manage/sittings/{sitting}")
    end = time.monotonic() + 20
    while not page.get_by_role("button", name="Release results (3)").count():
        assert time.monotonic() < end, "the results did not become complete"
        page.wait_for_timeout(500)
        page.reload()
    page.locator("form[action$='/release'] button").click()
    dialog = page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger")
    if dialog.count():
        dialog.click()
    page.wait_for_load_state()
    with page.expect_download() as download:
        page.locator("a[href*='/export']").first.click()
    path = folder / "sitting.csv"
    download.value.save_as(path)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "Excel needs the mark to read UTF-8"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def read_result(visit: Visit, name: str, attempt: int, points: str, comment: str) -> None:
    visitor = visit(name)
    page = visitor.go(f"/attempts/{attempt}/result")
    expect(page.locator("main")).to_contain_text(f"{points} of 10 points")
    expect(page.locator("main")).to_contain_text(comment)
    expect(page.locator("main")).to_contain_text("By section")
    assert MODEL not in page.content(), "the key is out before the last close"
    assert "EXPLANATION" not in page.content()
    end = time.monotonic() + 15
    page = visitor.go("/record")
    while "November sitting" not in page.locator("main").inner_text():
        assert time.monotonic() < end, "the record does not show it"
        page.wait_for_timeout(500)
        page.reload()
    assert_accessible(page, "record")


def test_one_exam_whole(server: Server, visit: Visit, tmp_path: Path) -> None:
    ann, kim = visit("ann"), visit("kim")
    write_essay(ann)
    exam = publish_exam(ann)
    sitting = plan_sitting(kim, exam)
    give_extra_time(kim, sitting, ["Cem Candidate", "Dee Candidate"])
    attempts = sit(server, visit, sitting)
    for name, marks in MARKS.items():
        mark(visit, name, len(marks), marks)
    decide(visit)
    rows = release_and_export(kim, sitting, tmp_path)
    assert {row["Name"] for row in rows} >= {"Cem Candidate", "Dee Candidate", "Eve Candidate"}
    read_result(visit, "cem", attempts["cem"], "7.5", "mia to cem")
    read_result(visit, "dee", attempts["dee"], "7", "zoe to dee")
    read_result(visit, "eve", attempts["eve"], "6.5", "The lead read it too.")
