"""Closing: submit with its digest, expiry after the slack, force, void; the seal over what was folded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from examengine.accounts import actions as accounts
from examengine.core import clock, codes
from examengine.core.db import dumps, session
from examengine.core.errors import Conflict, Invalid, Missing, Problem, SignedOut
from examengine.delivery import actions, journal, queries
from examengine.delivery.models import Attempt, RejectedSave
from examengine.delivery.tokens import Token
from examengine.exams import actions as exams
from examengine.exams import queries as exam_queries
from tests.making import World


@pytest.fixture
def attempt(world: World) -> Attempt:
    """An attempt at one written question."""
    return world.start(world.sitting(world.exam([world.item("essay", points="10")])), holder="desk")


@pytest.fixture
def token(world: World, attempt: Attempt) -> Token:
    return world.token(attempt)


def entry(value: object, slot: int = 1, t: int = 1) -> dict[str, object]:
    return {"slot": slot, "t": t, "value": value}


def submit(token: Token, values: dict[int, Any]) -> Attempt:
    made = actions.submit(token, journal.digest(values), clock.now()).attempt
    session.commit()
    return made


def refused(token: Token, values: dict[int, Any]) -> Problem:
    with pytest.raises(Problem) as caught:
        submit(token, values)
    session.rollback()
    return caught.value


def close(attempt_id: int, move: str = "expire") -> Attempt | None:
    closed = actions.close_attempt(attempt_id, move, clock.now())
    session.commit()
    return closed


def answers(attempt_id: int) -> list[Any]:
    session.expire_all()
    return [response.value for response in queries.find_responses(attempt_id)]


def test_a_submit_closes_with_the_answers_and_a_receipt(world: World, token: Token) -> None:
    world.save(token, 1, [entry("an answer")])
    done = submit(token, {1: "an answer"})
    assert (done.state, answers(token.attempt)) == ("submitted", ["an answer"])
    assert done.receipt is not None
    assert len(done.receipt) == 20
    assert done.submitted_at == done.closed_at


def test_a_submit_that_believes_something_else_is_told_what_the_server_has(world: World, token: Token) -> None:
    world.save(token, 1, [entry("kept")])
    error = refused(token, {1: "kept, and more that never arrived"})
    assert (error.status, error.code) == (409, "digest-mismatch")
    assert error.extra == {"digest": journal.digest({1: "kept"}), "slots": [[1, "kept"]]}
    assert queries.get_attempt(token.attempt).state == "in_progress"


def test_after_a_mismatch_the_page_sends_what_differs_and_submits_again(world: World, token: Token) -> None:
    world.save(token, 1, [entry("kept")])
    refused(token, {1: "all of it"})
    world.save(token, 2, [entry("all of it")])
    assert submit(token, {1: "all of it"}).state == "submitted"
    assert answers(token.attempt) == ["all of it"]


def test_after_a_mismatch_the_person_may_submit_what_the_server_has(world: World, token: Token) -> None:
    world.save(token, 1, [entry("kept")])
    digest = refused(token, {1: "lost"}).extra["digest"]
    assert actions.submit(token, digest, clock.now()).attempt.state == "submitted"


def test_a_repeated_submit_gets_the_same_receipt_even_with_another_digest(world: World, token: Token) -> None:
    first = submit(token, {})
    receipt, at = first.receipt, first.submitted_at
    again = submit(token, {1: "whatever"})
    assert (again.receipt, again.submitted_at) == (receipt, at)


def test_a_submit_needs_the_pen(world: World, token: Token) -> None:
    actions.take_over(token.attempt, token.person, "laptop", clock.now())
    session.commit()
    assert refused(token, {}).code == "taken-over"


def test_a_submit_while_paused_is_refused(world: World, token: Token) -> None:
    actions.pause(token.attempt, clock.now(), world.person("kim").id, "alarm")
    session.commit()
    assert refused(token, {}).code == "paused"


@pytest.mark.parametrize("end", ["log out", "deactivate"])
def test_a_submit_after_the_sessions_ended_is_signed_out(world: World, token: Token, end: str) -> None:
    cem = world.person("cem")
    if end == "deactivate":
        accounts.deactivate(cem, clock.now(), None)
    else:
        accounts.end_sessions(cem)
    session.commit()
    assert isinstance(refused(token, {}), SignedOut)


def test_nobody_submits_another_persons_attempt(world: World, token: Token) -> None:
    sam = world.person("sam")
    assert isinstance(refused(Token(token.attempt, sam.id, sam.session_version, 1, 1), {}), Missing)


@pytest.mark.parametrize("state", ["expired", "void"])
def test_a_submit_of_an_attempt_that_ended_otherwise_is_refused(
    world: World, token: Token, travel: Callable[..., None], state: str
) -> None:
    if state == "void":
        actions.void(token.attempt, clock.now(), world.person("kim").id, "fraud")
    else:
        travel(minutes=61)
        close(token.attempt)
    session.commit()
    assert refused(token, {}).code == "closed"


def test_a_submit_within_the_slack_counts_as_handed_in_at_the_deadline(
    world: World, attempt: Attempt, token: Token, travel: Callable[..., None]
) -> None:
    deadline = attempt.deadline_at
    session.rollback()
    travel(minutes=60, seconds=20)
    done = submit(token, {})
    assert (done.state, done.submitted_at) == ("submitted", deadline)


def test_expiry_waits_for_the_slack_to_the_microsecond(world: World, attempt: Attempt) -> None:
    deadline = attempt.deadline_at
    assert deadline is not None
    last = deadline + timedelta(seconds=30)
    assert actions.close_attempt(attempt.id, "expire", last) is None
    assert queries.find_overdue(last, 9) == []
    after = last + timedelta(microseconds=1)
    assert queries.find_overdue(after, 9) == [attempt.id]
    closed = actions.close_attempt(attempt.id, "expire", after)
    assert closed is not None
    assert (closed.state, closed.submitted_at, closed.closed_at) == ("expired", deadline, after)


def test_expiry_folds_what_was_saved_late_too(world: World, token: Token, travel: Callable[..., None]) -> None:
    world.save(token, 1, [entry("early")])
    travel(minutes=60, seconds=10)
    world.save(token, 2, [{"slot": 1, "t": 1000, "value": "in time, but slow"}], age=1000 + 15_000)
    travel(seconds=25)
    close(token.attempt)
    assert answers(token.attempt) == ["in time, but slow"]


def test_a_paused_attempt_never_expires(world: World, token: Token, travel: Callable[..., None]) -> None:
    actions.pause(token.attempt, clock.now(), world.person("kim").id, "alarm")
    session.commit()
    travel(days=3)
    assert queries.find_overdue(clock.now(), 9) == []
    assert close(token.attempt) is None
    assert queries.get_attempt(token.attempt).state == "paused"


def test_an_invigilator_closes_a_paused_attempt_by_force(world: World, token: Token) -> None:
    kim = world.person("kim").id
    world.save(token, 1, [entry("so far")])
    actions.pause(token.attempt, clock.now(), kim, "alarm")
    actions.close_attempt(token.attempt, "force", clock.now(), kim)
    session.commit()
    assert (queries.get_attempt(token.attempt).state, answers(token.attempt)) == ("submitted", ["so far"])
    assert [event.kind for event in queries.find_events([token.attempt])] == ["pause", "force"]


@pytest.mark.parametrize("move", ["force", "expire"])
def test_a_closed_attempt_is_not_closed_again(
    world: World, token: Token, travel: Callable[..., None], move: str
) -> None:
    travel(minutes=61)
    first = close(token.attempt, move)
    assert first is not None
    before = (first.state, first.closed_at, first.seal, first.receipt)
    travel(minutes=5)
    assert close(token.attempt, "force") is None
    assert close(token.attempt, "expire") is None
    again = queries.get_attempt(token.attempt)
    assert (again.state, again.closed_at, again.seal, again.receipt) == before
    assert len(queries.find_responses(token.attempt)) == 1


def test_every_slot_gets_a_response_blanks_too(world: World) -> None:
    attempt = world.start(world.sitting())
    values = world.answers(attempt)
    answered = sorted(values)[:2]
    token = world.token(attempt)
    world.save(token, 1, [entry(values[slot], slot) for slot in answered])
    submit(token, {slot: values[slot] for slot in answered})
    found = queries.find_responses(token.attempt)
    assert [response.slot for response in found] == [1, 2, 3, 4, 5, 6]
    assert [response.blank for response in found] == [slot not in answered for slot in range(1, 7)]


def test_responses_are_kept_in_authoring_order_whatever_was_shown(world: World) -> None:
    item = world.item(data={"options": [{"text": "a", "key": True}, {"text": "b"}, {"text": "c"}, {"text": "d"}]})
    attempt = world.start(world.sitting(world.exam([item])))
    order = attempt.paper["slots"][0]["order"]
    token = world.token(attempt)
    world.save(token, 1, [entry(order.index(2))])
    submit(token, {1: order.index(2)})
    assert answers(token.attempt) == [2]


def test_the_fold_goes_by_epoch_and_number_not_by_arrival(world: World, token: Token) -> None:
    world.save(token, 2, [entry("second")])
    world.save(token, 1, [entry("first")])
    close(token.attempt, "force")
    assert answers(token.attempt) == ["second"]


def test_a_later_epoch_comes_after_all_of_the_earlier_one(world: World, token: Token) -> None:
    world.save(token, 7, [entry("at the desk")])
    actions.take_over(token.attempt, token.person, "laptop", clock.now())
    session.commit()
    new = world.token(queries.get_attempt(token.attempt))
    world.save(new, 1, [entry("on the laptop")])
    close(token.attempt, "force")
    assert answers(token.attempt) == ["on the laptop"]


def test_the_seal_chains_the_journal_and_the_receipt_is_its_beginning(world: World, token: Token) -> None:
    for seq in (1, 2):
        world.save(token, seq, [entry(f"no. {seq}")])
    done = submit(token, {1: "no. 2"})
    rows = queries.find_rows(token.attempt)
    assert done.seal == journal.seal(token.attempt, rows)
    assert done.receipt == codes.base32(bytes.fromhex(done.seal), 20)
    assert [row.sha256 for row in rows] == [hashlib.sha256(row.body.encode()).digest() for row in rows]


def test_the_seal_changes_with_every_byte_of_the_journal(world: World, token: Token) -> None:
    world.save(token, 1, [entry("a")])
    rows = queries.find_rows(token.attempt)
    body = dumps([entry("b")])
    other = journal.Row(1, 1, body, hashlib.sha256(body.encode()).digest(), rows[0].received_at)
    assert journal.seal(token.attempt, rows) != journal.seal(token.attempt, [other])
    assert journal.seal(token.attempt, rows) != journal.seal(token.attempt + 1, rows)


def test_a_pause_is_added_to_the_deadline_and_remaining_time_stands_still(
    world: World, attempt: Attempt, travel: Callable[..., None]
) -> None:
    kim, before = world.person("kim").id, attempt.deadline_at
    assert before is not None
    begun = clock.now()
    actions.pause(attempt.id, begun, kim, "alarm")
    left = queries.remaining_ms(attempt, begun)
    session.commit()
    travel(minutes=20)
    assert queries.remaining_ms(queries.get_attempt(attempt.id), clock.now()) == left
    ended = clock.now()
    actions.resume(attempt.id, ended, kim)
    session.commit()
    assert queries.get_attempt(attempt.id).deadline_at == before + (ended - begun)


def test_extra_time_while_paused_is_there_after_the_pause(
    world: World, attempt: Attempt, travel: Callable[..., None]
) -> None:
    kim, before = world.person("kim").id, attempt.deadline_at
    assert before is not None
    begun = clock.now()
    actions.pause(attempt.id, begun, kim, "alarm")
    exams.add_extra_time(exam_queries.get_enrolment(attempt.enrolment_id), 600, begun, kim, "certificate")
    left = queries.remaining_ms(attempt, begun)
    actions.refresh_deadline(attempt.enrolment_id, begun, kim, "certificate")
    assert queries.remaining_ms(attempt, begun) - left == 600_000
    session.commit()
    travel(minutes=5)
    ended = clock.now()
    actions.resume(attempt.id, ended, kim)
    assert queries.get_attempt(attempt.id).deadline_at == before + (ended - begun) + timedelta(minutes=10)


@pytest.mark.parametrize("act", ["pause", "void"])
def test_invigilators_acts_need_a_reason(world: World, attempt: Attempt, act: str) -> None:
    with pytest.raises(Invalid):
        getattr(actions, act)(attempt.id, clock.now(), world.person("kim").id, "  ")


def test_a_void_attempt_keeps_its_reason_and_takes_no_further_step(world: World, attempt: Attempt) -> None:
    kim = world.person("kim").id
    actions.void(attempt.id, clock.now(), kim, "wrong person")
    session.commit()
    again = queries.get_attempt(attempt.id)
    assert (again.state, again.void_reason) == ("void", "wrong person")
    for act in (actions.pause, actions.void):
        with pytest.raises(Conflict):
            act(attempt.id, clock.now(), kim, "again")


def test_a_submitted_attempt_can_be_declared_void(world: World, token: Token) -> None:
    submit(token, {})
    actions.void(token.attempt, clock.now(), world.person("kim").id, "impersonation")
    assert queries.get_attempt(token.attempt).state == "void"


def late_save(world: World, token: Token, travel: Callable[..., None]) -> int:
    """A save that came too late, of an attempt closed meanwhile; gives its row's id."""
    travel(minutes=61)
    with pytest.raises(Conflict):
        world.save(token, 1, [entry("late, but the line was down")])
    close(token.attempt)
    return session.query(RejectedSave).one().id


def test_an_admitted_late_save_is_folded_in_under_a_further_seal(
    world: World, token: Token, travel: Callable[..., None]
) -> None:
    rejected = late_save(world, token, travel)
    closed = queries.get_attempt(token.attempt)
    seal, receipt = closed.seal, closed.receipt
    actions.admit_late(rejected, clock.now(), world.person("kim").id, "the line was down")
    session.commit()
    again = queries.get_attempt(token.attempt)
    assert answers(token.attempt) == ["late, but the line was down"]
    assert again.seal != seal
    assert again.receipt == receipt
    assert [row.late for row in queries.find_rows(token.attempt)] == [True]


def test_a_late_save_is_admitted_once_and_with_a_reason_only(
    world: World, token: Token, travel: Callable[..., None]
) -> None:
    rejected, kim = late_save(world, token, travel), world.person("kim").id
    with pytest.raises(Invalid):
        actions.admit_late(rejected, clock.now(), kim, " ")
    session.rollback()
    actions.admit_late(rejected, clock.now(), kim, "the line was down")
    session.commit()
    with pytest.raises(Missing):
        actions.admit_late(rejected, clock.now(), kim, "again")
