"""Graders are told that answers wait: one notice an hour at most, of new answers only."""

from __future__ import annotations

from collections.abc import Callable

from examengine.core.db import session
from examengine.jobs import sweeps
from examengine.notices.models import Notice
from tests.making import World


def told(world: World, name: str) -> list[int]:
    session.rollback()
    rows = session.query(Notice).filter_by(person_id=world.person(name).id, kind="marking.task").order_by(Notice.id)
    return [row.details["count"] for row in rows]


def test_one_digest_an_hour_and_only_of_new_answers(world: World, travel: Callable[..., None]) -> None:
    exam = world.exam([world.item("essay", points="10")])
    world.sat(world.sitting(exam, ["cem"]))
    sweeps.run_all()
    for _ in range(2):
        sweeps.run_slow()
    assert told(world, "mia") == [1]
    world.sat(world.sitting(exam, ["sam"], title="Second"), name="sam")
    sweeps.run_all()
    sweeps.run_slow()
    assert told(world, "mia") == [1]
    travel(minutes=61)
    for _ in range(2):
        sweeps.run_slow()
    assert told(world, "mia") == [1, 2]
    travel(minutes=61)
    sweeps.run_slow()
    assert told(world, "mia") == [1, 2]
    assert told(world, "cem") == []
