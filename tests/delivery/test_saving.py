"""The save: idempotent, guarded, never acknowledged and missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from examengine.accounts import actions as accounts
from examengine.core import clock, codes
from examengine.core.db import dumps, session
from examengine.core.errors import Conflict, Invalid, Locked, Malformed, Missing, Problem, SignedOut, TooLarge, TooMany
from examengine.delivery import actions, journal, queries
from examengine.delivery.models import RejectedSave
from examengine.delivery.tokens import Token
from tests.making import World

ONE = [{"slot": 1, "t": 10, "value": "text"}]


def refused(world: World, token: Token, seq: int, entries: list[dict[str, object]], **how: object) -> Problem:
    with pytest.raises(Problem) as caught:
        world.save(token, seq, entries, **how)  # type: ignore[arg-type]
    return caught.value


def test_a_save_is_acknowledged_with_its_digest_and_is_in_the_journal(world: World) -> None:
    attempt = world.start(world.sitting())
    done = world.save(world.token(attempt), 1, ONE)
    assert done.sha256 == codes.sha256(dumps(ONE))
    assert [row.body for row in queries.find_rows(attempt.id)] == [dumps(ONE)]
    assert 0 < done.remaining_ms <= 3600_000


def test_the_same_save_again_gets_the_first_answer(world: World, travel: Callable[..., None]) -> None:
    token = world.token(world.start(world.sitting()))
    first = world.save(token, 1, ONE)
    travel(seconds=5)
    again = world.save(token, 1, ONE)
    assert (again.seq, again.sha256, again.saved_at) == (first.seq, first.sha256, first.saved_at)
    assert len(queries.find_rows(token.attempt)) == 1


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    token = world.token(world.start(world.sitting()))
    world.save(token, 1, ONE)
    assert refused(world, token, 1, [{"slot": 1, "t": 10, "value": "other"}]).code == "key-reused"


def test_an_older_epoch_is_refused_and_a_reload_keeps_the_epoch(world: World) -> None:
    attempt = world.start(world.sitting(), holder="desk")
    old = world.token(attempt)
    actions.take_over(attempt.id, world.person("cem").id, "laptop", clock.now())
    session.commit()
    error = refused(world, old, 1, ONE)
    assert isinstance(error, Locked)
    assert error.code == "taken-over"
    assert world.save(world.token(queries.get_attempt(attempt.id)), 1, ONE)


def test_log_out_ends_the_token(world: World) -> None:
    token = world.token(world.start(world.sitting()))
    accounts.end_sessions(world.person("cem"))
    session.commit()
    assert isinstance(refused(world, token, 1, ONE), SignedOut)


def test_a_deactivated_person_cannot_save(world: World) -> None:
    token = world.token(world.start(world.sitting()))
    accounts.deactivate(world.person("cem"), clock.now(), None)
    session.commit()
    assert isinstance(refused(world, token, 1, ONE), SignedOut)


def test_somebody_elses_attempt_is_missing(world: World) -> None:
    attempt = world.start(world.sitting())
    sam = world.person("sam")
    token = Token(attempt.id, sam.id, sam.session_version, 1, 6)
    assert isinstance(refused(world, token, 1, ONE), Missing)


def test_a_paused_attempt_refuses_and_goes_on_after(world: World, travel: Callable[..., None]) -> None:
    attempt = world.start(world.sitting())
    token, kim = world.token(attempt), world.person("kim").id
    before = attempt.deadline_at
    session.rollback()
    actions.pause(attempt.id, clock.now(), kim, "fire drill")
    session.commit()
    assert refused(world, token, 1, ONE).code == "paused"
    travel(minutes=10)
    actions.resume(attempt.id, clock.now(), kim)
    session.commit()
    assert world.save(token, 1, ONE)
    after = queries.get_attempt(attempt.id).deadline_at
    assert before is not None and after is not None
    assert 600 <= (after - before).total_seconds() < 602


def test_just_after_the_deadline_an_older_entry_counts_and_is_late(world: World, travel: Callable[..., None]) -> None:
    token = world.token(world.start(world.sitting()))
    travel(minutes=60, seconds=10)
    done = world.save(token, 1, [{"slot": 1, "t": 1000, "value": "x"}], age=1000 + 15_000)
    assert done.late


def test_just_after_the_deadline_a_new_entry_is_rejected_and_kept(world: World, travel: Callable[..., None]) -> None:
    token = world.token(world.start(world.sitting()))
    travel(minutes=60, seconds=10)
    assert refused(world, token, 1, [{"slot": 1, "t": 1000, "value": "x"}], age=2000).code == "too-late"
    assert session.query(RejectedSave).count() == 1
    assert queries.get_attempt(token.attempt).rejected_late == 1


def test_a_forged_age_gains_the_slack_at_most(world: World, travel: Callable[..., None]) -> None:
    token = world.token(world.start(world.sitting()))
    travel(minutes=60, seconds=31)
    assert refused(world, token, 1, [{"slot": 1, "t": 0, "value": "x"}], age=10_000_000).code == "too-late"


def test_fifty_rejected_saves_are_kept_then_only_counted(world: World, travel: Callable[..., None]) -> None:
    token = world.token(world.start(world.sitting()))
    travel(minutes=62)
    for seq in range(1, 54):
        refused(world, token, seq, ONE)
    assert session.query(RejectedSave).count() == journal.KEPT_REJECTED
    assert queries.get_attempt(token.attempt).rejected_late == 53


def test_a_submitted_attempt_refuses(world: World) -> None:
    attempt = world.start(world.sitting())
    token = world.token(attempt)
    world.submit(attempt, {})
    error = refused(world, token, 1, ONE)
    assert isinstance(error, Conflict)
    assert error.code == "closed"


def test_the_limit_of_saves_is_said_once_to_the_invigilator(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_SAVES", 3)
    token = world.token(world.start(world.sitting()))
    for seq in (1, 2, 3):
        world.save(token, seq, ONE)
    for seq in (4, 5):
        assert isinstance(refused(world, token, seq, ONE), TooMany)
    assert [event.kind for event in queries.find_events([token.attempt])] == ["limit"]


def test_the_limit_of_bytes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_TOTAL", 100)
    token = world.token(world.start(world.sitting()))
    world.save(token, 1, ONE)
    assert isinstance(refused(world, token, 2, [{"slot": 1, "t": 1, "value": "x" * 90}]), TooMany)


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ([], Malformed),
        ({"slot": 1}, Malformed),
        ([{"slot": "1", "t": 1, "value": 1}], Malformed),
        ([{"slot": 1, "t": 1}], Malformed),
        ([{"slot": 1, "t": 1, "value": 1, "flag": True}], Malformed),
        ([{"slot": 1, "t": 1, "value": {"a": 1}}], Malformed),
        ([{"slot": 1, "t": 1, "value": 1.5}], Malformed),
        ([{"slot": 1, "t": 1, "splice": [0, -1, ""]}], Malformed),
        ([{"slot": 7, "t": 1, "value": 1}], Invalid),
        ([{"slot": 1, "t": 1, "value": "x" * (64 * 1024 + 1)}], TooLarge),
    ],
)
def test_bad_bodies(world: World, entries: list[dict[str, object]], kind: type[Problem]) -> None:
    token = world.token(world.start(world.sitting()))
    assert isinstance(refused(world, token, 1, entries), kind)
    assert queries.find_rows(token.attempt) == []
