"""What an invigilator does to everybody of a sitting at once is what she would do to each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Invalid, Locked
from examengine.delivery import actions, queries
from examengine.exams import actions as exams
from examengine.exams import queries as exam_queries
from examengine.exams.models import Sitting
from tests.making import World
from tests.racing import Racer, Saver

ONE = [{"slot": 1, "t": 1, "value": 0}]


@pytest.fixture
def sitting(world: World) -> Sitting:
    """Cem and Sam are at work, Eva has handed in, Bob has been paused before, Joy has not begun."""
    made = world.sitting(world.exam([world.item()]), ["cem", "sam", "eva", "bob", "joy"])
    for name in ("cem", "sam", "eva", "bob"):
        world.start(made, name)
    by = world.person("kim").id
    attempts = of(world, made)
    actions.close_attempt(attempts["eva"], "force", clock.now())
    actions.pause(attempts["bob"], clock.now(), by, "a headache")
    session.commit()
    return made


def of(world: World, sitting: Sitting) -> dict[str, int]:
    """Attempts by name."""
    names = {person.id: name for name, person in world.people.items()}
    return {names[attempt.person_id]: attempt.id for attempt in queries.find_attempts(sitting.id)}


def states(world: World, sitting: Sitting) -> dict[str, str]:
    session.expire_all()
    return {name: queries.get_attempt(key).state for name, key in of(world, sitting).items()}


def deadlines(world: World, sitting: Sitting) -> dict[str, datetime | None]:
    session.expire_all()
    return {name: queries.get_attempt(key).deadline_at for name, key in of(world, sitting).items()}


def pause_all(world: World, sitting: Sitting) -> int:
    done = actions.pause_all(sitting.id, clock.now(), world.person("kim").id, "alarm")
    session.commit()
    return done


def resume_all(world: World, sitting: Sitting) -> int:
    done = actions.resume_all(sitting.id, clock.now(), world.person("kim").id)
    session.commit()
    return done


def test_everybody_at_work_is_paused(world: World, sitting: Sitting) -> None:
    assert pause_all(world, sitting) == 2
    assert states(world, sitting) == {"cem": "paused", "sam": "paused", "eva": "submitted", "bob": "paused"}
    assert pause_all(world, sitting) == 0
    with pytest.raises(Locked):
        world.save(world.token(queries.get_attempt(of(world, sitting)["cem"])), 1, ONE)


def test_a_pause_of_everybody_needs_a_reason(world: World, sitting: Sitting) -> None:
    with pytest.raises(Invalid):
        actions.pause_all(sitting.id, clock.now(), 1, " ")


def test_everybody_goes_on_with_the_time_that_was_left(
    world: World, sitting: Sitting, travel: Callable[..., None]
) -> None:
    before = deadlines(world, sitting)
    pause_all(world, sitting)
    travel(minutes=10)
    assert resume_all(world, sitting) == 3
    after = deadlines(world, sitting)
    for name in ("cem", "sam"):
        first, then = before[name], after[name]
        assert first is not None and then is not None
        assert timedelta(minutes=10) <= then - first < timedelta(minutes=10, seconds=5)
    assert after["eva"] == before["eva"]


def test_extra_time_for_everybody_reaches_who_is_paused_too(world: World, sitting: Sitting) -> None:
    before = deadlines(world, sitting)
    kim, now = world.person("kim").id, clock.now()
    bob = queries.get_attempt(of(world, sitting)["bob"])
    left = queries.remaining_ms(bob, now)
    for enrolment in exam_queries.find_enrolments(sitting.id):
        exams.add_extra_time(enrolment, 600, now, kim, "late start")
    assert actions.refresh_deadlines(sitting.id, now, kim, "late start") == 3
    session.commit()
    after = deadlines(world, sitting)
    for name in ("cem", "sam"):
        first, then = before[name], after[name]
        assert first is not None and then is not None
        assert then - first == timedelta(minutes=10)
    assert queries.remaining_ms(queries.get_attempt(bob.id), now) - left == 600_000


def test_it_is_in_everybodys_history_and_in_the_audit_trail(world: World, sitting: Sitting) -> None:
    pause_all(world, sitting)
    cem = of(world, sitting)["cem"]
    assert [(event.kind, event.reason) for event in queries.find_events([cem])] == [("pause", "alarm")]
    entries = audit.find_latest(audit.AuditFilter(action="attempt.pause", subject_id=cem), 9)
    assert [entry.reason for entry in entries] == ["alarm"]


def test_a_save_under_way_is_in_the_journal_before_the_pause(app: Flask, world: World, sitting: Sitting) -> None:
    token = world.token(queries.get_attempt(of(world, sitting)["cem"]))
    sitting_id, kim = sitting.id, world.person("kim").id
    with Saver(app, token, 1, ONE, hold=True) as saver:
        saver.has_worked()
        with Racer(app, lambda: actions.pause_all(sitting_id, clock.now(), kim, "alarm")) as pause:
            pause.must_wait()
            saver.let_go()
            assert pause.result() == 2
    assert len(queries.find_rows(token.attempt)) == 1


def test_a_save_after_the_pause_of_everybody_began_is_refused(app: Flask, world: World, sitting: Sitting) -> None:
    token = world.token(queries.get_attempt(of(world, sitting)["cem"]), "cem")
    sitting_id, kim = sitting.id, world.person("kim").id
    pause = Racer(app, lambda: actions.pause_all(sitting_id, clock.now(), kim, "alarm"), hold=True)
    with pause:
        pause.has_worked()
        with Saver(app, token, 1, ONE) as saver:
            saver.must_wait()
            pause.let_go()
            with pytest.raises(Locked):
                saver.result()
    assert queries.find_rows(token.attempt) == []
