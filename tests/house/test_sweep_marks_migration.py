"""Rows from before the sweeps' marks: done is done, and what was left to do is still found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from examengine.core import clock
from examengine.core.db import session
from examengine.exams import queries as exams
from examengine.jobs.sweeps import SWEEPS
from examengine.records import actions as records
from examengine.results import actions as results
from examengine.results.models import Result
from tests.making import World
from tests.results.correcting import complete

FOLDER = str(Path(__file__).parents[2] / "migrations")
BEFORE = "2026_11_26_72"
MARKED = ("marked again", "results", "release", "records")


def left() -> dict[str, list[int]]:
    """What each sweep that goes by marks has to do."""
    found = {sweep.name: sorted(sweep.find(clock.now())) for sweep in SWEEPS if sweep.name in MARKED}
    session.rollback()
    return found


def test_marks_are_made_of_what_is_there(world: World, travel: Callable[..., None]) -> None:
    exam = world.exam([world.item()], release="complete")
    attempts = [world.sat(world.sitting(exam, title=title)) for title in ("record", "out", "revised", "kept", "ripe")]
    for attempt in attempts[:4]:
        complete(attempt)
    for attempt in attempts[:3]:
        results.release_due(attempt.sitting_id, clock.now())
    results.revise(attempts[2].id, "Looked at again.", clock.now(), None, always=True)
    results.revise(attempts[3].id, "Looked at before anybody knew.", clock.now(), None, always=True)
    records.record_result(session.query(Result).filter_by(attempt_id=attempts[0].id).one().id, clock.now())
    session.commit()
    travel(hours=30)
    expected = left()
    assert [len(expected[name]) for name in MARKED] == [0, 1, 1, 3]
    marks = "SELECT count(*) FROM result WHERE settled_at IS NULL"
    kept_back = session.scalar(text(marks))
    session.remove()
    downgrade(directory=FOLDER, revision=BEFORE)
    upgrade(directory=FOLDER)
    assert left() == expected
    assert session.scalar(text(marks)) == kept_back == 1
    assert len(exams.find_unrolled(clock.now(), 9)) == 5
