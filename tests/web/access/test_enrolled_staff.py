"""Semantics §4: every byte that an enrolled person can fetch, whatever her roles, searched for her exam."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.web.access.routes import address, methods, things
from tests.web.access_rules import RULES
from tests.web.crowd import Crowd
from tests.web.scene import ENROLLED, ITEM_MARKS, KEY_MARKS, SECRET_TITLE, Scene, Thing

OWN = ("candidate.", "saving.", "public.")
"""Pages of what is hers: the questions that she is asked and the exam's title are there, a key is not."""
TITLED = ("admin.person",)
"""Pages that name sittings in which people have places: their titles are no secret to the enrolled."""
QUERIES = (
    {},
    {"q": "EXAMN", "words": "STEMN", "all": "1", "everyone": "1", "inactive": "1", "page": "1"},
    {"words": "now-", "state": "published", "sort": "-changed"},
    {"state": "draft"},
    {"exam_id": "{now}"},
    {"copy": "{item}", "kind": "single_choice"},
    {"version": "1"},
    {"subject": "exam"},
    {"action": "exam.publish", "person": "olga"},
)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")


def pages(app: Flask, scene: Scene, name: str) -> Iterator[tuple[str, str]]:
    """Endpoint and address of every page of every thing, with queries that search, sort, filter and copy.

    Without those of audiences that do not let her in at all, whatever the thing (test_matrix.py).
    """
    for endpoint, rule in RULES.items():
        if "GET" not in methods(app, endpoint) or endpoint in ("public.logout", "public.welcome"):
            continue
        if not rule.enters(name):
            continue
        for thing in things(scene, rule.over):
            path = address(app, endpoint, thing)
            yield endpoint, path
            if thing is things(scene, rule.over)[0]:
                yield from ((endpoint, f"{path}?{query}") for query in asked(scene))


def asked(scene: Scene) -> Iterator[str]:
    values = {
        "now": scene.thing("exams", "now").values["exam_id"],
        "item": scene.thing("items", "now-essay").values["item_id"],
    }
    for query in QUERIES[1:]:
        yield urlencode({name: text.format(**values) for name, text in query.items()})


def heard(crowd: Crowd, name: str, path: str) -> str:
    answer = crowd.ask(name, "GET", path, Thing("", {}))
    return f"{answer.headers}\n{answer.get_data(as_text=True)}" if answer.status_code < 400 else ""


def found(text: str, endpoint: str) -> list[str]:
    """What of the exam stands in an answer."""
    title = () if endpoint in TITLED else (SECRET_TITLE,)
    marks = KEY_MARKS if endpoint.startswith(OWN) else (*KEY_MARKS, *ITEM_MARKS, *title)
    return [mark for mark in marks if mark in text]


@ON_SQLITE
@pytest.mark.parametrize("name", ENROLLED)
def test_nothing_of_her_exam_reaches_her(name: str, whole_app: Flask, scene: Scene, crowd: Crowd) -> None:
    seen = 0
    for endpoint, path in pages(whole_app, scene, name):
        text = heard(crowd, name, path)
        assert not found(text, endpoint), (name, path, found(text, endpoint))
        seen += bool(text)
    assert seen > 20, "she saw pages, so the search looked at something"


@ON_SQLITE
@pytest.mark.parametrize(
    ("name", "endpoints"), [("ann", "author."), ("kim", "manager."), ("mia", "marker."), ("ben", "admin.")]
)
def test_the_search_finds_what_others_may_see(
    name: str, endpoints: str, whole_app: Flask, scene: Scene, crowd: Crowd
) -> None:
    """The same pages of somebody who is not enrolled are full of it: the marks are where keys and titles are."""
    texts = [
        heard(crowd, name, path) for endpoint, path in pages(whole_app, scene, name) if endpoint.startswith(endpoints)
    ]
    marks = {mark for text in texts for mark in found(text, endpoints)}
    assert SECRET_TITLE in marks
    if endpoints != "admin.":
        assert marks & set(KEY_MARKS)
        assert marks & set(ITEM_MARKS)


