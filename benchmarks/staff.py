"""Pages of staff and operators at size: how quickly they come, and how often they ask the database."""

from __future__ import annotations

import statistics

from flask import g

from benchmarks import ground, load
from benchmarks.company import Company
from benchmarks.hotpath import Scene, say
from benchmarks.load import request

TIMES = 40


def lines(scene: Scene, made: Company, big: int) -> None:
    """One line a page: p50 of the answer time, one request at a time, and the most statements of all pages."""
    pages = {
        "items_filtered": (made.trainer, f"/items?bank={big}&kind=single_choice&language=zh&q=%E6%8A%95%E8%AF%89"),
        "items": (made.trainer, "/items"),
        "exams": (made.trainer, "/exams"),
        "sittings": (made.manager, "/manage/sittings"),
        "sitting_table": (made.manager, f"/manage/sittings/{made.sitting}"),
        "sitting_failed": (made.manager, f"/manage/sittings/{made.sitting}?show=failed&page=3"),
        "people": (made.manager, "/manage/people"),
        "record": (made.manager, f"/manage/people/{made.operator}/record"),
        "marking_queue": (made.grader, "/marking"),
        "marking_progress": (made.manager, f"/manage/exams/{made.exam}/marking"),
        "home": (made.operator, "/home"),
        "own_record": (made.operator, "/record"),
        "admin_people": (made.administrator, "/admin/people"),
        "audit": (made.administrator, "/admin/audit"),
    }
    slowest = []
    for name, (person, path) in pages.items():
        say(f"page {name}")
        cookie = ground.passport(scene.app, person).cookie
        wanted = request("GET", path, scene.engine.port, {"Cookie": cookie, "Accept": "text/html"})
        load.run(scene.engine.port, iter([wanted] * 4), 2)
        tally = load.run(scene.engine.port, iter([wanted] * TIMES), 1)
        slowest.append(statistics.median(tally.times_ms))
        scene.tell(f"page_{name}_p50_ms", [slowest[-1]], TIMES, p90=round(sorted(tally.times_ms)[int(TIMES * 0.9)], 1))
    scene.tell("staff_p50_ms", [max(slowest)], TIMES * len(pages))
    scene.tell(
        "staff_statements",
        [float(max(_statements(scene, person, path) for person, path in pages.values()))],
        len(pages),
    )


def _statements(scene: Scene, person: int, path: str) -> int:
    """How many statements a page takes, asked in this process."""
    from examengine.core.db import session
    from tests.counting import statements

    def forget() -> None:
        """Nothing of what was before is remembered: the test client's requests share our application context."""
        session.rollback()
        session.remove()
        for kept in list(g):
            g.pop(kept)

    forget()
    client = scene.app.test_client(use_cookies=False)  # the passport is the cookie
    headers = {"Cookie": ground.passport(scene.app, person).cookie}
    client.get(path, headers=headers)
    forget()
    with statements() as seen:
        answer = client.get(path, headers=headers)
    forget()
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return len(seen)
