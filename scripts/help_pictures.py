"""The help's pictures: who looks, what she does, and which parts of the page are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from scripts.picture_stage import Demo

Story = Callable[[Page, Demo], Sequence[Locator]]
"""What happens; it ends with the parts of the page that the picture shows."""


@dataclass(frozen=True)
class Picture:
    """A picture of the help, in every language; `who` is an employee number of the demo, "" a stranger."""

    name: str
    who: str
    story: Story
    width: int = 1000
    height: int = 1500
    highest: int = 640


def main_part(page: Page) -> Sequence[Locator]:
    """Heading and all that follows."""
    return page.locator("main > *:not(:empty)").all()


def login(page: Page, demo: Demo) -> Sequence[Locator]:
    """The log-in page."""
    demo.go(page, "/login")
    return main_part(page)


def login_code(page: Page, demo: Demo) -> Sequence[Locator]:
    """The page for a one-time code."""
    demo.go(page, "/login/code")
    return main_part(page)


def login_wait(page: Page, demo: Demo) -> Sequence[Locator]:
    """Five wrong passwords."""
    for _ in range(6):
        page.fill("[name=username]", "2002")
        page.fill("[name=password]", "not this one")
        page.click("main button[type=submit]")
        page.wait_for_load_state("networkidle")
    return main_part(page)


def home(page: Page, demo: Demo) -> Sequence[Locator]:
    """The first page of an operator who has not begun."""
    demo.go(page, "/home")
    return main_part(page)


def begin(page: Page, demo: Demo) -> None:
    """Start the exam, or go on with it, and answer some questions."""
    demo.go(page, "/sittings/1")
    page.locator("form[action*=start] button, main a[href^='/attempts/'].btn-primary").first.click()
    page.wait_for_url("**/attempts/*")
    page.wait_for_selector("html[data-exam=ready]")
    for question in page.locator("article[data-shape=choice]").all()[:5]:
        question.locator("input").nth(1).check()
    page.wait_for_selector("#saved[data-state=saved]")
    page.wait_for_timeout(2500)


def exam(page: Page, demo: Demo) -> Sequence[Locator]:
    """The exam page."""
    begin(page, demo)
    page.locator("article .flag").nth(3).click()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(2500)
    return (page.locator(".exam-top"), page.locator(".exam-side"))


def offline(page: Page, demo: Demo) -> Sequence[Locator]:
    """The network goes away."""
    begin(page, demo)
    page.evaluate("scrollTo(0, 0)")
    page.context.set_offline(True)
    page.locator("article[data-shape=choice]").first.locator("input").first.check()
    page.locator("[data-bar=offline]").wait_for(state="visible")
    page.wait_for_timeout(500)
    return (page.locator(".exam-top"), page.locator(".exam-side"))


def submit(page: Page, demo: Demo) -> Sequence[Locator]:
    """The last look before handing in."""
    begin(page, demo)
    page.locator("article .flag").nth(2).click()
    page.locator("[data-submit-exam]:visible").first.click()
    page.locator("#submit-dialog").wait_for(state="visible")
    return (page.locator("#submit-dialog"),)


def queue(page: Page, demo: Demo) -> Sequence[Locator]:
    """Answers that wait."""
    demo.go(page, "/marking")
    return main_part(page)


def marking(page: Page, demo: Demo) -> Sequence[Locator]:
    """An essay, half marked."""
    demo.go(page, "/marking")
    essay = {"zh": "论述题", "en": "Essay"}[demo.language]
    page.locator("tbody tr", has_text=essay).locator("form button").first.click()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("3")
    page.keyboard.press("2")
    page.evaluate("scrollTo(0, 0)")
    return (page.locator(".marking-top"), page.locator(".marking"))


def marks(page: Page, demo: Demo) -> Sequence[Locator]:
    """One's own marks."""
    for best in (2, 3, 1):
        demo.go(page, "/marking")
        page.locator("main .btn-primary").first.click()
        page.locator("[data-save]").wait_for()
        for criterion in page.locator("fieldset.criterion").all():
            levels = criterion.locator("label.level")
            levels.nth(min(best, levels.count() - 1)).click()
        page.locator("[data-save]").click()
        page.wait_for_load_state("networkidle")
    demo.go(page, "/marking/marks")
    return main_part(page)


def questions(page: Page, demo: Demo) -> Sequence[Locator]:
    """The list of questions."""
    demo.go(page, f"/items?language={demo.language}")
    return main_part(page)


def editor(page: Page, demo: Demo) -> Sequence[Locator]:
    """The editor of a question with its preview."""
    demo.go(page, f"/items?kind=single_choice&language={demo.language}")
    page.locator("td.row-actions a").first.click()
    page.wait_for_load_state("networkidle")
    return main_part(page)


def plan(page: Page, demo: Demo) -> Sequence[Locator]:
    """An exam's plan: its first section."""
    demo.go(page, "/exams/1")
    page.locator(".form-actions.sticky").evaluate("bar => bar.hidden = true")
    return (page.locator("#sections-rows > fieldset").first,)


