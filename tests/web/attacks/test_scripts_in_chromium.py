"""The same corpus before a real parser: no dialog, no script, no complaint of the content policy on the main pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.journeys.conftest import chromium  # noqa: F401 (the browser)
from tests.making import PASSWORD
from tests.web.access.routes import address
from tests.web.attacks.sowing import Sower, plant
from tests.web.crowd import Crowd
from tests.web.scene import Scene
from tests.web.snapshot import Snapshot

pytestmark = pytest.mark.browser
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
MAIN = {
    "cem": ("candidate.home", "candidate.record", "candidate.exam", "candidate.lobby", "public.notices"),
    "mia": ("marker.queue", "marker.marks"),
    "ada": ("marker.desk",),
    "ann": (
        "author.banks",
        "author.items",
        "author.item",
        "author.edit_item",
        "author.exams",
        "author.exam",
        "author.exam_people",
    ),
    "kim": (
        "manager.sittings",
        "manager.sitting",
        "manager.sitting_edit",
        "manager.people",
        "manager.record",
        "manager.result",
        "manager.progress",
        "invigilator.sittings",
        "invigilator.sitting",
        "invigilator.person",
    ),
    "ben": ("admin.people", "admin.person", "admin.audit", "admin.status"),
}
THINGS = {
    "exam_id": ("exams", "free"),
    "item_id": ("items", "plain"),
    "sitting_id": ("sittings", "open"),
    "attempt_id": ("attempts", "open-cem"),
    "person_id": ("people", "dan"),
}


@pytest.fixture
def served(whole_app: Flask, scene: Scene) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, whole_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def path_of(app: Flask, scene: Scene, endpoint: str) -> str:
    arguments = set(next(app.url_map.iter_rules(endpoint)).arguments)
    if "enrolment_id" in arguments:
        return address(app, endpoint, scene.thing("enrolments", "open-cem"))
    if endpoint == "manager.result":
        return address(app, endpoint, scene.thing("attempts", "past-cem"))
    if not arguments:
        return address(app, endpoint, scene.things["people"][0])
    kind, label = THINGS[next(iter(arguments))]
    return address(app, endpoint, scene.thing(kind, label))


def watch(page: Page, complaints: list[str]) -> None:
    page.on("dialog", lambda dialog: (complaints.append(f"dialog {page.url}: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: complaints.append(f"script {page.url}: {error}"))
    page.on("console", lambda told: told.type == "error" and complaints.append(f"console {page.url}: {told.text}"))
    page.on(
        "request", lambda request: "xssq" in request.url and complaints.append(f"request {page.url}: {request.url}")
    )
    page.add_init_script(
        "window.xssq = () => console.error('xssq ran');"
        "document.addEventListener('securitypolicyviolation', "
        "e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
    )


@ON_SQLITE
def test_nothing_runs_where_it_is_shown(
    served: str,
    chromium: Chromium,  # noqa: F811 (the fixture above)
    whole_app: Flask,
    scene: Scene,
    crowd: Crowd,
    snapshot: Snapshot,
) -> None:
    Sower(whole_app, scene, crowd).sow()
    plant()
    complaints: list[str] = []
    shown = 0
    for name, endpoints in MAIN.items():
        context = chromium.new_context(locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(20_000)
        watch(page, complaints)
        page.goto(f"{served}/login")
        page.get_by_label("Employee number").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(lambda url: "/login" not in url)
        for endpoint in endpoints:
            answer = page.goto(served + path_of(whole_app, scene, endpoint))
            assert answer and answer.status == 200, (endpoint, answer and answer.status)
            shown += "xssq" in page.content()
            for link in page.locator("a[href*='xssq'], xssq, iframe, [onerror], [onload]").all():
                complaints.append(f"{endpoint}: {link.evaluate('e => e.outerHTML')[:200]}")
        context.close()
    snapshot.restore()
    assert not complaints
    assert shown > 10
