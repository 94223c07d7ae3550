"""Reminders: a day and an hour before, once each, of who has not begun; moved sittings remind anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from examengine.core import clock
from examengine.core.db import session
from examengine.exams import actions
from examengine.exams.models import Sitting
from examengine.exams.reminding import due
from examengine.jobs import sweeps
from examengine.notices.models import Notice
from tests.making import World

HOUR = timedelta(hours=1)


def kinds(world: World, name: str = "cem") -> list[str]:
    session.rollback()
    rows = session.query(Notice).filter_by(person_id=world.person(name).id).order_by(Notice.id)
    return [row.kind for row in rows]


def move(sitting: Sitting, by: timedelta) -> None:
    actions.change_sitting(
        sitting,
        sitting.title,
        sitting.opens_at + by,
        sitting.last_start_at + by,
        sitting.hard_close_at + by,
        "",
        clock.now(),
        None,
        has_begun=False,
    )
    session.commit()


def test_a_day_and_an_hour_before_once_each(world: World, travel: Callable[..., None]) -> None:
    world.sitting(world.exam([world.item()]), opens=timedelta(days=3), hours=1)
    counts = []
    for _ in range(3 * 24 * 2):
        travel(minutes=30)
        sweeps.run_slow()
        sweeps.run_slow()
        counts.append(len(kinds(world)) - 1)
    assert kinds(world) == ["sitting.planned", "sitting.opens_soon", "sitting.opens_soon"]
    assert counts.index(1) == 95  # 48 hours from the beginning
    assert counts.index(2) == 141


def test_who_has_begun_is_not_reminded_of_the_last_start(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(world.exam([world.item()]), ["cem", "sam"], opens=timedelta(days=2), hours=24 * 5)
    travel(days=3)
    world.start(sitting, "sam")
    for _ in range(5 * 24):
        travel(hours=1)
        sweeps.run_slow()
    assert kinds(world, "cem").count("sitting.last_chance") == 2
    assert "sitting.last_chance" not in kinds(world, "sam")


def test_a_moved_sitting_reminds_anew_and_makes_up_for_nothing(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(world.exam([world.item()]), opens=timedelta(days=2), hours=1)
    travel(days=1, minutes=5)
    sweeps.run_slow()
    assert kinds(world)[1:] == ["sitting.opens_soon"]
    move(sitting, timedelta(days=3))
    sweeps.run_slow()
    assert kinds(world)[2:] == ["sitting.changed"]
    travel(days=3)
    sweeps.run_slow()
    assert kinds(world)[3:] == ["sitting.opens_soon"]
    move(sitting, -timedelta(hours=4))
    sweeps.run_slow()
    assert kinds(world)[4:] == ["sitting.changed"]


def test_who_was_told_just_now_and_withdrawn_sittings_need_no_reminder(
    world: World, travel: Callable[..., None]
) -> None:
    exam = world.exam([world.item()])
    world.sitting(exam, ["cem"], opens=timedelta(hours=20), hours=1)
    gone = world.sitting(exam, ["sam"], opens=timedelta(hours=30), hours=1, title="Other")
    actions.withdraw_sitting(gone, clock.now(), None, "ill")
    session.commit()
    travel(hours=7)
    sweeps.run_slow()
    assert kinds(world, "cem") == ["sitting.planned"]
    assert kinds(world, "sam") == ["sitting.planned", "sitting.withdrawn"]


def test_the_last_start_of_a_short_sitting_is_not_reminded_of() -> None:
    opens = clock.now()
    assert due(opens, opens + HOUR, opens + HOUR / 2) == []
    assert [one.kind for one in due(opens, opens + 3 * HOUR, opens + 2.5 * HOUR)] == ["sitting.last_chance"]


def test_who_loses_her_place_is_told(world: World) -> None:
    sitting = world.sitting(world.exam([world.item()]), ["cem", "sam"], opens=HOUR)
    actions.set_audience(sitting, (), [world.person("cem").id], clock.now(), None)
    session.commit()
    assert kinds(world, "sam") == ["sitting.planned", "sitting.left"]
    assert kinds(world, "cem") == ["sitting.planned"]
