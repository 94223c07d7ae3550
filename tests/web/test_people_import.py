"""Importing people in the browser: upload, preview, taking over, slips; hostile files and forms."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from examengine.accounts import imports, login, queries
from examengine.accounts import slips as lists
from examengine.accounts.staging import PeopleImport, PeopleImportRow, Slip, SlipList
from examengine.core import audit, clock, tasks
from examengine.core.db import session
from examengine.core.tasks import Task
from examengine.jobs import sweeps, work
from tests.making import World, csrf_of
from tests.web.conftest import Visit

HEAD = "工号,姓名,班组,角色,邮箱\n"


def text(answer: Any) -> str:
    page: str = answer.get_data(as_text=True)
    return page


def token(browser: FlaskClient) -> str:
    return csrf_of(text(browser.get("/account")))


def send(browser: FlaskClient, content: bytes, name: str = "people.csv") -> Any:
    head = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token(browser)}\r\n'
    head += f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--x--\r\n"
    return browser.post("/admin/people/import", data=body, content_type="multipart/form-data; boundary=x")


def run_all() -> None:
    """What the consumer does: all long work that waits."""
    for key in session.scalars(select(Task.id).where(Task.state == "waiting")).all():
        work.run(key)
    session.rollback()


def upload(browser: FlaskClient, content: bytes, name: str = "people.csv") -> str:
    """Upload, let it be read; the preview's address."""
    answer = send(browser, content, name)
    assert answer.status_code == 303, text(answer)
    run_all()
    there = browser.get(answer.location)
    assert there.status_code == 302, text(there)
    return str(there.location)


def act(browser: FlaskClient, path: str, **fields: Any) -> Any:
    answer = browser.post(path, data={"csrf_token": token(browser), **fields})
    run_all()
    return answer


def figures(page: str) -> dict[str, int]:
    """The figures on top of the preview."""
    found = re.findall(
        r'figure-value">(?:<svg.*?</svg>)?(\d+)</span>\s*<span class="figure-label">([^<]+)<', page, re.S
    )
    return {label: int(value) for value, label in found}


def states() -> dict[str, int]:
    session.rollback()
    [found] = session.query(PeopleImport).order_by(PeopleImport.id.desc()).limit(1)
    return dict(imports.count_outcomes(found.id))


def test_from_the_file_to_the_first_log_in(app: Flask, world: World, visit: Visit, client: FlaskClient) -> None:
    world.person("cem")
    browser = visit("ben")
    rows = (
        "0042,陈思敏,华东一班,话务员,chen@example.com\n"
        "0043,Li,华东一班,国王,\n"  # no such role
        "0042,Again,,,\n"  # twice
        "cem,Cem Changed,华东一班,,\n"
        "ben,Ben Administrator,,,\n"
        "0044,Wang,,,not an address\n"
    )
    preview = upload(browser, (HEAD + rows).encode("gb18030"))
    page = text(browser.get(preview))
    assert "GB18030" in page
    assert figures(page) == {"New": 1, "With changes": 1, "Unchanged": 1, "Refused": 3, "Not in the file": 0}
    assert "<del>Cem Candidate</del> → <ins>Cem Changed</ins>" in page
    refused = text(browser.get(f"{preview}?show=refused"))
    for reason in ("国王", "stands in row 2 already", "is no e-mail address"):
        assert reason in refused
    assert refused.count('<th scope="row">') == 3
    assert "华东一班" in page  # a team that will be made
    answer = act(browser, f"{preview}/apply", which="all", passwords="1")
    assert browser.get(answer.location).location == preview
    page = text(browser.get(preview))
    assert figures(page)["Taken over"] == 2
    person = queries.find_person("0042")
    assert person is not None and person.team is not None
    assert (person.name, person.team.name, person.must_change_password) == ("陈思敏", "华东一班", True)
    assert queries.find_person("cem").name == "Cem Changed"  # type: ignore[union-attr]
    [slips] = set(re.findall(r"/admin/people/slips/\d+", page))
    page = text(browser.get(slips))
    assert "1 slip" in page
    pdf = browser.post(f"{slips}/pdf", data={"csrf_token": token(browser)})
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF")
    assert browser.post(f"{slips}/pdf", data={"csrf_token": token(browser)}).status_code == 404
    assert session.query(SlipList).count() == session.query(Slip).count() == 0