@pytest.mark.parametrize("name", ["olga", "tara"])
def test_after_the_last_close_it_is_there_again(
    name: str, scene: Scene, crowd: Crowd, travel: Callable[..., None], whole_app: Flask
) -> None:
    from examengine.core import clock
    from examengine.core.db import session
    from examengine.delivery import actions

    item = address(whole_app, "author.item", scene.thing("items", "now-essay"))
    assert heard(crowd, name, item) == ""
    travel(hours=50)
    if name == "olga":  # her own attempt, left open as no job runs here, keeps it hidden
        assert heard(crowd, name, item) == ""
        attempt = scene.thing("attempts", "open-olga").values["attempt_id"]
        actions.close_attempt(attempt, "expire", clock.now())
        session.commit()
    assert "KEYNOW model" in heard(crowd, name, item)


def picked(crowd: Crowd, scene: Scene, name: str, **fields: Any) -> str:
    exam = scene.thing("exams", "draft").values["exam_id"]
    browser, token = crowd.browsers[name], crowd.tokens[name]
    cookie = crowd.cookies[name]
    assert cookie
    browser.set_cookie("examengine", cookie.value)
    base = {
        "csrf_token": token,
        "title": "Test to be",
        "minutes": "60",
        "attempts": "1",
        "counts": "best",
        "pass_mark": "60",
        "page_mode": "all",
        "release": "hand",
        "markers": "2",
        "tolerance": "10",
        "step": "0.5",
        "lease": "120",
        "appeal_days": "7",
        "sections-0-title": "Part 1",
    }
    text: str = browser.post(f"/exams/{exam}", data=base | fields).get_data(as_text=True)
    return text


@ON_SQLITE
@pytest.mark.parametrize(("name", "there"), [("ann", True), ("tara", False), ("mona", False), ("olga", False)])
def test_the_picker_of_questions_offers_none_of_hers(name: str, there: bool, scene: Scene, crowd: Crowd) -> None:
    text = picked(crowd, scene, name, row="search 1", pick="sections-0-slots", pick_words="STEMN", pick_bank="1")
    assert "pick_words" in text
    assert bool(found(text, "author.exam")) is there


@ON_SQLITE
@pytest.mark.parametrize(("name", "status"), [("ann", "is saved"), ("tara", "does not exist")])
def test_a_question_of_hers_cannot_be_put_into_another_exam_by_its_number(
    name: str, status: str, scene: Scene, crowd: Crowd
) -> None:
    from examengine.core.db import dumps, session
    from examengine.exams.models import Exam
    from examengine.web.author.plan_editor import fingerprint

    draft = session.get(Exam, scene.thing("exams", "draft").values["exam_id"])
    assert draft
    seen = fingerprint(draft)
    item = str(scene.thing("items", "now-essay").values["item_id"])
    text = picked(crowd, scene, name, seen=seen, **{"sections-0-slots-0-item": item, "sections-0-slots-0-points": "2"})
    assert not (there := [mark for mark in KEY_MARKS if mark in text]), there
    session.expire_all()
    assert (f'"item":{item}' in dumps(draft.plan)) is (name == "ann")
    assert name == "ann" or status in text


@ON_SQLITE
def test_questions_asked_elsewhere_too_are_hidden_there(scene: Scene, crowd: Crowd, whole_app: Flask) -> None:
    """The other exam is there for the enrolled manager; the questions that it shares with hers are not."""
    there = scene.thing("attempts", "freed-dan")
    text = heard(crowd, "mona", address(whole_app, "manager.result", there))
    assert "hidden from you until that exam is over" in text
    assert "read with care" in heard(crowd, "kim", address(whole_app, "manager.result", there))


@ON_SQLITE
def test_who_enrols_them_is_told(scene: Scene, crowd: Crowd, whole_app: Flask) -> None:
    text = heard(crowd, "kim", address(whole_app, "manager.sitting", scene.thing("sittings", "open")))
    note = text[text.index("though their work shows them this exam") :][:300]
    for name in ENROLLED:
        assert f"{name.title()} " in note
    assert "Cem" not in note
    assert "though their work" not in heard(
        crowd, "kim", address(whole_app, "manager.sitting", scene.thing("sittings", "past"))
    )


@ON_SQLITE
def test_mails_about_exams_are_listed_without_their_words(scene: Scene, crowd: Crowd) -> None:
    hers, others = heard(crowd, "alma", "/admin/mail"), heard(crowd, "ben", "/admin/mail")
    assert "entries about questions, exams and results are hidden from you" in hers
    assert "Your result of" in others and "Your result of" not in hers
    assert "Cem Operator" in hers
    assert "Your password was changed" in hers and "Your password was changed" in others
