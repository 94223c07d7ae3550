"""A contested result: who may ask, until when, what becomes of it; it never gets lower unless somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from examengine.accounts import actions as people
from examengine.core import clock
from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.delivery.models import Attempt
from examengine.exams import actions as exams
from examengine.exams import plans
from examengine.exams import queries as exams_read
from examengine.exams.models import Sitting
from examengine.grading import actions as grading
from examengine.grading import queries as scores
from examengine.grading.models import Score
from examengine.jobs import sweeps
from examengine.notices.queries import find_notices
from examengine.records.models import Entry
from examengine.results import actions, appeals, contested, queries
from examengine.results.models import Appeal, Result
from tests.grading.marking import claim, essay, exam, hand_in, mark
from tests.making import World
from tests.racing import Racer, both_at_once

Travel = Callable[..., None]
REASON = "I named the three steps that the rubric asks for."
ANSWER = "A second grader has read it and agrees with you."


def released(world: World, one: str = "7", two: str = "8", essays: int = 1, **terms: Any) -> Attempt:
    """Cem's attempt, marked by Mia and Max, its result released."""
    items = [essay(world, f"essay-{n}") for n in range(1, essays + 1)]
    sitting = world.sitting(exam(world, *items, release="complete", **terms))
    return out(world, hand_in(world, sitting), one, two, essays)


def out(world: World, attempt: Attempt, one: str = "7", two: str = "8", essays: int = 1) -> Attempt:
    for _ in range(essays):
        mark(world, "mia", one)
        mark(world, "max", two)
    actions.complete(attempt.id, clock.now())
    actions.release_due(attempt.sitting_id, clock.now())
    session.commit()
    return attempt


def ask(world: World, attempt: Attempt, *slots: int, who: str = "cem", reason: str = REASON) -> Appeal:
    made = appeals.ask(attempt.id, world.person(who).id, slots, reason, clock.now())
    session.commit()
    return made


def send(world: World, appeal: Appeal, graders: dict[int, int | None] | None = None, by: str = "kim") -> None:
    appeals.send(appeal.id, {1: None} if graders is None else graders, clock.now(), world.person(by).id)
    session.commit()


def answer(world: World, appeal: Appeal, lower: bool | None = None, by: str = "kim", text: str = ANSWER) -> Appeal:
    done = appeals.answer(appeal.id, text, clock.now(), world.person(by).id, lower=lower)
    session.commit()
    session.expire_all()
    return done


def percent(attempt: Attempt) -> str:
    found = queries.find_released(attempt.id)
    assert found is not None
    return f"{found.percent:.2f}"


def rows(attempt: Attempt) -> list[tuple[int, str]]:
    found = session.query(Result).filter_by(attempt_id=attempt.id).order_by(Result.revision)
    return [(row.revision, f"{row.percent:.2f}") for row in found]


def test_the_whole_story_of_a_raise(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt, 1)
    assert (appeal.state, appeal.slots) == ("open", [1])
    notice = find_notices(world.person("kim").id)[0]
    assert (notice.kind, notice.subject_id) == ("appeal.opened", appeal.id)
    send(world, appeal)
    assert percent(attempt) == "75.00"
    mark(world, "zoe", "9")
    assert percent(attempt) == "75.00"
    done = answer(world, appeal)
    assert (done.state, done.answer) == ("answered", ANSWER)
    assert rows(attempt) == [(1, "75.00"), (2, "90.00")]
    assert percent(attempt) == "90.00"
    assert done.outcome is not None and done.outcome.reason == ANSWER
    assert [(r.slot, r.before, r.after) for r in done.remarks] == [(1, Decimal("7.5"), 9)]
    kinds = [notice.kind for notice in find_notices(world.person("cem").id)]
    assert kinds[:2] == ["appeal.answered", "result.released"]