def test_importing_twice_changes_nothing_the_second_time(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    content = (HEAD + "0042,陈思敏,East,阅卷人,a@b.cn\n0043,Li,,,\n").encode()
    preview = upload(browser, content)
    act(browser, f"{preview}/apply", which="all")
    assert states() == {"done": 2}
    assert queries.find_person("0042").password_hash is None  # type: ignore[union-attr]  # not asked for
    upload(browser, content)
    assert states() == {"unchanged": 2}


def test_who_was_changed_after_the_preview_is_shown_anew(app: Flask, world: World, visit: Visit) -> None:
    from examengine.accounts import actions

    cem, browser = world.person("cem"), visit("ben")
    preview = upload(browser, (HEAD + "cem,Cem New,,,\nmia,Mia,,,\n").encode())
    actions.set_details(cem, clock.now(), None, name="Cem Meanwhile")
    world.person("mia")  # the file's new Mia is there by now
    session.commit()
    act(browser, f"{preview}/apply", which="all", passwords="1")
    assert states() == {"stale": 2}
    page = text(browser.get(f"{preview}?show=stale"))
    assert "<del>Cem Meanwhile</del> → <ins>Cem New</ins>" in page
    act(browser, f"{preview}/apply", which="all")
    assert states() == {"stale": 2}  # only when they are chosen
    ids = re.findall(r'name="ids" value="(\d+)"', page)
    act(browser, f"{preview}/apply", which="chosen", ids=ids)
    assert states() == {"done": 2}
    session.expire_all()
    assert queries.find_person("cem").name == "Cem New"  # type: ignore[union-attr]


def test_chosen_rows_only(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    preview = upload(browser, (HEAD + "1,One,,,\n2,Two,,,\n").encode())
    ids = re.findall(r'name="ids" value="(\d+)"', text(browser.get(preview)))
    assert len(ids) == 2
    act(browser, f"{preview}/apply", which="chosen", ids=ids[1])
    assert states() == {"new": 1, "done": 1}
    assert queries.find_person("2") is not None
    assert queries.find_person("1") is None
    answer = act(browser, f"{preview}/apply", which="chosen", ids=["x", "9" * 30])
    assert answer.location == preview
    assert act(browser, f"{preview}/apply", which="everything").status_code == 400


def test_who_is_not_in_the_file_is_listed_and_stays(app: Flask, world: World, visit: Visit) -> None:
    world.person("cem")
    browser = visit("ben")
    preview = upload(browser, (HEAD + "1,One,,,\n").encode())
    page = text(browser.get(f"{preview}?show=absent"))
    assert "Cem Candidate" in page
    act(browser, f"{preview}/apply", which="all")
    assert queries.find_person("cem").active  # type: ignore[union-attr]


def test_columns_that_are_not_recognised_are_asked_for(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    preview = upload(browser, b"A;B;C\n0042;Chen;note\n")
    page = text(browser.get(preview))
    assert "were not recognised" in page
    answer = browser.post(
        f"{preview}/read", data={"csrf_token": token(browser), "column_username": "0", "column_name": "1"}
    )
    run_all()
    page = text(browser.get(browser.get(answer.location).location))
    assert figures(page)["New"] == 1
    assert "Columns that nothing is taken from: C" in page


def test_another_encoding_may_be_asked_for(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    content = "number;name\n1;Zoë Müller\n".encode("windows-1252")
    preview = upload(browser, content)
    assert "Zoë Müller" in text(browser.get(preview))
    answer = browser.post(f"{preview}/read", data={"csrf_token": token(browser), "encoding": "utf-16"})
    run_all()
    browser.get(answer.location)
    assert "cannot be read as UTF-16" in text(browser.get(preview))


def workbook(rows: list[list[Any]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("人员")
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    return made.getvalue()


def test_two_thousand_rows_of_xlsx_go_through_the_work(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    rows: list[list[Any]] = [["员工名单"], ["工号", "姓名", "班组"]]
    rows += [[100000 + n, f"名{n}", f"{n % 20} 班"] for n in range(2000)]
    preview = upload(browser, workbook(rows), "people.xlsx")
    assert states() == {"new": 2000}
    answer = act(browser, f"{preview}/apply", which="all")
    assert states() == {"done": 2000}
    task = session.query(Task).order_by(Task.id.desc()).first()
    assert task is not None
    assert (task.state, task.done, task.total) == ("done", 2000, 2000)
    assert answer.location.startswith(f"/work/{task.id}")
    assert queries.find_person("100000").team.name == "0 班"  # type: ignore[union-attr]
    assert queries.count_people() == 2001


def test_stopped_work_is_taken_up_again(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    preview = upload(browser, (HEAD + "".join(f"{n},Name {n},,,\n" for n in range(25))).encode())
    browser.post(f"{preview}/apply", data={"csrf_token": token(browser), "which": "all", "passwords": "1"})
    task = session.query(Task).order_by(Task.id.desc()).first()
    assert task is not None
    task.stop_asked = True
    session.commit()
    work.run(task.id)
    assert states() == {"new": 20, "done": 5}
    page = text(browser.get(preview))
    [slips] = set(re.findall(r"/admin/people/slips/\d+", page))
    assert "5 first passwords are not printed yet" in text(browser.get(slips))
    act(browser, f"{slips}/print")
    assert "5 slips" in text(browser.get(slips))
    act(browser, f"{preview}/apply", which="all", passwords="1")
    assert states() == {"done": 25}
    [later] = set(re.findall(r"/admin/people/slips/\d+", text(browser.get(preview))))
    assert later != slips
    assert "20 slips" in text(browser.get(later))


def test_a_worker_that_died_has_lost_nothing(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    preview = upload(browser, (HEAD + "".join(f"{n},Name {n},,,\n" for n in range(12))).encode())
    browser.post(f"{preview}/apply", data={"csrf_token": token(browser), "which": "all"})
    task = session.query(Task).order_by(Task.id.desc()).first()
    assert task is not None
    taken = tasks.claim(task.id, clock.now())
    session.commit()
    assert taken is not None
    work.people.apply_import(taken)  # to the end, but its end is never written
    with clock.travelled(tasks.SILENT * 2):
        work.run(task.id)
    assert states() == {"done": 12}
    assert queries.count_people() == 13


def test_the_last_administrator_stays_one(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    upload(browser, (HEAD + "ben,Ben Administrator,,话务员,\n").encode())
    assert states() == {"refused": 1}
    page = text(browser.get("/admin/people/import/1?show=refused"))
    assert "from herself" in page


def test_slips_are_for_who_asked_only_and_for_an_hour(app: Flask, world: World, visit: Visit, travel: Any) -> None:
    world.person("cem")
    browser = visit("ben")
    preview = upload(browser, (HEAD + "1,One,,,\n").encode())
    act(browser, f"{preview}/apply", which="all", passwords="1")
    [slips] = set(re.findall(r"/admin/people/slips/\d+", text(browser.get(preview))))
    from examengine.accounts import actions

    actions.set_roles(world.person("cem"), ["administrator"], clock.now(), None)
    session.commit()
    other = visit("cem")
    assert other.get(slips).status_code == 404
    assert other.post(f"{slips}/pdf", data={"csrf_token": token(other)}).status_code == 404
    kept = session.query(SlipList).one()
    assert kept.content is not None
    assert "%PDF" not in kept.content
    session.rollback()
    travel(minutes=61)
    assert browser.get(slips).status_code == 404
    sweeps.run_slow()
    assert session.query(SlipList).count() == 0


def test_passwords_are_nowhere_in_clear(app: Flask, world: World, visit: Visit, monkeypatch: Any) -> None:
    from examengine.core import codes

    given: list[str] = []
    make = codes.readable

    def readable(*args: Any) -> str:
        given.append(make(*args))
        return given[-1]

    monkeypatch.setattr(codes, "readable", readable)
    browser = visit("ben")
    preview = upload(browser, (HEAD + "1,One,,,\n").encode())
    act(browser, f"{preview}/apply", which="all", passwords="1")
    [password] = given
    assert login.check("1", password) is not None
    from examengine.core.db import Base

    for table in Base.metadata.sorted_tables:
        assert password not in str(session.execute(table.select()).all()), table.name


def test_uploads_are_dropped_after_a_day(app: Flask, world: World, visit: Visit, travel: Any) -> None:
    browser = visit("ben")
    preview = upload(browser, (HEAD + "1,One,,,\n").encode())
    travel(hours=25)
    sweeps.run_slow()
    assert session.query(PeopleImportRow).count() == session.query(PeopleImport).count() == 0
    session.rollback()
    browser = visit("ben")
    assert browser.get(preview).status_code == 404


def test_an_upload_may_be_deleted(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    preview = upload(browser, (HEAD + "1,One,,,\n").encode())
    assert act(browser, f"{preview}/drop").location == "/admin/people/import"
    assert browser.get(preview).status_code == 404
    sweeps.run_slow()
    assert session.query(PeopleImport).count() == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"PK\x03\x04 rubbish", "x.xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old.xls"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 20, "picture.csv"),
        (b"a,b\n" + b'"' * 400_001, "quotes.csv"),
        (("工号,姓名\n" + "\n".join(f"{n},n" for n in range(20_011))).encode(), "long.csv"),
    ],
)
def test_what_is_no_table_of_people_is_said_so(
    app: Flask, world: World, visit: Visit, content: bytes, name: str
) -> None:
    browser = visit("ben")
    answer = send(browser, content, name)
    if answer.status_code == 422:
        return
    run_all()
    assert session.query(Task).one().state == "done"
    page = text(browser.get(browser.get(answer.location).location))
    assert "cannot be read" in page or "were not recognised" in page
    assert queries.count_people() == 1


def test_no_file_and_too_large_a_file(app: Flask, world: World, visit: Visit, client: FlaskClient) -> None:
    browser = visit("ben")
    answer = browser.post("/admin/people/import", data={"csrf_token": token(browser)})
    assert answer.status_code == 422
    assert "Choose a file first." in text(answer)
    assert send(browser, b"x" * (11 * 1024 * 1024)).status_code == 413
    assert send(browser, b"1,2\n" * (3 * 1024 * 1024 // 4)).status_code == 303
    operator = visit("cem")  # the larger request is for administrators only
    assert send(operator, b"x" * (3 * 1024 * 1024)).status_code == 413
    body = b"--x\r\n" + b"x" * (3 * 1024 * 1024)
    stranger = client.post("/admin/people/import", data=body, content_type="multipart/form-data; boundary=x")
    assert stranger.status_code == 413


def test_hostile_cells_are_shown_as_text(app: Flask, world: World, visit: Visit) -> None:
    browser = visit("ben")
    rows = '1,"<script>alert(1)</script>","=cmd|\' /C calc\'!A0",<b>x</b>,\n2,"=HYPERLINK(""x"")",,,\n'
    preview = upload(browser, (HEAD + rows).encode(), "<img src=x onerror=alert(1)>.csv")
    page = text(browser.get(preview))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    answer = browser.get(f"{preview}/refused")
    assert b"'=cmd" in answer.data
    act(browser, f"{preview}/apply", which="all")
    assert queries.find_person("2").name == '=HYPERLINK("x")'  # type: ignore[union-attr]
    assert b"'=HYPERLINK" in browser.get("/admin/people/export").data


def test_what_is_exported_can_be_imported_and_changes_nothing(app: Flask, world: World, visit: Visit) -> None:
    team = world.team('East, "West"')
    for name in ("cem", "ann", "mia"):
        world.person(name, team=team)
    browser = visit("ben")
    for language in ("en", "zh"):
        browser.post("/preferences", data={"csrf_token": token(browser), "language": language, "next": "/account"})
        upload(browser, browser.get("/admin/people/export").data)
        assert states() == {"unchanged": 4}


def test_the_template_names_all_columns_in_both_languages(app: Flask, world: World, visit: Visit) -> None:
    from examengine.formats import people_table

    answer = visit("ben").get("/admin/people/import/template")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    table = people_table.read(answer.data)
    assert people_table.columns(table.header).keys() == people_table.FIELDS.keys()
    assert "工号 / Employee number" in table.header


def test_acts_are_in_the_audit_trail(app: Flask, world: World, visit: Visit) -> None:
    cem, browser = world.person("cem"), visit("ben")
    preview = upload(browser, (HEAD + "cem,Cem New,,阅卷人,\n").encode())
    act(browser, f"{preview}/apply", which="all")
    session.rollback()
    found = {e.action: e for e in audit.find_latest(audit.AuditFilter(upon={"person": [cem.id]}), 9)}
    assert found["person.change"].detail == {"before": {"name": "Cem Candidate"}, "after": {"name": "Cem New"}}
    assert found["person.roles"].detail == {"before": ["operator"], "after": ["grader"]}
    assert "people.csv" in found["person.roles"].reason
    assert found["person.roles"].actor_id == world.person("ben").id
    acts = [entry.action for entry in audit.find_latest(audit.AuditFilter(subject="people_import"), 9)]
    assert acts == ["people.import", "people.upload"]
    assert lists.find_expired(clock.now(), 9) == []
