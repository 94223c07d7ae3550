"""Exams as files in the browser."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.exams import queries
from tests.making import World, csrf_of
from tests.web.conftest import Visit

TEXT = """\
schema: 1
title: November by file
graders: [mia]
sections:
  - title: Part 1
    slots:
      - {bank: complaints, item: one}
"""


def upload(browser: FlaskClient, text: str | bytes, **fields: Any) -> Any:
    token = csrf_of(browser.get("/exams/file").get_data(as_text=True))
    content = text if isinstance(text, bytes) else text.encode()
    data = {"csrf_token": token, "file": (io.BytesIO(content), "november.yaml"), **fields}
    return browser.post("/exams/file", data=data, content_type="multipart/form-data")


@pytest.fixture
def ann(visit: Visit, world: World) -> FlaskClient:
    """Ann at her browser; there is a bank with one question, and a grader."""
    world.item(code="one")
    world.person("mia")
    return visit("ann")


def test_a_file_is_loaded_saved_and_loads_unchanged(ann: FlaskClient, world: World) -> None:
    answer = upload(ann, TEXT)
    assert answer.status_code == 303
    page = ann.get(answer.location).get_data(as_text=True)
    assert "The exam is made." in page
    assert "Mia Grader" in page
    file = ann.get(f"{answer.location}/file")
    assert file.mimetype == "application/yaml"
    assert "filename*=UTF-8''November-by-file.yaml" in file.headers["Content-Disposition"]
    assert "item: one" in file.get_data(as_text=True)
    again = upload(ann, TEXT)
    assert again.location == answer.location
    assert "nothing was changed" in ann.get(again.location).get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT.replace("item: one", "item: two"), "Line 7: There is no item “two” in the bank “complaints”."),
        (TEXT.replace("title: Part 1", "name: Part 1"), "Line 5: sections/0: "),
        (TEXT.replace("graders: [mia]", "graders: [nobody]"), "no active grader with the employee number “nobody”"),
        (TEXT + "title: again\n", "Line 8: title stands twice"),
        ("- <script>alert(1)</script>", "Line 1: "),
        (b"\xff\xfe", "the file is not UTF-8"),
        (b"x" * 300_000, "the file is larger than 256 KiB"),
    ],
)
def test_a_faulty_file_changes_nothing_and_says_where(
    ann: FlaskClient, world: World, text: str | bytes, said: str
) -> None:
    answer = upload(ann, text)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert "<script>alert" not in page
    assert queries.find_every_exam() == []


def test_without_a_file_it_asks_for_one(ann: FlaskClient) -> None:
    token = csrf_of(ann.get("/exams/file").get_data(as_text=True))
    answer = ann.post("/exams/file", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.get_data(as_text=True)


def test_what_was_written_in_the_browser_is_replaced_only_when_she_ticks_it(ann: FlaskClient, world: World) -> None:
    address = upload(ann, TEXT).location
    page = ann.get(address).get_data(as_text=True)
    import re

    seen = re.search(r'name="seen"[^>]*value="([^"]+)"', page)
    assert seen
    fields = {"seen": seen.group(1), "title": "November by file", "minutes": "20", "attempts": "3", "counts": "best"}
    fields |= {"pass_mark": "60", "page_mode": "all", "release": "marked", "markers": "2", "tolerance": "10"}
    fields |= {"step": "0.5", "lease": "120", "appeal_days": "7", "sections-0-title": "Part 1", "act": "save"}
    answer = ann.post(address, data={"csrf_token": csrf_of(page), **fields})
    assert answer.status_code == 303
    changed = TEXT.replace("schema: 1", "schema: 1\nminutes: 50")
    refused = upload(ann, changed)
    assert refused.status_code == 422
    assert "was changed here since its file was loaded" in refused.get_data(as_text=True)
    assert upload(ann, changed, replace="y").status_code == 303
    assert 'value="50"' in ann.get(address).get_data(as_text=True)


def test_questions_she_will_be_asked_neither_go_out_nor_come_in(visit: Visit, world: World) -> None:
    item = world.item(code="one")
    world.person("mia")
    hidden = world.exam([item])
    world.sitting(hidden, people=["ann"])
    other = world.exam([item])
    browser = visit("ann")
    assert browser.get(f"/exams/{hidden.id}/file").status_code == 404
    assert browser.get(f"/exams/{other.id}/file").status_code in (404, 409)
    assert "There is no item “one”" in upload(browser, TEXT).get_data(as_text=True)


def test_an_exam_that_must_not_exist_for_her_is_not_overwritten(visit: Visit, world: World) -> None:
    world.item(code="one")
    hidden = world.exam([world.item(code="two")])
    world.sitting(hidden, people=["ann"])
    before = hidden.plan
    number = hidden.id
    answer = upload(visit("ann"), TEXT.replace("November by file", hidden.title))
    assert answer.status_code == 303
    assert answer.location != f"/exams/{number}"
    assert queries.get_exam(number).plan == before


def test_managers_do_not_exchange_files(visit: Visit, world: World) -> None:
    exam = world.exam([world.item(code="one")])
    browser = visit("kim")
    assert browser.get("/exams/file").status_code == 403
    assert browser.get(f"/exams/{exam.id}/file").status_code == 403
    page = browser.get(f"/exams/{exam.id}").get_data(as_text=True)
    assert "Save as file" not in page
