"""The manager's page of one grader: hand over, leave, back again."""

from __future__ import annotations

from datetime import timedelta

from examengine.core import clock, zones
from examengine.core.db import session
from examengine.grading.models import GraderLeave, MarkingCase, MarkingTask
from tests.grading.marking import answered, claim
from tests.making import World, post, zone
from tests.web.conftest import Visit


def page_of(case: MarkingCase, world: World, name: str = "mia") -> str:
    return f"/manage/exams/{case.exam_id}/marking/graders/{world.person(name).id}"


def test_a_click_gives_her_answer_to_another(world: World, visit: Visit) -> None:
    case = answered(world)
    claim(world, "mia")
    path, zoe = page_of(case, world), world.person("zoe").id
    kim = visit("kim")
    assert path in kim.get(f"/manage/exams/{case.exam_id}/marking").get_data(as_text=True)
    assert post(kim, path, path, stand_in=str(zoe), reason="ill").status_code == 303
    assert "Answers handed over: 1." in kim.get(path).get_data(as_text=True)
    session.expire_all()
    assert session.query(MarkingTask).filter_by(assigned_id=zoe).count() == 1
    queue = visit("zoe").get("/marking").get_data(as_text=True)
    assert "for you by name: 1" in queue


def test_a_leave_with_a_day_of_return_and_its_end(world: World, visit: Visit) -> None:
    case = answered(world)
    claim(world, "mia")
    path, exam_id = page_of(case, world), case.exam_id
    until = f"{zones.to_wall(clock.now() + timedelta(days=3), zone()):%Y-%m-%dT%H:%M}"
    kim = visit("kim")
    assert post(kim, path, path, stand_in="0", until_at=until, reason="holiday").status_code == 303
    assert "Mia Grader is on leave now." in kim.get(path).get_data(as_text=True)
    assert "on leave" in kim.get(f"/manage/exams/{exam_id}/marking").get_data(as_text=True)
    assert "You are on leave from marking" in visit("mia").get("/marking").get_data(as_text=True)
    session.expire_all()
    row = session.query(GraderLeave).one()
    assert post(kim, path, f"{path}/leaves/{row.id}/end").status_code == 303
    assert "You are on leave" not in visit("mia").get("/marking").get_data(as_text=True)


def test_what_makes_no_sense_is_said_and_kept(world: World, visit: Visit) -> None:
    case = answered(world)
    path = page_of(case, world)
    kim = visit("kim")
    for fields in (
        {"stand_in": "0", "reason": ""},
        {"stand_in": "0", "from_at": "2026-12-01T09:00", "reason": "holiday"},
        {"stand_in": "0", "until_at": "2001-01-01T09:00", "reason": "holiday"},
        {"stand_in": str(world.person("sam").id), "reason": "holiday"},
        {"stand_in": "zoe", "reason": "holiday"},
    ):
        answer = post(kim, path, path, **fields)
        assert answer.status_code == 422, fields
    assert session.query(GraderLeave).count() == 0


def test_only_managers_and_only_for_graders_of_an_exam_that_they_may_see(world: World, visit: Visit) -> None:
    case = answered(world)
    exam_id, path = case.exam_id, page_of(case, world)
    assert visit("mia").get(path).status_code == 403
    kim = visit("kim")
    assert kim.get(page_of(case, world, "sam")).status_code == 404
    assert kim.get(path).status_code == 200
    assert post(kim, path, f"{path}/leaves/99/end").status_code == 404
    until = f"{zones.to_wall(clock.now() + timedelta(days=3), zone()):%Y-%m-%dT%H:%M}"
    post(kim, path, path, stand_in="0", until_at=until, reason="holiday")
    other = page_of(case, world, "zoe")
    assert post(kim, path, f"{other}/leaves/{session.query(GraderLeave).one().id}/end").status_code == 404
    from examengine.exams import queries as exams

    world.sitting(exams.get_exam(exam_id), ["kim"])
    assert kim.get(path).status_code == 404
