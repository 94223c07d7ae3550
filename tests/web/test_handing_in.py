"""Handing in: the short way writes what the whole way writes, and leaves to it whatever is not plain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, insert, select, update

from examengine.bank import queries as bank
from examengine.core import clock
from examengine.core.db import Hot, db, session
from examengine.core.errors import Conflict, Locked, Missing, Problem, SignedOut
from examengine.delivery import actions, journal, submitting
from examengine.delivery.models import Attempt, AttemptEvent, ItemResponse
from examengine.delivery.tokens import Token
from examengine.exams.models import Sitting
from examengine.grading.models import Correction, MarkingCase, Score
from examengine.itemtypes import kinds
from examengine.web.shell import closing
from tests.making import World
from tests.racing import Racer, Saver

FACTS = (
    Attempt.state,
    Attempt.submitted_at,
    Attempt.closed_at,
    Attempt.deadline_at,
    Attempt.remaining_s,
    Attempt.seal,
    Attempt.receipt,
    Attempt.scored_at,
    Attempt.result_at,
)
PEOPLE = ("essay", "short_answer")


@pytest.fixture
def whole_way(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The attempts that went the whole way."""
    seen: list[int] = []
    plain = actions.submit

    def note(token: Token, digest: str, *rest: Any, **more: Any) -> actions.Closing:
        seen.append(token.attempt)
        return plain(token, digest, *rest, **more)

    monkeypatch.setattr(actions, "submit", note)
    return seen


@pytest.fixture
def sitting(world: World) -> Sitting:
    """Questions that the machine judges."""
    return world.sitting(world.exam([world.item(kind) for kind in kinds() if kind not in PEOPLE]))


def begun(world: World, sitting: Sitting, blanks: int = 1, right: bool = True) -> tuple[Token, dict[int, Any]]:
    """An attempt with answers to all but the last questions, and what was answered."""
    attempt = world.start(sitting)
    token, values = world.token(attempt), world.answers(attempt, right)
    for _ in range(blanks):
        values.popitem()
    for seq, (slot, value) in enumerate(values.items(), 1):
        world.save(token, seq, [{"slot": slot, "t": seq, "value": value}])
    session.rollback()
    return token, values


def known(attempt_id: int) -> None:
    """The process has the paper's versions at hand, as it has once a page of the exam was shown."""
    paper = session.scalar(select(Attempt.paper).where(Attempt.id == attempt_id))
    bank.frozen(slot["version"] for slot in paper["slots"])
    session.rollback()


def hand_in(token: Token, values: Mapping[int, Any]) -> closing.Receipt:
    """As the door does."""
    session.rollback()  # on SQLite an open transaction of the test would keep it waiting
    receipt = closing.hand_in(token, journal.digest(values), wait=True)
    session.commit()
    return receipt


def written(attempt_id: int) -> Sequence[Any]:
    """All that a closing leaves in the database."""
    session.rollback()
    asked = (
        select(*FACTS).where(Attempt.id == attempt_id),
        select(*ItemResponse.__table__.c).where(ItemResponse.attempt_id == attempt_id).order_by(ItemResponse.slot),
        select(*Score.__table__.c).where(Score.attempt_id == attempt_id).order_by(Score.slot, Score.number),
        select(MarkingCase.slot).where(MarkingCase.attempt_id == attempt_id),
        select(AttemptEvent.kind).where(AttemptEvent.attempt_id == attempt_id),
    )
    return [[tuple(row) for row in session.execute(query)] for query in asked]


