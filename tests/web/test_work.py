"""The page of long work: her own only; it says how far the work is and stops it."""

from __future__ import annotations

import json

from flask import Flask

from examengine.core import clock, tasks
from examengine.core.db import session
from tests.making import World, csrf_of
from tests.web.conftest import Visit


def planned(world: World, name: str) -> int:
    task = tasks.plan("test", {}, clock.now(), world.person(name).id)
    session.commit()
    return task.id


def test_the_page_shows_the_work_and_stops_it(app: Flask, world: World, visit: Visit) -> None:
    task_id, browser = planned(world, "kim"), visit("kim")
    page = browser.get(f"/work/{task_id}?next=/manage/sittings").get_data(as_text=True)
    assert "It begins in a moment." in page
    assert 'href="/manage/sittings"' in page
    answer = browser.get(f"/work/{task_id}", headers={"Accept": "application/json"})
    assert json.loads(answer.data) == {"state": "waiting", "done": 0, "total": 0}
    answer = browser.post(f"/work/{task_id}/stop", data={"csrf_token": csrf_of(page), "next": "//evil.example"})
    assert answer.location == f"/work/{task_id}?next=/"
    session.expire_all()
    assert tasks.get_task(task_id).state == "stopped"
    assert browser.post(f"/work/{task_id}/stop", data={"csrf_token": csrf_of(page)}).status_code == 409


def test_reasons_of_a_failure_are_shown_as_text(app: Flask, world: World, visit: Visit) -> None:
    task_id = planned(world, "kim")
    tasks.claim(task_id, clock.now())
    tasks.end(task_id, "failed", {"reasons": ["<b>no</b>"]}, clock.now())
    session.commit()
    page = visit("kim").get(f"/work/{task_id}").get_data(as_text=True)
    assert "&lt;b&gt;no&lt;/b&gt;" in page


def test_somebody_elses_work_is_no_page(app: Flask, world: World, visit: Visit) -> None:
    task_id, browser = planned(world, "kim"), visit("ben")
    assert browser.get(f"/work/{task_id}").status_code == 404
    token = csrf_of(browser.get("/account").get_data(as_text=True))
    assert browser.post(f"/work/{task_id}/stop", data={"csrf_token": token}).status_code == 404
