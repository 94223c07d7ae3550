"""Pages of staff and operators ask the database a bounded number of times, however long their lists are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from examengine.core.db import session
from examengine.jobs import sweeps
from tests.counting import statements
from tests.grading.marking import exam as marked_exam
from tests.making import World
from tests.web.conftest import Visit

MOST = 20
PAGES = (
    ("ann", "/items"),
    ("ann", "/items?kind=single_choice&language=en"),
    ("ann", "/exams"),
    ("kim", "/manage/sittings"),
    ("kim", "/manage/sittings/{sitting}"),
    ("kim", "/manage/sittings/{sitting}?show=failed"),
    ("kim", "/manage/people"),
    ("kim", "/manage/people?last=passed&sort=-date"),
    ("kim", "/manage/people/{person}/record"),
    ("kim", "/manage/exams/{exam}/marking"),
    ("mia", "/marking"),
    ("op1", "/home"),
    ("op1", "/record"),
    ("ben", "/admin/people"),
    ("ben", "/admin/audit"),
)


@pytest.fixture
def company(world: World) -> Callable[[int], dict[str, int]]:
    """company(12): so many operators with a result and an essay that waits."""

    def make(size: int) -> dict[str, int]:
        names = [f"op{n}" for n in range(1, size + 1)]
        machine = world.sitting(world.exam([world.item() for _ in range(3)], release="complete"), names)
        essays = world.sitting(marked_exam(world), names)
        for name in names:
            for sitting in (machine, essays):
                world.sat(sitting, name)
        made = {"sitting": machine.id, "exam": essays.exam_id, "person": world.person("op1").id}
        session.commit()
        sweeps.run_all()
        session.commit()
        return made

    return make


def asked(browser: FlaskClient, path: str) -> int:
    assert browser.get(path).status_code == 200
    with statements() as seen:
        assert browser.get(path).status_code == 200
    return len(seen)


def test_no_page_asks_over_twenty_times_nor_more_for_longer_lists(
    world: World, visit: Visit, company: Callable[[int], dict[str, int]]
) -> None:
    places = company(2)
    browsers = {name: visit(name) for name, _ in PAGES}
    few = {path: asked(browsers[name], path.format(**places)) for name, path in PAGES}
    places = company(14)
    many = {path: asked(browsers[name], path.format(**places)) for name, path in PAGES}
    assert {path: n for path, n in many.items() if n > MOST} == {}
    assert {path: (few[path], n) for path, n in many.items() if n > few[path] + 1} == {}