def correction(page: Page, demo: Demo) -> Sequence[Locator]:
    """The preview of a corrected key."""
    demo.go(page, "/exams/1/questions?sort=-count")
    kind = {"zh": "单选题", "en": "Single choice"}[demo.language]
    page.locator("tbody tr", has_text=kind).locator("a.cell-title").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("a[href*='/key']").first.click()
    page.wait_for_load_state("networkidle")
    boxes = page.locator("#key [type=checkbox]")
    right = next(n for n in range(boxes.count()) if boxes.nth(n).is_checked())
    boxes.nth(right).uncheck()
    boxes.nth((right + 1) % boxes.count()).check()
    page.locator("#key [type=submit]").first.click()
    page.locator("main a.btn-primary").click()
    page.locator("main .figures").wait_for()
    page.wait_for_load_state("networkidle")
    return main_part(page)


def sittings(page: Page, demo: Demo) -> Sequence[Locator]:
    """The manager's first page."""
    demo.go(page, "/manage/sittings")
    return main_part(page)


def sitting(page: Page, demo: Demo) -> Sequence[Locator]:
    """A sitting's table."""
    demo.go(page, "/manage/sittings/1")
    return main_part(page)


def sitting_form(page: Page, demo: Demo) -> Sequence[Locator]:
    """Planning a sitting."""
    demo.go(page, "/manage/sittings/new?exam_id=1")
    return main_part(page)


def room(page: Page, demo: Demo) -> Sequence[Locator]:
    """The room at a glance."""
    demo.go(page, "/invigilation/1")
    return main_part(page)


def panel(page: Page, demo: Demo) -> Sequence[Locator]:
    """What may be done for one person at work."""
    demo.go(page, "/invigilation/1?state=in_progress")
    page.locator("[data-panel]", has_not_text="x").locator("visible=true").last.click()
    page.locator("#panel-dialog details").first.wait_for()
    page.locator("#panel-dialog summary").first.click()
    page.wait_for_timeout(300)
    return (page.locator("#panel-dialog"),)


def code(page: Page, demo: Demo) -> Sequence[Locator]:
    """A one-time code to read out."""
    demo.go(page, "/invigilation/1/people/3")
    page.locator("details:has(form[action$='/code']) summary").click()
    page.locator("form[action$='/code'] [type=submit]").click()
    page.wait_for_load_state("networkidle")
    return main_part(page)


PEOPLE = {
    "zh": (
        "工号,姓名,班组,角色",
        "2001,陈思敏,国际二班,",
        "2101,冯晓,华东一班,话务员",
        "2102,沈一帆,华东一班,话务员",
        ",何人,华东一班,",
        "2103,许可,华东一班,机长",
    ),
    "en": (
        "Employee number,Name,Team,Roles",
        "2001,Sara Lindholm,Team West,",
        "2101,Fay Xu,Team East,operator",
        "2102,Ivan Shaw,Team East,operator",
        ",Nobody Known,Team East,",
        "2103,Kit Holt,Team East,captain",
    ),
}


def people(page: Page, demo: Demo) -> Sequence[Locator]:
    """The preview of a table of people."""
    demo.go(page, "/admin/people/import")
    name = {"zh": "新员工.csv", "en": "new-people.csv"}[demo.language]
    table = "\n".join(PEOPLE[demo.language]).encode()
    page.set_input_files("[name=file]", files=[{"name": name, "mimeType": "text/csv", "buffer": table}])
    page.locator("main form button[type=submit]").first.click()
    page.locator("main .figures").wait_for()
    page.wait_for_load_state("networkidle")
    return main_part(page)


def slips(page: Page, demo: Demo) -> Sequence[Locator]:
    """First passwords that wait to be printed."""
    people(page, demo)
    page.locator("button[name=which][value=all]").click()
    page.locator("dialog[open] button.btn-primary").click()
    page.locator("main .notice[data-tone=ok] a").click()
    page.wait_for_load_state("networkidle")
    return main_part(page)


def person(page: Page, demo: Demo) -> Sequence[Locator]:
    """A person who has tried wrong passwords."""
    demo.go(page, "/admin/people?q=2002")
    page.locator("th a.cell-title").first.click()
    page.wait_for_load_state("networkidle")
    return (page.locator("section.pane:has(form[action$='/code'])"),)


PICTURES = (
    Picture("login", "", login, 720),
    Picture("login-code", "", login_code, 720, highest=760),
    Picture("home", "2001", home),
    Picture("exam", "2012", exam, height=900, highest=820),
    Picture("offline", "2006", offline, height=760, highest=400),
    Picture("submit", "2003", submit, highest=720),
    Picture("queue", "3001", queue, highest=520),
    Picture("marking", "3001", marking, 1240, highest=960),
    Picture("marks", "3002", marks, highest=480),
    Picture("questions", "4001", questions, 1240, highest=800),
    Picture("editor", "4001", editor, highest=900),
    Picture("plan", "4001", plan, height=2600, highest=560),
    Picture("correction", "4001", correction, highest=760),
    Picture("sittings", "5001", sittings, 1240),
    Picture("sitting", "5001", sitting, 1240, highest=800),
    Picture("sitting-form", "5001", sitting_form, 780, highest=900),
    Picture("room", "4002", room),
    Picture("panel", "4002", panel, highest=900),
    Picture("code", "4002", code, 760),
    Picture("login-wait", "", login_wait, 720, highest=760),
    Picture("people", "9001", people, highest=760),
    Picture("slips", "9001", slips, 760),
    Picture("person", "9001", person),
)
"""In the order in which they are taken: some show what those before did."""