def test_the_record_follows(world: World) -> None:
    attempt = released(world)
    sweeps.run_all()
    appeal = ask(world, attempt)
    send(world, appeal)
    mark(world, "zoe", "9")
    answer(world, appeal)
    sweeps.run_all()
    session.commit()
    entries = session.query(Entry).order_by(Entry.id).all()
    assert [(entry.revision, Decimal(entry.details["percent"])) for entry in entries] == [(1, 75), (2, 90)]
    assert entries[1].corrects_id == entries[0].id


def test_every_act_is_in_the_audit_trail(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt)
    send(world, appeal)
    mark(world, "zoe", "9")
    answer(world, appeal)
    found = {entry.action: entry for entry in session.query(AuditEntry).filter_by(subject="appeal")}
    assert set(found) == {"appeal.ask", "appeal.send", "appeal.answer"}
    assert found["appeal.ask"].actor_id == world.person("cem").id
    detail = found["appeal.answer"].detail
    assert (detail["before"]["state"], Decimal(detail["before"]["percent"])) == ("marking", 75)
    assert (detail["after"]["state"], Decimal(detail["after"]["percent"])) == ("answered", 90)


def test_a_rejection_is_official_too_and_changes_nothing(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt)
    text = "The rubric gives no points for naming steps without a reason."
    appeals.reject(appeal.id, text, clock.now(), world.person("kim").id)
    session.commit()
    assert rows(attempt) == [(1, "75.00"), (2, "75.00")]
    assert session.query(Score).count() == 1
    assert find_notices(world.person("cem").id)[0].kind == "appeal.answered"
    assert contested.find_own(attempt.id, attempt.person_id)[0].answer == text


def test_an_unchanged_fresh_mark_is_a_row_all_the_same(world: World) -> None:
    attempt = released(world, "7", "7")
    appeal = ask(world, attempt)
    send(world, appeal)
    mark(world, "zoe", "7")
    answer(world, appeal)
    assert rows(attempt) == [(1, "70.00"), (2, "70.00")]


def test_a_lower_result_needs_the_managers_word(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt)
    send(world, appeal)
    mark(world, "zoe", "7")
    with pytest.raises(Invalid) as caught:
        answer(world, appeal)
    assert caught.value.code == "lower"
    session.rollback()
    assert percent(attempt) == "75.00"
    answer(world, appeal, lower=True)
    assert percent(attempt) == "70.00"


def test_or_the_old_points_stand(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt)
    send(world, appeal)
    mark(world, "zoe", "7")
    answer(world, appeal, lower=False)
    assert rows(attempt) == [(1, "75.00"), (2, "75.00")]
    assert session.query(Score).count() == 1


def test_nobody_can_hold_back_a_raise(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt)
    send(world, appeal)
    mark(world, "zoe", "9")
    answer(world, appeal, lower=False)
    assert percent(attempt) == "90.00"


def test_several_answers_are_weighed_together(world: World) -> None:
    attempt = released(world, essays=2)
    appeal = ask(world, attempt)
    send(world, appeal, {1: None, 2: None})
    first, second = mark(world, "zoe", "7"), mark(world, "zoe", "9")
    assert {first.case.slot, second.case.slot} == {1, 2}
    answer(world, appeal)  # −0.5 and +1.5: the result is not lower
    assert percent(attempt) == "80.00"


def test_beyond_the_tolerance_the_lead_decides_before_it_can_be_answered(world: World) -> None:
    attempt = released(world, "8", "9")
    appeal = ask(world, attempt)
    send(world, appeal)
    mark(world, "zoe", "6")
    with pytest.raises(Conflict):
        answer(world, appeal, lower=True)
    session.rollback()
    case = scores.find_cases([attempt.id])[0]
    grading.adjudicate(case.id, world.person("ada").id, Decimal("8.5"), "as it was", "", clock.now())
    session.commit()
    answer(world, appeal)
    assert rows(attempt) == [(1, "85.00"), (2, "85.00")]


def test_marks_are_awaited(world: World) -> None:
    appeal = ask(world, released(world))
    send(world, appeal)
    with pytest.raises(Conflict):
        answer(world, appeal)


