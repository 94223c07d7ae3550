"""The make-up sitting: who it is for, when, once for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from examengine.core import clock
from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.exams import actions, makeup, queries
from examengine.exams.models import Enrolment, Exam, Sitting
from examengine.jobs import sweeps
from examengine.notices.queries import find_notices
from examengine.records.models import Entry
from examengine.results.review import still_asked
from tests.making import World
from tests.racing import Racer

ZONE = ZoneInfo("Asia/Shanghai")


def choice(world: World) -> Exam:
    return world.exam([world.item()])


def plan(world: World, sitting: Sitting, days: int = 1) -> Sitting:
    opens, last, close = makeup.proposed(sitting, clock.now(), ZONE)
    made = makeup.plan_makeup(
        sitting,
        attempts.find_missed(sitting.id),
        "Make-up",
        opens,
        last,
        close,
        clock.now(),
        world.person("kim").id,
    )
    session.commit()
    return made


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-26T10:00", "2026-11-27"),  # Thursday → Friday
        ("2026-11-27T10:00", "2026-11-30"),  # Friday → Monday
        ("2026-11-28T10:00", "2026-11-30"),  # Saturday → Monday
    ],
)
def test_the_next_working_day_at_the_same_hour_is_proposed(now: str, day: str) -> None:
    opens = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai
    sitting = Sitting(
        opens_at=opens, last_start_at=opens + timedelta(hours=1), hard_close_at=opens + timedelta(hours=3)
    )
    moment = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    first, last, close = makeup.proposed(sitting, moment, ZONE)
    assert f"{first.astimezone(ZONE):%Y-%m-%d %H:%M}" == f"{day} 09:30"
    assert (last - first, close - first) == (timedelta(hours=1), timedelta(hours=3))


def test_the_hour_stays_the_same_over_a_change_of_the_clocks() -> None:
    zone = ZoneInfo("Europe/Berlin")
    opens = datetime(2026, 10, 23, 9, 0, tzinfo=zone).astimezone(UTC)
    sitting = Sitting(opens_at=opens, last_start_at=opens, hard_close_at=opens + timedelta(hours=1))
    first, _, _ = makeup.proposed(sitting, datetime(2026, 10, 23, 20, 0, tzinfo=zone), zone)
    assert f"{first.astimezone(zone):%Y-%m-%d %H:%M}" == "2026-10-26 09:00"


def test_absent_people_and_those_with_void_attempts_only_are_enrolled_and_told(
    world: World, travel: Callable[..., None]
) -> None:
    sitting = world.sitting(choice(world), ["cem", "sam", "dee", "eve"], hours=2, access_code="abc")
    world.sat(sitting, "cem")
    void = world.start(sitting, "dee")
    delivery.void(void.id, clock.now(), world.person("kim").id, "wrong room")
    session.commit()
    travel(hours=3)
    made = plan(world, sitting)
    enrolled = {e.person_id for e in queries.find_enrolments(made.id)}
    assert enrolled == {world.person(name).id for name in ("sam", "dee", "eve")}
    assert (made.exam_id, made.makeup_of_id, made.revision_id) == (sitting.exam_id, sitting.id, sitting.revision_id)
    assert made.access_code not in ("", "abc")
    assert [p.username for p in queries.find_invigilators(made.id)] == ["kim"]
    assert find_notices(world.person("sam").id)[0].subject_id == made.id
    entry = session.query(AuditEntry).filter_by(action="sitting.makeup").one()
    assert entry.detail["people"] == sorted(enrolled)


def test_asked_for_again_there_is_still_one(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), ["cem", "sam"], hours=2)
    travel(hours=3)
    first = plan(world, sitting)
    assert plan(world, sitting).id == first.id
    assert session.query(Sitting).count() == 2


def test_two_clicks_at_once_make_one(app: Flask, world: World, travel: Callable[..., None]) -> None:
    sitting_id, kim = world.sitting(choice(world), ["cem"], hours=2).id, world.person("kim").id
    travel(hours=3)

    def work() -> int:
        sitting = queries.get_sitting(sitting_id)
        opens, last, close = makeup.proposed(sitting, clock.now(), ZONE)
        missed = attempts.find_missed(sitting_id)
        return makeup.plan_makeup(sitting, missed, "M", opens, last, close, clock.now(), kim).id

    with Racer(app, work, hold=True) as first:
        first.has_worked()
        with Racer(app, work) as second:
            second.must_wait()
            assert first.let_go() == second.result()
    assert session.query(Enrolment).count() == 2


def test_a_further_one_is_for_who_is_in_none_yet(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), ["cem", "sam"], hours=2)
    attempt = world.sat(sitting, "sam")
    travel(hours=3)
    first = plan(world, sitting)
    delivery.void(attempt.id, clock.now(), world.person("kim").id, "impersonation")
    session.commit()
    second = plan(world, sitting)
    assert second.id != first.id
    assert [e.person_id for e in queries.find_enrolments(second.id)] == [world.person("sam").id]


def test_a_withdrawn_make_up_serves_nobody(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), ["cem"], hours=2)
    travel(hours=3)
    first = plan(world, sitting)
    actions.withdraw_sitting(first, clock.now(), None, "room taken")
    session.commit()
    assert plan(world, sitting).id != first.id


def test_nobody_missed_it_nothing_is_planned(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), ["cem"], hours=2)
    world.sat(sitting)
    travel(hours=3)
    with pytest.raises(Conflict):
        plan(world, sitting)


def test_the_absence_stays_on_the_record_and_the_make_up_can_be_sat(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), ["cem"], hours=2)
    travel(hours=3)
    sweeps.run_all()
    session.commit()
    made = plan(world, sitting)
    travel(seconds=(made.opens_at - clock.now()).total_seconds() + 60)
    attempt = world.sat(made, "cem")
    sweeps.run_all()
    session.commit()
    assert [entry.kind for entry in session.query(Entry)] == ["exam.absent"]
    assert attempts.get_attempt(attempt.id).sitting_id == made.id


def test_keys_stay_closed_until_the_make_up_has_closed(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), ["cem", "sam"], hours=2)
    attempt = world.sat(sitting, "cem")
    version = attempt.paper["slots"][0]["version"]
    travel(hours=3)
    assert still_asked([version], clock.now()) == frozenset()
    made = plan(world, sitting)
    assert still_asked([version], clock.now()) == {version}
    travel(seconds=(made.hard_close_at - clock.now()).total_seconds() + 1)
    assert still_asked([version], clock.now()) == frozenset()
