"""An attempt that is being handed in while a correction is switched ends as the correction says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from examengine.bank import queries as bank
from examengine.bank.models import ItemVersion
from examengine.core import clock, db
from examengine.core.db import session
from examengine.delivery import journal, submitting
from examengine.delivery.tokens import Token
from examengine.exams.models import Sitting
from examengine.grading import corrections
from examengine.results import corrections as results
from examengine.results.models import Result
from examengine.web.shell import closing
from tests.making import World
from tests.racing import LONGEST, Racer
from tests.results.correcting import answered, apply, choice, keyed, rekey, run_sweeps


class Held:
    """Stops whoever calls `function` until it is let go."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.there, self.go = threading.Event(), threading.Event()

    def __call__(self, *given: Any) -> Any:
        self.there.set()
        assert self.go.wait(LONGEST), "never let go"
        return self._function(*given)


@pytest.fixture
def sitting(world: World) -> Sitting:
    """One question whose right answer will be another one."""
    return world.sitting(world.exam([choice(world, "one")], release="complete"), ["cem", "sam"])


def begun(world: World, sitting: Sitting) -> tuple[Token, str]:
    """Sam's attempt with the second option chosen, and the digest of her answers."""
    answered(world, sitting, "cem", {1: 0})
    attempt = world.start(sitting, "sam")
    picked, token = attempt.paper["slots"][0]["order"].index(1), world.token(attempt, "sam")
    world.save(token, 1, [{"slot": 1, "t": 1, "value": picked}])
    return token, journal.digest({1: picked})


def percent(token: Token) -> Decimal:
    session.rollback()
    query = select(Result.percent).where(Result.attempt_id == token.attempt).order_by(Result.revision.desc())
    return session.scalars(query.limit(1)).one()


@pytest.mark.parametrize(("way", "switch"), [("short", "apply"), ("whole", "apply"), ("whole", "undo")])
def test_who_did_not_see_the_switch_follows_it(
    app: Flask, world: World, sitting: Sitting, monkeypatch: pytest.MonkeyPatch, way: str, switch: str
) -> None:
    monkeypatch.setattr(results, "LOCK_S", LONGEST)  # on a slow machine one attempt alone would take a turn
    token, digest = begun(world, sitting)
    made = rekey(world, world.items["one"], keyed(1))
    if switch == "undo":
        apply(world, made)
    number, kim = made.id, world.person("kim").id
    bank.frozen(session.scalars(select(ItemVersion.id).where(ItemVersion.published_at.is_not(None))).all())
    session.rollback()
    held = Held(submitting.keep)  # it has asked for corrections already
    if way == "short":
        monkeypatch.setattr(submitting, "keep", held)
    else:
        monkeypatch.setattr(bank, "find_kept", lambda ids: None)

    def press() -> None:
        (corrections.apply if switch == "apply" else corrections.undo)(number, "wrong", clock.now(), kim)

    with Racer(app, lambda: closing.hand_in(token, digest, wait=True), hold=True) as sam:
        assert held.there.wait(LONGEST) if way == "short" else sam.has_worked()
        with Racer(app, press) as manager:
            if db.hot().postgres and switch == "apply":  # an undo waits: a score names the correction
                manager.result()
                with Racer(app, lambda: results.settle(number, clock.now())) as follow:
                    follow.must_wait()
                    held.go.set()
                    sam.let_go()
                    follow.result()
            held.go.set()
            sam.let_go()
            manager.result()
    run_sweeps()
    assert percent(token) == (100 if switch == "apply" else 0)