def test_only_the_owner_asks_and_takes_back(world: World) -> None:
    attempt = released(world)
    with pytest.raises(Missing):
        ask(world, attempt, who="sam")
    session.rollback()
    appeal = ask(world, attempt)
    with pytest.raises(Missing):
        appeals.take_back(appeal.id, world.person("sam").id, clock.now())
    session.rollback()
    appeals.take_back(appeal.id, world.person("cem").id, clock.now())
    session.commit()
    assert rows(attempt) == [(1, "75.00")]
    ask(world, attempt)  # and may ask anew


def test_what_is_sent_cannot_be_taken_back(world: World) -> None:
    appeal = ask(world, released(world))
    send(world, appeal)
    with pytest.raises(Conflict):
        appeals.take_back(appeal.id, world.person("cem").id, clock.now())


def test_one_is_open_at_a_time(world: World) -> None:
    attempt = released(world)
    ask(world, attempt)
    with pytest.raises(Conflict):
        ask(world, attempt)


@pytest.mark.parametrize("reason", ["", "   ", "too low", "！！！！！！！！", "评分低"])
def test_a_reason_says_something(world: World, reason: str) -> None:
    attempt = released(world)
    with pytest.raises(Invalid):
        ask(world, attempt, reason=reason)


@pytest.mark.parametrize("reason", ["评分过低了", "please read my answer again", "x " * 2000])
def test_a_reason_in_any_script(world: World, reason: str) -> None:
    assert ask(world, released(world), reason=reason).reason == reason.strip()


def test_a_question_that_the_paper_does_not_have(world: World) -> None:
    attempt = released(world)
    with pytest.raises(Invalid):
        ask(world, attempt, 2)


def test_within_the_days_that_the_exam_says(world: World, travel: Travel) -> None:
    attempt = released(world, appeal_days=2)
    travel(days=2, seconds=-60)
    assert contested.chance(attempt, clock.now()).until is not None
    ask(world, attempt)
    session.query(Appeal).delete()
    session.commit()
    travel(seconds=120)
    with pytest.raises(Conflict):
        ask(world, attempt)


def test_zero_days_is_never(world: World) -> None:
    attempt = released(world, appeal_days=0)
    assert contested.chance(attempt, clock.now()).until is None
    with pytest.raises(Conflict):
        ask(world, attempt)


def test_an_answer_begins_no_new_term_but_a_correction_does(world: World, travel: Travel) -> None:
    attempt = released(world)
    until = contested.chance(attempt, clock.now()).until
    appeal = ask(world, attempt)
    travel(days=1)
    appeals.reject(appeal.id, "We have looked at it once more.", clock.now(), world.person("kim").id)
    session.commit()
    assert contested.chance(attempt, clock.now()).until == until
    actions.revise(attempt.id, "key corrected", clock.now(), None, always=True)
    session.commit()
    later = contested.chance(attempt, clock.now()).until
    assert until is not None and later is not None and later > until


def test_what_is_not_released_or_is_void_cannot_be_contested(world: World) -> None:
    sitting = world.sitting(exam(world, release="hand"))
    attempt = hand_in(world, sitting)
    mark(world, "mia", "7")
    mark(world, "max", "8")
    actions.complete(attempt.id, clock.now())
    session.commit()
    with pytest.raises(Conflict):
        ask(world, attempt)
    session.rollback()
    actions.release_by_hand(sitting.id, clock.now(), world.person("kim").id)
    delivery.void(attempt.id, clock.now(), world.person("kim").id, "impersonation")
    session.commit()
    with pytest.raises(Conflict):
        ask(world, attempt)


def test_an_attempt_declared_void_is_not_sent_but_can_be_answered(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt)
    delivery.void(attempt.id, clock.now(), world.person("kim").id, "impersonation")
    grading.void_cases(attempt.id)
    session.commit()
    with pytest.raises(Conflict):
        send(world, appeal)
    session.rollback()
    done = appeals.reject(appeal.id, "The attempt is void, as you were told.", clock.now(), world.person("kim").id)
    session.commit()
    assert (done.state, done.outcome_id) == ("rejected", None)


