"""Extending a sitting that runs: deadlines follow the ledgers, absent people may come, nothing moves earlier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from examengine.core import clock
from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.delivery.models import Attempt
from examengine.exams import actions, extending, queries
from examengine.exams.models import Enrolment, Exam, Sitting
from examengine.jobs import sweeps
from examengine.notices.queries import find_notices
from examengine.records import actions as records
from examengine.records.models import Entry
from tests.making import World
from tests.racing import Racer, Starter


def choice(world: World, **terms: object) -> Exam:
    return world.exam([world.item()], **terms)


def extend(world: World, sitting: Sitting, minutes: int = 30, *, last: int | None = None) -> list[int]:
    return extend_to(
        world,
        sitting,
        sitting.last_start_at + timedelta(minutes=minutes if last is None else last),
        sitting.hard_close_at + timedelta(minutes=minutes),
    )


def extend_to(world: World, sitting: Sitting, last: datetime, close: datetime) -> list[int]:
    kim, now = world.person("kim").id, clock.now()
    back = extending.extend_sitting(sitting.id, last, close, now, kim, "fire alarm")
    records.lift_absences(back, now)
    delivery.refresh_deadlines(sitting.id, now, kim, "fire alarm")
    session.commit()
    session.expire_all()
    return back


def test_open_attempts_get_what_the_close_had_cut_off(world: World) -> None:
    sitting = world.sitting(choice(world), ["cem", "sam"], hours=1)
    cem = world.start(sitting, "cem")
    assert cem.deadline_at == sitting.hard_close_at
    extend(world, sitting, 30)
    assert attempts.get_attempt(cem.id).deadline_at == min(cem.started_at + timedelta(hours=1), sitting.hard_close_at)
    assert attempts.get_attempt(cem.id).deadline_at == cem.started_at + timedelta(hours=1)


def test_a_deadline_by_the_own_limit_stays(world: World) -> None:
    sitting = world.sitting(choice(world, time_limit_s=600), hours=1)
    attempt = world.start(sitting)
    before = attempt.deadline_at
    extend(world, sitting)
    assert attempts.get_attempt(attempt.id).deadline_at == before


def test_the_remaining_time_of_who_is_paused_follows_too(world: World) -> None:
    sitting = world.sitting(choice(world), hours=1)
    attempt = world.start(sitting)
    delivery.pause(attempt.id, clock.now(), world.person("kim").id, "alarm")
    session.commit()
    before = attempts.get_attempt(attempt.id).remaining_s
    extend(world, sitting, 30)
    after = attempts.get_attempt(attempt.id).remaining_s
    assert before is not None and after is not None
    assert 50 <= after - before <= 70  # the opening was a minute ago, so the own limit allows one minute more


def test_absent_people_may_begin_again_and_their_record_says_so(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), ["cem", "sam"], hours=1)
    world.sat(sitting, "sam")
    travel(minutes=61)
    sweeps.run_all()
    session.commit()
    [back] = extend(world, sitting, 60)
    assert queries.get_enrolment(back).state == "enrolled"
    assert [entry.kind for entry in session.query(Entry).filter_by(source="exams")] == ["exam.absent", "exam.back"]
    assert world.start(sitting, "cem").state == "in_progress"


def test_who_is_absent_again_is_recorded_again(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), hours=1)
    for minutes in (61, 60):
        travel(minutes=minutes)
        sweeps.run_all()
        sweeps.run_all()
        session.commit()
        if minutes == 61:
            extend(world, sitting, 60)
    rows = session.query(Entry).order_by(Entry.revision)
    assert [(entry.kind, entry.revision) for entry in rows] == [
        ("exam.absent", 1),
        ("exam.back", 2),
        ("exam.absent", 3),
    ]
    assert rows[1].corrects_id == rows[0].id


def test_a_later_close_alone_brings_nobody_back(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), hours=1)
    travel(minutes=61)
    sweeps.run_all()
    session.commit()
    assert extend(world, sitting, 60, last=0) == []
    assert session.query(Enrolment).one().state == "absent"


def test_people_are_told_and_it_is_in_the_audit_trail(world: World) -> None:
    sitting = world.sitting(choice(world), hours=1)
    before = str(sitting.hard_close_at)
    extend(world, sitting)
    assert find_notices(world.person("cem").id)[0].kind == "sitting.extended"
    entry = session.query(AuditEntry).filter_by(action="sitting.extend").one()
    assert (entry.reason, entry.detail["before"][1]) == ("fire alarm", before)
    assert entry.detail["after"][1] == str(sitting.hard_close_at)


@pytest.mark.parametrize(("last", "close"), [(-1, 30), (30, -1), (0, 0), (90, 30)])
def test_never_earlier_and_times_must_fit(world: World, last: int, close: int) -> None:
    sitting = world.sitting(choice(world), hours=1)
    with pytest.raises(Invalid):
        extend(world, sitting, close, last=last)


def test_a_close_that_is_past_already_is_no_extension(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choice(world), hours=1)
    travel(hours=5)
    with pytest.raises(Invalid):
        extend(world, sitting, 30)


def test_a_withdrawn_sitting_is_not_extended(world: World) -> None:
    sitting = world.sitting(choice(world), hours=1)
    actions.withdraw_sitting(sitting, clock.now(), None, "moved")
    session.commit()
    with pytest.raises(Conflict):
        extend(world, sitting)


def test_a_start_at_the_same_moment_gets_the_later_close(app: Flask, world: World) -> None:
    """Either it is there when deadlines follow, or it reads the new close: it is never left with the old one."""
    sitting = world.sitting(choice(world), ["cem", "sam"], hours=1)
    sitting_id, kim = sitting.id, world.person("kim").id
    people = world.person("cem").id, world.person("sam").id
    last, close = sitting.last_start_at + timedelta(minutes=30), sitting.hard_close_at + timedelta(minutes=30)

    def work() -> int:
        extending.extend_sitting(sitting_id, last, close, clock.now(), kim, "alarm")
        return delivery.refresh_deadlines(sitting_id, clock.now(), kim, "alarm")

    with Starter(app, sitting_id, people[0], hold=True) as starter:
        starter.has_worked()
        with Racer(app, work, hold=True) as extension:
            extension.must_wait()
            starter.let_go()
            extension.has_worked()
            with Starter(app, sitting_id, people[1]) as late:
                late.must_wait()
                extension.let_go()
                late.result()
    for attempt in session.query(Attempt):
        assert attempt.deadline_at == attempt.started_at + timedelta(hours=1)
