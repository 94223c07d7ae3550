"""The server's clock jumps by a day and back while an attempt goes on: nothing is lost, nothing is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from examengine.core import clock
from examengine.core.db import dumps, session
from examengine.delivery import queries
from examengine.delivery.models import RejectedSave
from examengine.jobs import sweeps
from tests.making import World, block_of
from tests.web.conftest import Visit

BODY = dumps([{"slot": 1, "t": 1, "value": "x"}])


class Wall:
    """The machine's clock, set by hand."""

    by = timedelta(0)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    """The machine's clock, watched anew."""
    found = Wall()
    monkeypatch.setattr(clock, "_wall", lambda: datetime.now(UTC) + found.by)
    monkeypatch.setattr(clock, "_watch", clock.Watch())
    yield found


def put(browser: FlaskClient, block: dict[str, object], seq: int) -> tuple[int, dict[str, object]]:
    headers = {"Attempt-Token": str(block["token"]), "Page-Clock": "1", "Content-Type": "application/json"}
    done = browser.put(f"/attempts/{block['attempt']}/saves/{block['epoch']}/{seq}", data=BODY, headers=headers)
    return done.status_code, done.get_json()


@pytest.mark.parametrize("days", [1, -1])
def test_a_jump_and_back(visit: Visit, world: World, wall: Wall, days: int) -> None:
    cem = visit("cem")
    attempt = world.start(world.sitting())
    attempt_id, deadline = attempt.id, attempt.deadline_at
    with cem.session_transaction() as kept:
        kept["browser"] = "desk"
    attempt.holder = "desk"
    session.commit()
    block = block_of(cem.get(f"/attempts/{attempt_id}").get_data(as_text=True))
    assert put(cem, block, 1)[0] == 200

    wall.by = timedelta(days=days)
    status, document = put(cem, block, 2)
    if days > 0:
        assert (status, document["code"]) == (503, "unavailable")
        assert sweeps.run_all() == 0
    else:
        assert status == 200
    session.rollback()
    assert queries.get_attempt(attempt_id).state == "in_progress"

    wall.by = timedelta(0)
    assert put(cem, block, 2)[0] == 200  # the page sends the very same again
    assert put(cem, block, 3)[0] == 200
    sweeps.run_all()
    session.rollback()
    after = queries.get_attempt(attempt_id)
    assert (after.state, after.deadline_at) == ("in_progress", deadline)
    assert [row.seq for row in queries.find_rows(attempt_id)] == [1, 2, 3]
    assert session.query(RejectedSave).count() == 0


def test_a_clock_that_stays_is_believed_in_the_end(world: World, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = world.start(world.sitting())
    attempt_id = attempt.id
    session.rollback()
    wall.by = timedelta(days=1)
    assert sweeps.run_all() == 0
    monkeypatch.setattr(clock, "SETTLING_S", 0)
    assert sweeps.run_all() > 0
    session.rollback()
    assert queries.get_attempt(attempt_id).state == "expired"