def test_a_question_of_the_machine_is_not_sent(world: World) -> None:
    made = world.exam([world.item(), essay(world)], release="complete", shuffle_items=False)
    attempt = out(world, world.submit(*started(world, world.sitting(made))))
    appeal = ask(world, attempt)
    for graders in ({}, {1: None}, {9: None}):
        with pytest.raises(Invalid):
            send(world, appeal, graders)
        session.rollback()
    send(world, appeal, {2: None})


def started(world: World, sitting: Sitting) -> tuple[Attempt, dict[int, Any]]:
    attempt = world.start(sitting)
    values = {1: world.answers(attempt)[1], 2: "a text"}
    world.save(world.token(attempt), 1, [{"slot": s, "t": s, "value": v} for s, v in values.items()])
    return attempt, values


def test_a_manager_neither_decides_her_own_nor_those_of_an_exam_that_she_is_to_sit(world: World) -> None:
    made = exam(world, release="complete")
    attempt = out(world, hand_in(world, world.sitting(made, ["kim"]), "kim"))
    appeal = ask(world, attempt, who="kim")
    assert next(n.kind for n in find_notices(world.person("kim").id)) == "result.released"
    with pytest.raises(Missing):
        send(world, appeal)
    session.rollback()
    with pytest.raises(Missing):
        appeals.reject(appeal.id, ANSWER, clock.now(), world.person("kim").id)
    session.rollback()
    world.sitting(made, ["ben"])
    with pytest.raises(Missing):
        send(world, appeal, by="ben")
    session.rollback()
    send(world, appeal, by="ann")


def test_a_manager_who_is_to_sit_the_exam_is_not_told_of_an_appeal(world: World, travel: Travel) -> None:
    attempt = released(world)
    kim, ben = world.person("kim").id, world.person("ben").id
    people.set_roles(world.person("ben"), ["administrator", "manager"], clock.now(), None)
    world.sitting(attempts.get_attempt(attempt.id).sitting.exam, ["ben"])
    assert exams_read.find_in_conflict(attempts.get_attempt(attempt.id).sitting.exam_id, clock.now()) >= {ben}
    ask(world, attempt)
    assert "appeal.opened" in {notice.kind for notice in find_notices(kim)}
    assert "appeal.opened" not in {notice.kind for notice in find_notices(ben)}
    travel(days=2)
    assert not exams_read.find_in_conflict(attempts.get_attempt(attempt.id).sitting.exam_id, clock.now())


def test_her_own_appeal_stays_anothers_after_the_close_too(world: World, travel: Travel) -> None:
    attempt = out(world, hand_in(world, world.sitting(exam(world, release="complete"), ["kim"], hours=1), "kim"))
    travel(hours=2)
    appeal = ask(world, attempt, who="kim")
    with pytest.raises(Missing):
        appeals.reject(appeal.id, ANSWER, clock.now(), world.person("kim").id)


def test_what_is_listed_and_counted(world: World) -> None:
    sitting = world.sitting(exam(world, release="complete"), ["cem", "sam", "dee"])
    made = {}
    for name in ("cem", "sam", "dee"):
        attempt = out(world, hand_in(world, sitting, name))
        made[name] = ask(world, attempt, who=name)
    send(world, made["sam"])
    appeals.reject(made["dee"].id, ANSWER, clock.now(), world.person("kim").id)
    session.commit()
    kim = world.person("kim").id
    assert contested.count_stages(kim, ()) == {"open": 1, "marking": 1, "ready": 0, "closed": 1}
    mark(world, "zoe", "9")
    assert contested.count_stages(kim, ()) == {"open": 1, "marking": 0, "ready": 1, "closed": 1}
    [line] = contested.find_lines(kim, (), stage="ready").rows
    assert (line.appeal.id, line.person.username, line.percent) == (made["sam"].id, "sam", 75)
    names = [row.person.username for row in contested.find_lines(kim, ()).rows]
    assert names == ["cem", "sam", "dee"]
    assert contested.find_lines(kim, {sitting.exam_id}).total == 0
    assert contested.find_lines(made["cem"].person_id, ()).total == 2
    assert [row.person.username for row in contested.find_lines(kim, (), words="dee").rows] == ["dee"]