def test_both_ways_write_the_same(
    world: World, sitting: Sitting, whole_way: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    token, values = begun(world, sitting)
    known(token.attempt)
    before = session.execute(select(*FACTS).where(Attempt.id == token.attempt)).one()
    monkeypatch.setattr(clock, "now", lambda: now)
    short, left = hand_in(token, values), written(token.attempt)
    assert whole_way == []
    session.execute(delete(Score))
    session.execute(delete(ItemResponse))
    session.execute(update(Attempt).values(**dict(before._mapping)))
    session.commit()
    monkeypatch.setattr(bank, "find_kept", lambda ids: None)
    assert hand_in(token, values) == short
    assert whole_way == [token.attempt]
    assert written(token.attempt) == left
    [facts], responses, scores, _, _ = left
    assert facts[0] == "submitted"
    assert [row.blank for row in session.scalars(select(ItemResponse).order_by(ItemResponse.slot))].count(True) == 1
    assert len(responses) == len(scores) == len(values) + 1


def test_a_deadline_that_is_just_over_is_when_it_was_handed_in(
    world: World, whole_way: list[int], travel: Callable[..., None]
) -> None:
    token, values = begun(world, world.sitting(world.exam([world.item(), world.item()], time_limit_s=600)))
    known(token.attempt)
    deadline = session.scalar(select(Attempt.deadline_at))
    session.rollback()
    travel(seconds=601)
    assert hand_in(token, values).submitted_at == deadline
    assert whole_way == []


def corrected(world: World, token: Token) -> None:
    item, now = next(iter(world.items.values())), clock.now()
    facts = {"kind": "everyone", "item_id": item.id, "state": "applied", "created_at": now, "applied_at": now}
    session.execute(insert(Correction), [facts])


def changed(**columns: Any) -> Callable[[World, Token], None]:
    def change(world: World, token: Token) -> None:
        session.execute(update(Attempt).where(Attempt.id == token.attempt).values(**columns))

    return change


def forgotten(world: World, token: Token) -> None:
    bank._frozen.clear()


UNUSUAL = {
    "an item was corrected": corrected,
    "it was opened again": changed(reopened=1),
    "a save came too late": changed(rejected_late=1),
    "nobody has read the questions": forgotten,
}


@pytest.mark.parametrize("case", UNUSUAL)
def test_what_is_not_plain_goes_the_whole_way(world: World, sitting: Sitting, whole_way: list[int], case: str) -> None:
    token, values = begun(world, sitting)
    known(token.attempt)
    UNUSUAL[case](world, token)
    session.commit()
    assert hand_in(token, values).code
    assert whole_way == [token.attempt]
    [facts], responses, scores, _, _ = written(token.attempt)
    assert facts[0] == "submitted"
    assert len(responses) == len(values) + 1
    assert len(scores) >= len(responses)


@pytest.mark.parametrize("kind", PEOPLE)
def test_what_people_judge_goes_the_whole_way(world: World, whole_way: list[int], kind: str) -> None:
    sitting = world.sitting(world.exam([world.item(), world.item(kind, points="10")]))
    token, values = begun(world, sitting, blanks=0, right=False)
    known(token.attempt)
    hand_in(token, values)
    assert whole_way == [token.attempt]
    _, responses, scores, cases, _ = written(token.attempt)
    assert (len(responses), len(scores), len(cases)) == (2, 1, 1)


REFUSED: dict[str, tuple[Callable[[World, Token], None], type[Problem]]] = {
    "paused": (changed(state="paused"), Locked),
    "void": (changed(state="void"), Conflict),
    "taken over": (changed(epoch=2), Locked),
    "logged out": (lambda world, token: setattr(world.person("cem"), "session_version", 99), SignedOut),
    "left": (lambda world, token: setattr(world.person("cem"), "active", False), SignedOut),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_refused_by_the_whole_way(
    world: World, sitting: Sitting, whole_way: list[int], case: str
) -> None:
    token, values = begun(world, sitting)
    known(token.attempt)
    change, refusal = REFUSED[case]
    change(world, token)
    session.commit()
    with pytest.raises(refusal):
        hand_in(token, values)
    session.rollback()
    assert whole_way == [token.attempt]
    assert written(token.attempt)[1:] == [[], [], [], []]


def test_a_foreign_attempt_and_another_digest_are_refused(world: World, sitting: Sitting, whole_way: list[int]) -> None:
    token, values = begun(world, sitting)
    known(token.attempt)
    foreign = Token(token.attempt, world.person("sam").id, 1, token.epoch, token.slots)
    with pytest.raises(Missing):
        hand_in(foreign, values)
    session.rollback()
    with pytest.raises(Conflict) as refused:
        hand_in(token, {1: "believed"})
    session.rollback()
    assert refused.value.code == "digest-mismatch"
    assert len(whole_way) == 2
    assert written(token.attempt)[1:] == [[], [], [], []]


def test_a_second_time_gives_the_same_receipt(world: World, sitting: Sitting, whole_way: list[int]) -> None:
    token, values = begun(world, sitting)
    known(token.attempt)
    first = hand_in(token, values)
    left = written(token.attempt)
    assert hand_in(token, {}) == first
    assert whole_way == [token.attempt]
    assert written(token.attempt) == left


def test_a_save_under_way_is_waited_for_and_folded_in(
    app: Flask, world: World, sitting: Sitting, whole_way: list[int]
) -> None:
    token, values = begun(world, sitting)
    known(token.attempt)
    last = {"slot": 1, "t": 99, "value": None}
    with Saver(app, token, 99, [last], hold=True) as saver:
        saver.has_worked()
        with Racer(app, lambda: closing.hand_in(token, journal.digest({**values, 1: None}), wait=True)) as closer:
            closer.must_wait()
            saver.let_go()
            closer.result()
    assert whole_way == []
    assert session.scalar(select(ItemResponse.blank).where(ItemResponse.slot == 1))


def test_where_a_statement_fails_nothing_is_kept(
    app: Flask, world: World, sitting: Sitting, whole_way: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    token, values = begun(world, sitting)
    known(token.attempt)
    before, plain = written(token.attempt), Hot.insert

    def fail(hot: Hot, model: Any, rows: Any) -> None:
        if model is Score:
            rows = [{**row, "version_id": 0} for row in rows]  # no such version
        plain(hot, model, rows)

    monkeypatch.setattr(Hot, "insert", fail)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        hand_in(token, values)
    assert written(token.attempt) == before
    monkeypatch.setattr(Hot, "insert", plain)
    assert hand_in(token, values).code
    assert whole_way == []


def test_the_short_way_asks_nothing_of_the_session(world: World, sitting: Sitting) -> None:
    token, values = begun(world, sitting)
    known(token.attempt)
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        closing.hand_in(token, journal.digest(values), wait=True)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert seen == []


def test_unusual_is_told_without_a_trace(world: World, sitting: Sitting) -> None:
    token, _ = begun(world, sitting)
    known(token.attempt)
    with pytest.raises(submitting.Unusual):
        closing._at_once(token, journal.digest({}), clock.now(), True)
    assert written(token.attempt)[1:] == [[], [], [], []]
