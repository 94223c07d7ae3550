"""Pages of second chances: a new start, an attempt that goes on, a longer sitting, a make-up; who may, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from examengine.core import clock, zones
from examengine.core.db import session
from examengine.delivery import queries as attempts
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Exam, Sitting
from examengine.jobs import sweeps
from examengine.notices.queries import find_notices
from tests.making import World, post, zone
from tests.web.conftest import Visit

Travel = Callable[..., None]


def choice(world: World, **terms: object) -> Exam:
    return world.exam([world.item()], **terms)


def wall(moment: datetime) -> str:
    return f"{zones.to_wall(moment, zone()):%Y-%m-%dT%H:%M}"


def act(visit: Visit, sitting: int, attempt: int, name: str, who: str = "kim", **fields: str) -> int:
    answer = post(visit(who), "/account", f"/invigilation/{sitting}/attempts/{attempt}/{name}", **fields)
    return int(answer.status_code)


def test_void_and_a_new_start_in_one_act(world: World, visit: Visit) -> None:
    sitting = world.sitting(choice(world))
    sitting_id, attempt_id = sitting.id, world.sat(sitting).id
    assert act(visit, sitting_id, attempt_id, "resit", reason="the wrong person sat here") == 303
    session.expire_all()
    assert attempts.get_attempt(attempt_id).state == "void"
    assert find_notices(world.person("cem").id)[0].kind == "attempt.resit"
    world.start(sitting)
    answer = post(visit("cem"), "/account", f"/sittings/{sitting_id}/start")
    assert answer.status_code == 303  # goes on with the open one
    session.expire_all()
    assert session.query(Attempt).count() == 2


def test_a_readmitted_person_gets_exactly_one_more(world: World, visit: Visit) -> None:
    sitting = world.sitting(choice(world))
    sitting_id, attempt_id = sitting.id, world.sat(sitting).id
    act(visit, sitting_id, attempt_id, "resit", reason="alarm")
    session.expire_all()
    enrolment = exams.find_enrolment(sitting_id, world.person("cem").id)
    assert enrolment is not None and enrolment.extra_attempts == 0  # the void attempt is not counted, so it is her turn


def test_a_new_start_needs_a_reason_and_a_start_that_is_possible(world: World, visit: Visit, travel: Travel) -> None:
    sitting = world.sitting(choice(world), hours=5)
    sitting_id, attempt_id = sitting.id, world.sat(sitting).id
    assert act(visit, sitting_id, attempt_id, "resit", reason=" ") == 422
    travel(hours=6)
    assert act(visit, sitting_id, attempt_id, "resit", reason="alarm") == 409
    session.expire_all()
    assert attempts.get_attempt(attempt_id).state == "submitted"


def test_an_attempt_goes_on_where_it_was(world: World, visit: Visit) -> None:
    sitting = world.sitting(choice(world))
    sitting_id, attempt_id = sitting.id, world.sat(sitting).id
    enrolment = attempts.get_attempt(attempt_id).enrolment_id
    panel = visit("kim").get(f"/invigilation/{sitting_id}/people/{enrolment}").get_data(as_text=True)
    assert "Reopen this attempt" in panel
    assert act(visit, sitting_id, attempt_id, "reopen", reason="slipped") == 303
    cem = visit("cem")
    assert cem.get(f"/attempts/{attempt_id}").status_code == 200
    assert cem.get(f"/attempts/{attempt_id}/receipt").status_code == 303
    history = visit("kim").get(f"/invigilation/{sitting_id}/people/{enrolment}").get_data(as_text=True)
    assert "Opened again" in history and "receipt " in history and "slipped" in history


def test_it_is_not_offered_when_there_is_a_result_or_no_time(world: World, visit: Visit, travel: Travel) -> None:
    sitting = world.sitting(choice(world))
    sitting_id, attempt_id = sitting.id, world.sat(sitting).id
    enrolment = attempts.get_attempt(attempt_id).enrolment_id
    sweeps.run_all()
    session.commit()
    panel = visit("kim").get(f"/invigilation/{sitting_id}/people/{enrolment}").get_data(as_text=True)
    assert "Reopen this attempt" not in panel
    assert act(visit, sitting_id, attempt_id, "reopen", reason="slipped") == 409


@pytest.mark.parametrize("name", ["resit", "reopen"])
def test_only_who_watches_over_the_sitting_acts(world: World, visit: Visit, name: str) -> None:
    sitting = world.sitting(choice(world))
    sitting_id, attempt_id = sitting.id, world.sat(sitting).id
    for who in ("cem", "mia", "ann", "sam"):
        assert act(visit, sitting_id, attempt_id, name, who, reason="please") == 404
    session.expire_all()
    assert attempts.get_attempt(attempt_id).state == "submitted"


def extension(visit: Visit, sitting: Sitting, who: str = "kim", *, hours: int = 1, **fields: str) -> tuple[int, str]:
    sitting_id = sitting.id
    times = {
        "last_start_at": wall(sitting.last_start_at + timedelta(hours=hours)),
        "hard_close_at": wall(sitting.hard_close_at + timedelta(hours=hours)),
        "reason": "fire alarm",
    }
    answer = post(visit(who), "/account", f"/invigilation/{sitting_id}/extension", **{**times, **fields})
    session.expire_all()
    return answer.status_code, answer.get_data(as_text=True)


def test_a_sitting_is_extended_and_what_was_not_changed_keeps_its_seconds(world: World, visit: Visit) -> None:
    sitting = world.sitting(choice(world), hours=1)
    attempt = world.start(sitting)
    last = sitting.last_start_at
    status, _ = extension(visit, sitting, last_start_at=wall(last))
    assert status == 303
    assert sitting.last_start_at == last
    assert attempts.get_attempt(attempt.id).deadline_at == attempt.started_at + timedelta(hours=1)


def test_earlier_is_refused_and_what_was_entered_stays(world: World, visit: Visit) -> None:
    sitting = world.sitting(choice(world), hours=3)
    status, page = extension(visit, sitting, hours=-1)
    assert status == 422
    assert "never earlier" in page and "fire alarm" in page
    assert extension(visit, sitting, reason="")[0] == 422


def test_who_is_enrolled_herself_finds_no_extension(world: World, visit: Visit) -> None:
    sitting = world.sitting(choice(world), ["cem", "kim"], hours=3)
    assert extension(visit, sitting)[0] == 404
    assert extension(visit, sitting, "cem")[0] == 404


def test_the_managers_edit_moves_open_deadlines_too(world: World, visit: Visit) -> None:
    sitting = world.sitting(choice(world), hours=1)
    sitting_id, attempt = sitting.id, world.start(sitting)
    fields = {
        "title": sitting.title,
        "opens_at": wall(sitting.opens_at),
        "last_start_at": wall(sitting.last_start_at),
        "hard_close_at": wall(sitting.hard_close_at + timedelta(hours=1)),
        "people": str(world.person("cem").id),
        "invigilators": str(world.person("kim").id),
    }
    assert post(visit("kim"), "/account", f"/manage/sittings/{sitting_id}/edit", **fields).status_code == 302
    session.expire_all()
    assert attempts.get_attempt(attempt.id).deadline_at == attempt.started_at + timedelta(hours=1)


def test_absent_to_make_up_is_one_click(world: World, visit: Visit, travel: Travel) -> None:
    sitting = world.sitting(choice(world), ["cem", "sam"], hours=2)
    sitting_id = sitting.id
    world.sat(sitting, "sam")
    travel(hours=3)
    kim = visit("kim")
    assert "Make-up sitting (1)" in kim.get(f"/manage/sittings/{sitting_id}").get_data(as_text=True)
    page = kim.get(f"/manage/sittings/{sitting_id}/makeup").get_data(as_text=True)
    assert "Cem Candidate" in page and "Sam" not in page
    fields = {name: value_of(page, name) for name in ("title", "opens_at", "last_start_at", "hard_close_at")}
    first = post(kim, "/account", f"/manage/sittings/{sitting_id}/makeup", **fields)
    again = post(kim, "/account", f"/manage/sittings/{sitting_id}/makeup", **fields)
    assert (first.status_code, again.location) == (303, first.location)
    session.expire_all()
    made = session.query(Sitting).filter_by(makeup_of_id=sitting_id).one()
    assert made.opens_at > clock.now()
    assert "Make-up sitting (" not in kim.get(f"/manage/sittings/{sitting_id}").get_data(as_text=True)
    assert "Make-up of" in kim.get(f"/manage/sittings/{made.id}").get_data(as_text=True)


def value_of(page: str, name: str) -> str:
    import html
    import re

    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return html.unescape(found.group(1))


def test_a_make_up_waits_for_the_last_start_and_refuses_nonsense(world: World, visit: Visit, travel: Travel) -> None:
    sitting = world.sitting(choice(world), ["cem"], hours=2)
    sitting_id = sitting.id
    kim = visit("kim")
    assert kim.get(f"/manage/sittings/{sitting_id}/makeup").status_code == 409
    travel(hours=3)
    fields = {
        "title": "M",
        "opens_at": "2026-12-01T10:00",
        "last_start_at": "2026-12-01T09:00",
        "hard_close_at": "2026-12-01T08:00",
    }
    answer = post(kim, "/account", f"/manage/sittings/{sitting_id}/makeup", **fields)
    assert answer.status_code == 422
    assert session.query(Sitting).count() == 1
    for who in ("ann", "mia"):
        assert visit(who).get(f"/manage/sittings/{sitting_id}/makeup").status_code == 403