def test_old_plans_load_with_seven_days() -> None:
    stored = plans.dump(plans.Plan())
    del stored["terms"]["appeal_days"]
    assert plans.load(stored).terms.appeal_days == 7
    for days in (-1, 91):
        with pytest.raises(Invalid):
            plans.check_terms(replace(plans.Terms(), appeal_days=days))


def test_other_corrections_go_on_meanwhile(world: World) -> None:
    attempt = released(world)
    appeal = ask(world, attempt)
    send(world, appeal)
    assert actions.revise(attempt.id, "key corrected", clock.now(), None, always=True) is not None
    session.commit()
    mark(world, "zoe", "9")
    answer(world, appeal)
    assert rows(attempt) == [(1, "75.00"), (2, "75.00"), (3, "90.00")]


def test_two_appeals_at_once_are_one(app: Flask, world: World) -> None:
    attempt_id, cem = released(world).id, world.person("cem").id

    assert both_at_once(app, lambda: appeals.ask(attempt_id, cem, (), REASON, clock.now())) == ("done", "refused")
    assert session.query(Appeal).count() == 1


def test_two_managers_at_once_and_one_acts(app: Flask, world: World) -> None:
    appeal = ask(world, released(world))
    appeal_id, kim, ann = appeal.id, world.person("kim").id, world.person("ann").id

    def rejecting() -> str:
        try:
            appeals.reject(appeal_id, ANSWER, clock.now(), ann)
        except Conflict:
            session.rollback()
            return "refused"
        return "rejected"

    with Racer(app, lambda: appeals.send(appeal_id, {1: None}, clock.now(), kim).state, hold=True) as first:
        first.has_worked()
        with Racer(app, rejecting) as second:
            second.must_wait()
            assert (first.let_go(), second.result()) == ("marking", "refused")


def test_taking_back_and_answering_at_once_is_one_of_them(app: Flask, world: World) -> None:
    appeal = ask(world, released(world))
    appeal_id, kim, cem = appeal.id, world.person("kim").id, world.person("cem").id

    def taking() -> str:
        try:
            return appeals.take_back(appeal_id, cem, clock.now()).state
        except Conflict:
            session.rollback()
            return "refused"

    with Racer(app, lambda: appeals.reject(appeal_id, ANSWER, clock.now(), kim).state, hold=True) as first:
        first.has_worked()
        with Racer(app, taking) as second:
            second.must_wait()
            assert (first.let_go(), second.result()) == ("rejected", "refused")


def test_the_fresh_grader_is_on_leave_and_a_stand_in_takes_it(world: World) -> None:
    from examengine.grading import leave

    attempt = released(world)
    made = attempts.get_attempt(attempt.id).sitting.exam
    graders = [world.person(n).id for n in ("mia", "max", "zoe", "ben")]
    exams.set_duties(made, {"grader": graders, "lead": [world.person("ada").id]}, clock.now(), None)
    session.commit()
    appeal = ask(world, attempt)
    send(world, appeal, {1: world.person("zoe").id})
    for to, expected in (("mia", leave.Handed(0, 1)),):
        kim = world.person("kim").id
        handed = leave.hand_over(made.id, world.person("zoe").id, world.person(to).id, clock.now(), kim, "ill")
        assert handed == expected  # she has marked it: to the pool, where only Ben may take it
        session.commit()
    assert claim(world, "mia") is None
    assert claim(world, "ben") is not None
