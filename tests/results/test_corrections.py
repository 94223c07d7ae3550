"""A wrong key, points or score put right: preview, apply, undo; what is released is released again with a notice."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from examengine.bank import queries as bank
from examengine.core import audit, clock, tasks
from examengine.core.db import session
from examengine.core.errors import Conflict, Forbidden, Invalid, Missing
from examengine.delivery import actions as delivery
from examengine.grading import actions as grading
from examengine.grading import corrections, queries
from examengine.grading.models import Correction, MarkingTask, Score
from examengine.jobs import work
from examengine.notices.queries import find_notices
from examengine.records.models import Entry
from examengine.results import corrections as results
from examengine.results import queries as read
from examengine.results import review
from examengine.results.models import CorrectionLine
from tests.grading.marking import case_of, essay, mark
from tests.making import World
from tests.racing import LONGEST, Racer
from tests.results.correcting import (
    answered,
    apply,
    choice,
    complete,
    earned,
    for_exam,
    keyed,
    ledger,
    percents,
    prepare,
    rekey,
    run_sweeps,
    single,
    undo,
)


def scene(world: World, **terms: Any) -> tuple[Any, Any, Any]:
    """Cem picks option 0 of both questions, Sam option 1 of the first and 0 of the second; keys: 0, 0; pass: 60 %."""
    one, two = choice(world, "one"), choice(world, "two")
    exam = world.exam([one, two], release="complete", shuffle_items=False, **terms)
    sitting = world.sitting(exam, ["cem", "sam"])
    cem = answered(world, sitting, "cem", {1: 0, 2: 0})
    sam = answered(world, sitting, "sam", {1: 1, 2: 0})
    run_sweeps()
    return exam, cem, sam


def test_a_wrong_key_from_preview_to_the_notice(world: World) -> None:
    _, cem, sam = scene(world)
    assert (percents(cem), percents(sam)) == (["100.00"], ["50.00"])
    made = rekey(world, world.items["one"], keyed(1))
    assert made.state == "ready"
    assert {name: made.counts[name] for name in ("answers", "changed", "percents", "gained", "lost")} == {
        "answers": 2,
        "changed": 2,
        "percents": 2,
        "gained": 1,
        "lost": 1,
    }
    lines = {line.attempt_id: line for line in session.query(CorrectionLine)}
    assert (lines[sam.id].percent_before, lines[sam.id].percent_after, lines[sam.id].flip) == (50, 100, 1)
    assert (lines[cem.id].points_before, lines[cem.id].points_after, lines[cem.id].flip) == (2, 0, -1)
    assert earned(sam)[1] == (0, 2), "a preview changes nothing"
    apply(world, made)
    assert (percents(cem), percents(sam)) == (["100.00", "50.00"], ["50.00", "100.00"])
    last = ledger(sam)[-1]
    assert (last.passed, last.reason) == (True, "The key was wrong")
    assert last.cause == {"correction": made.id, "kind": "key", "slots": [1], "undone": False}
    assert last.release is not None
    assert find_notices(world.person("sam").id)[0].kind == "result.revised"
    entries = session.query(Entry).filter_by(source="results", source_id=sam.id).order_by(Entry.revision).all()
    assert [(Decimal(e.details["percent"]), e.details["passed"]) for e in entries] == [(50, False), (100, True)]
    undo(world, made)
    assert (percents(cem), percents(sam)) == (["100.00", "50.00", "100.00"], ["50.00", "100.00", "50.00"])
    assert ledger(sam)[-1].cause["undone"]
    apply(world, made)
    assert percents(sam)[-1] == "100.00"
    acts = [e.action for e in session.query(audit.AuditEntry).filter_by(subject="correction").order_by("id")]
    assert acts == [f"correction.{act}" for act in ("plan", "apply", "undo", "apply")]


def test_the_corrected_version_is_what_candidates_saw_and_new_exams_take_it(world: World) -> None:
    scene(world)
    item = world.items["one"]
    old = item.published
    assert old is not None
    made = rekey(world, item, {**keyed(1), "stem": "<p>Another stem</p>", "explanation": "<p>New</p>"})
    new = bank.frozen([made.version_id])[made.version_id]
    was = bank.frozen([old.id])[old.id]
    assert new.kind.present(new.content) == was.kind.present(was.content)
    assert new.content.explanation == "<p>New</p>"
    assert bank.get_item(item.id).published_id == old.id
    apply(world, made)
    assert bank.get_item(item.id).published_id == made.version_id
    undo(world, made)
    assert bank.get_item(item.id).published_id == old.id


def test_scores_and_keys_come_from_one_version(world: World, travel: Callable[..., None]) -> None:
    _, cem, _ = scene(world)
    made = rekey(world, world.items["one"], {**keyed(1), "explanation": "<p>Because it helps</p>"})
    apply(world, made)
    travel(hours=25)
    first = review.review(cem, clock.now())[0]
    assert first.key == ("Transfer at once",)
    assert "Because it helps" in first.explanation
    judged = read.find_judged(cem.id)[0]
    assert judged.key == ("Transfer at once",)
    assert [line.right for line in judged.lines] == [False, True, False]


def test_an_attempt_that_closes_later_is_scored_by_the_corrected_version_at_once(world: World) -> None:
    one = choice(world, "one")
    sitting = world.sitting(world.exam([one], release="complete"), ["cem", "sam"])
    attempt = world.start(sitting, "sam")
    apply(world, rekey(world, one, keyed(1)))
    picked = attempt.paper["slots"][0]["order"].index(1)
    world.save(world.token(attempt, "sam"), 1, [{"slot": 1, "t": 1, "value": picked}])
    world.submit(attempt, {1: picked}, "sam")
    assert earned(attempt) == {1: (2, 2)}
    undo(world, session.query(Correction).one())
    assert earned(attempt) == {1: (0, 2)}


def test_other_points_everyone_and_what_does_not_count(world: World) -> None:
    exam, cem, sam = scene(world)
    one = world.items["one"]
    points = for_exam(world, exam, one, "points", "6")
    apply(world, points)
    assert (percents(cem)[-1], percents(sam)[-1]) == ("100.00", "25.00")
    everyone = for_exam(world, exam, one, "everyone")
    apply(world, everyone)
    assert (percents(cem)[-1], percents(sam)[-1]) == ("100.00", "100.00")
    drop = for_exam(world, exam, one, "drop")
    apply(world, drop)
    assert (ledger(sam)[-1].points, ledger(sam)[-1].maximum, percents(sam)[-1]) == (2, 2, "100.00")
    undo(world, points)  # beneath the others: they stand without it
    undo(world, drop)
    assert earned(sam)[1] == (2, 2)
    undo(world, everyone)
    assert (percents(cem)[-1], percents(sam)[-1]) == ("100.00", "50.00")


def test_a_question_of_another_exam_keeps_its_points(world: World) -> None:
    one = choice(world, "one")
    exam, other = world.exam([one], release="complete"), world.exam([one], release="complete")
    first = answered(world, world.sitting(exam), "cem", {1: 0})
    second = answered(world, world.sitting(other), "cem", {1: 0})
    apply(world, for_exam(world, exam, one, "points", "5"))
    assert (earned(first), earned(second)) == ({1: (5, 5)}, {1: (2, 2)})
    apply(world, rekey(world, one, keyed(1)))
    assert (earned(first), earned(second)) == ({1: (0, 5)}, {1: (0, 2)})


def test_dropping_everything_is_refused(world: World) -> None:
    exam, cem, _ = scene(world)
    apply(world, for_exam(world, exam, world.items["one"], "drop"))
    refused = corrections.plan_for_exam(
        exam.id, world.items["two"].id, "drop", None, clock.now(), world.person("kim").id
    )
    prepare(refused)
    assert refused.state == "discarded"
    task = session.query(tasks.Task).order_by(tasks.Task.id.desc()).first()
    assert task is not None
    assert (task.state, task.outcome["reasons"]) == (
        "failed",
        ["With this, no question would count any more for some attempts."],
    )
    run_sweeps()
    assert session.query(Score).filter_by(correction_id=refused.id).count() == 0
    assert percents(cem)[-1] == "100.00"


def test_one_persons_score(world: World) -> None:
    _, cem, sam = scene(world)
    made = single(world, sam, 1, "1.5")
    assert made.counts["gained"] == 1
    apply(world, made)
    assert (percents(cem), percents(sam)) == (["100.00"], ["50.00", "87.50"])
    row = queries.latest_scores([sam.id])[sam.id][1]
    assert (row.source, row.points, row.number) == ("correction", Decimal("1.5"), 2)
    undo(world, made)
    assert percents(sam)[-1] == "50.00"


@pytest.mark.parametrize("points", ["-1", "2.01", "NaN", "0.001", "0"])
def test_a_score_that_cannot_be_or_changes_nothing_is_refused(world: World, points: str) -> None:
    _, _, sam = scene(world)
    with pytest.raises(Invalid):
        corrections.plan_score(sam.id, 1, Decimal(points), clock.now(), world.person("kim").id)


def essays(world: World, **terms: Any) -> Any:
    item = essay(world, "long")
    exam = world.exam([item, choice(world, "one")], release="complete", shuffle_items=False, **terms)
    return item, answered(world, world.sitting(exam), "cem", {1: "what Cem wrote", 2: 0})


def test_points_of_what_people_marked_scale(world: World) -> None:
    item, cem = essays(world)
    exam_id = case_of(cem).exam_id
    mark(world, "mia", "7")
    made = corrections.plan_for_exam(exam_id, item.id, "points", Decimal(5), clock.now(), world.person("kim").id)
    prepare(made)
    apply(world, made)
    assert percents(cem) == []
    mark(world, "max", "8")
    run_sweeps()
    assert earned(cem)[1] == (Decimal("3.75"), 5)
    assert (percents(cem), ledger(cem)[0].borderline) == (["82.14"], False)
    undo(world, made)
    assert earned(cem)[1] == (Decimal("7.5"), 10)


def test_a_borderline_is_told_on_the_scale_in_force(world: World) -> None:
    item, cem = essays(world, pass_mark=Decimal(91))
    mark(world, "mia", "7")
    mark(world, "max", "8")
    run_sweeps()
    assert ledger(cem)[-1].borderline is False  # 75 % to 83.33 %
    made = corrections.plan_for_exam(
        case_of(cem).exam_id, item.id, "points", Decimal(1), clock.now(), world.person("kim").id
    )
    prepare(made)
    apply(world, made)
    assert ledger(cem)[-1].borderline is True  # 90 % to 93.33 %


def test_everyone_relieves_graders_and_undo_calls_them_back(world: World) -> None:
    item, cem = essays(world)
    mark(world, "mia", "7")
    exam_id = case_of(cem).exam_id
    made = corrections.plan_for_exam(exam_id, item.id, "everyone", None, clock.now(), world.person("kim").id)
    prepare(made)
    assert made.counts["from_graders"] == 1
    apply(world, made)
    assert (case_of(cem).state, case_of(cem).shut_from) == ("void", "waiting")
    assert {task.state for task in session.query(MarkingTask)} == {"done", "void"}
    assert percents(cem) == ["100.00"]
    undo(world, made)
    assert (case_of(cem).state, percents(cem)) == ("waiting", ["100.00"]), "what is out stays until they have marked"
    assert review.review(cem, clock.now())[0].points is None
    assert read.find_judged(cem.id)[0].source == ""
    mark(world, "max", "7")
    run_sweeps()
    assert percents(cem) == ["100.00", "75.00"]
    assert ledger(cem)[-1].cause["kind"] == "marked"
    assert not case_of(cem).again


def short(world: World, *answers: str) -> Any:
    item = world.item("short_answer", "short", points="10", data={"accept": ["team leader"]})
    other = choice(world, "one", points="10")
    sitting = world.sitting(world.exam([item, other], release="complete", shuffle_items=False), ["cem", "sam"])
    attempts = [
        answered(world, sitting, name, {1: text, 2: 0}) for name, text in zip(("cem", "sam"), answers, strict=False)
    ]
    run_sweeps()
    return item, attempts


def test_an_accepted_answer_more_scores_it_and_relieves_graders(world: World) -> None:
    item, (cem, sam) = short(world, "Head of the team", "the cook")
    assert case_of(cem).state == "waiting"
    made = rekey(world, item, {"accept": ["team leader", "head of the team"]})
    assert (made.counts["changed"], made.counts["from_graders"]) == (1, 1)
    apply(world, made)
    assert (earned(cem)[1], case_of(cem).state, percents(cem)) == ((10, 10), "void", ["100.00"])
    assert case_of(sam).state == "waiting"
    assert queries.get_script(case_of(sam)).key == ("team leader", "head of the team")
    undo(world, made)
    assert case_of(cem).state == "waiting"


def test_an_accepted_answer_less_goes_to_graders(world: World) -> None:
    item, (cem, _) = short(world, "team leader", "the cook")
    assert percents(cem) == ["100.00"]
    made = rekey(world, item, {"accept": ["the team leader on duty"]})
    assert made.counts["to_graders"] == 1
    apply(world, made)
    case = case_of(cem)
    assert (case.state, percents(cem)) == ("waiting", ["100.00"])
    for name in ("mia", "max"):
        task = next(t for t in session.query(MarkingTask).filter_by(case_id=case.id, state="open"))
        assert grading._claim(task.id, world.person(name).id, clock.now())
        grading.give_mark(task.id, world.person(name).id, [5], "", clock.now())
        session.commit()
    run_sweeps()
    marked = earned(cem)[1]
    assert marked != (10, 10)
    assert len(percents(cem)) == 2
    undo(world, made)
    assert (earned(cem)[1], percents(cem)[-1]) == ((10, 10), "100.00")


def test_marks_of_answers_that_become_accepted_stay_in_the_rows(world: World) -> None:
    item, (cem, _) = short(world, "head of the team", "x")
    while (task := grading.claim_next(world.person("mia").id, clock.now())) is not None:
        grading.give_mark(task.id, world.person("mia").id, [2], "", clock.now())
        session.commit()
    while (task := grading.claim_next(world.person("max").id, clock.now())) is not None:
        grading.give_mark(task.id, world.person("max").id, [2], "", clock.now())
        session.commit()
    run_sweeps()
    before = earned(cem)[1]
    made = rekey(world, item, {"accept": ["head of the team"]})
    apply(world, made)
    assert (earned(cem)[1], len(case_of(cem).marks)) == ((10, 10), 2)
    undo(world, made)
    assert earned(cem)[1] == before


def test_a_single_score_beats_what_holds_for_everybody_but_no_later_judgement(world: World) -> None:
    exam, _, sam = scene(world)
    made = single(world, sam, 1, "0.5")
    apply(world, made)
    everyone = for_exam(world, exam, world.items["one"], "everyone")
    apply(world, everyone)
    assert earned(sam)[1] == (Decimal("0.5"), 2)
    undo(world, made)
    assert earned(sam)[1] == (2, 2)


def test_nobody_corrects_what_she_is_or_was_asked(world: World, travel: Callable[..., None]) -> None:
    one = choice(world, "one")
    exam = world.exam([one], release="complete")
    sitting = world.sitting(exam, ["cem", "ann", "kim"], hours=2)
    attempt = answered(world, sitting, "cem", {1: 0})
    answered(world, sitting, "kim", {1: 0})
    answered(world, sitting, "ann", {1: 0})
    run_sweeps()
    ann, kim = world.person("ann").id, world.person("kim").id
    shown = one.published
    assert shown is not None
    acts: list[Callable[[], Any]] = [
        lambda: corrections.plan_key(one, shown, {**shown.content, **keyed(1)}, clock.now(), ann),
        lambda: corrections.plan_for_exam(exam.id, one.id, "drop", None, clock.now(), kim),
        lambda: corrections.plan_score(attempt.id, 1, Decimal(1), clock.now(), kim),
    ]
    for act in acts:
        with pytest.raises(Missing):
            act()
        session.rollback()
    made = rekey(world, one, keyed(1), by="ben")
    travel(hours=3)
    for act in acts:
        with pytest.raises(Forbidden):
            act()
        session.rollback()
    for verb in (corrections.apply, corrections.undo):
        with pytest.raises(Forbidden):
            verb(made.id, "x", clock.now(), ann)
        session.rollback()
    assert corrections.is_barred(made, ann, clock.now())
    assert not corrections.is_barred(made, world.person("ben").id, clock.now())


def test_a_lead_corrects_in_her_exams_only(world: World) -> None:
    _, cem = essays(world)
    mark(world, "mia", "7")
    mark(world, "max", "8")
    run_sweeps()
    with pytest.raises(Missing):
        corrections.plan_score(cem.id, 1, Decimal(9), clock.now(), world.person("zoe").id, as_lead=True)
    made = corrections.plan_score(cem.id, 1, Decimal(9), clock.now(), world.person("ada").id, as_lead=True)
    prepare(made)
    apply(world, made, by="ada")
    assert earned(cem)[1] == (9, 10)


def test_a_reason_is_needed_and_states_are_kept(world: World) -> None:
    scene(world)
    made = rekey(world, world.items["one"], keyed(1))
    kim = world.person("kim").id
    with pytest.raises(Invalid):
        corrections.apply(made.id, "  ", clock.now(), kim)
    with pytest.raises(Conflict):
        corrections.undo(made.id, "x", clock.now(), kim)
    session.rollback()
    apply(world, made)
    for verb in (corrections.discard, corrections.renew):
        with pytest.raises(Conflict):
            verb(made.id, clock.now(), kim)
    with pytest.raises(Conflict):
        corrections.apply(made.id, "x", clock.now(), kim)


def test_a_key_that_stands_or_another_question_is_no_correction(world: World) -> None:
    scene(world)
    item = world.items["one"]
    shown = item.published
    assert shown is not None
    ann = world.person("ann").id
    for data in (keyed(0), {"options": keyed(1)["options"][:2]}, {"options": []}):
        with pytest.raises(Invalid):
            corrections.plan_key(item, shown, {**shown.content, **data}, clock.now(), ann)
        session.rollback()
    long = essay(world)
    assert long.published is not None
    with pytest.raises(Conflict):
        corrections.plan_key(long, long.published, long.published.content, clock.now(), ann)


def test_a_key_that_was_mended_in_the_editor_is_taken_as_it_is(world: World) -> None:
    from dataclasses import replace

    from examengine.bank import actions as bank_actions

    _, _, sam = scene(world)
    item = world.items["one"]
    assert item.published is not None
    draft = bank_actions.draft_of(item, item.published)
    bank_actions.write_item(item.bank, item, replace(draft, data={**draft.data, **keyed(1)}), clock.now(), None)
    newer = bank_actions.publish_item(item, clock.now(), None)
    session.commit()
    made = rekey(world, item, {})
    assert made.version_id == newer.id
    apply(world, made)
    assert percents(sam)[-1] == "100.00"


def test_what_has_come_since_the_preview_is_noticed(world: World) -> None:
    one, two = choice(world, "one"), choice(world, "two")
    exam = world.exam([one, two], release="complete", shuffle_items=False)
    sitting = world.sitting(exam, ["cem", "sam"])
    cem = answered(world, sitting, "cem", {1: 1, 2: 0})
    made = rekey(world, one, keyed(1))
    assert not results.is_stale(made)
    answered(world, sitting, "sam", {1: 1, 2: 0})
    assert results.is_stale(made)
    corrections.renew(made.id, clock.now(), world.person("kim").id)
    prepare(made)
    assert (made.state, made.counts["answers"], results.is_stale(made)) == ("ready", 2, False)
    other = for_exam(world, exam, one, "points", "5")
    apply(world, other)
    assert results.is_stale(made)
    with pytest.raises(Conflict) as raised:
        corrections.apply(made.id, "x", clock.now(), world.person("kim").id)
    assert raised.value.code == "stale"
    session.rollback()
    corrections.renew(made.id, clock.now(), world.person("kim").id)
    prepare(made)
    apply(world, made)
    assert earned(cem)[1] == (5, 5)


def test_a_correction_that_changes_no_score_makes_the_preview_of_another_stale(world: World) -> None:
    one = choice(world, "one")
    exam = world.exam([one], release="complete")
    answered(world, world.sitting(exam), "cem", {1: 0})
    made = rekey(world, one, keyed(1))
    apply(world, for_exam(world, exam, one, "everyone"))
    assert results.is_stale(made)


def test_following_up_of_an_earlier_turn_says_nothing_about_a_later_one(world: World) -> None:
    scene(world)
    made = rekey(world, world.items["one"], keyed(1))
    apply(world, made, follow=False)
    for attempt_id in (99, None):
        corrections.settled_to(made, made.turn - 1, attempt_id)
    session.expire_all()
    assert (made.settled, made.settled_to) == (False, 0)


def test_the_key_stays_closed_while_the_corrected_version_is_still_to_be_asked(
    world: World, travel: Callable[..., None]
) -> None:
    _, cem, _ = scene(world)
    made = rekey(world, world.items["one"], keyed(1))
    apply(world, made)
    later = world.exam([world.items["one"]])  # takes the corrected version
    world.sitting(later, ["eva"], hours=72)
    travel(hours=25)
    first, second = review.review(cem, clock.now())
    assert (first.key, second.key) == ((), ("Listen first",))
    travel(hours=50)
    assert review.review(cem, clock.now())[0].key == ("Transfer at once",)


def test_preparing_is_stopped_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "CHUNK", 1)
    scene(world)
    item = world.items["one"]
    assert item.published is not None
    made = corrections.plan_key(
        item, item.published, {**item.published.content, **keyed(1)}, clock.now(), world.person("ann").id
    )
    session.commit()
    task = tasks.plan("correct", {"correction": made.id}, clock.now(), None)
    task.stop_asked = True
    session.commit()
    work.run(task.id)
    session.expire_all()
    assert (tasks.get_task(task.id).state, tasks.get_task(task.id).done, made.state) == ("stopped", 1, "draft")
    with pytest.raises(Conflict):
        corrections.apply(made.id, "x", clock.now(), world.person("ann").id)
    session.rollback()
    prepare(made)
    assert (made.state, made.counts["answers"]) == ("ready", 2)
    assert session.query(Score).filter_by(correction_id=made.id).count() == 2


def test_following_up_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, cem, sam = scene(world)
    made = rekey(world, world.items["one"], keyed(1))
    apply(world, made, follow=False)
    monkeypatch.setattr(results, "LOCK_S", -1.0)
    assert results.settle(made.id, clock.now())
    session.commit()
    assert [len(ledger(attempt)) for attempt in (cem, sam)] == [2, 1]
    undo(world, made, follow=False)
    run_sweeps()
    assert (percents(cem), percents(sam)) == (["100.00", "50.00", "100.00"], ["50.00"])
    assert made.settled


def test_discarded_rows_are_cleared_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "CLEARED", 1)
    scene(world)
    made = rekey(world, world.items["one"], keyed(1))
    corrections.discard(made.id, clock.now(), world.person("ann").id)
    run_sweeps()
    assert session.query(Score).filter_by(correction_id=made.id).count() == 0
    assert session.query(CorrectionLine).count() == 0
    assert (made.state, made.settled) == ("discarded", True)


def test_results_that_are_not_out_are_corrected_without_a_notice(world: World) -> None:
    one = choice(world, "one")
    sitting = world.sitting(world.exam([one], release="hand"))
    cem = answered(world, sitting, "cem", {1: 1})
    complete(cem)
    apply(world, rekey(world, one, keyed(1)))
    assert [(r.percent, r.release) for r in ledger(cem)] == [(0, None), (100, None)]
    assert "result.revised" not in {n.kind for n in find_notices(world.person("cem").id)}


def test_void_attempts_are_left_alone(world: World) -> None:
    _, cem, _ = scene(world)
    delivery.void(cem.id, clock.now(), world.person("kim").id, "fraud")
    session.commit()
    made = rekey(world, world.items["one"], keyed(1))
    assert made.counts["answers"] == 1
    apply(world, made)
    assert len(ledger(cem)) == 1


PLANS: dict[str, Callable[..., Correction]] = {
    "key": lambda world, exam, sam: rekey(world, world.items["one"], keyed(1)),
    "points": lambda world, exam, sam: for_exam(world, exam, world.items["one"], "points", "3"),
    "everyone": lambda world, exam, sam: for_exam(world, exam, world.items["one"], "everyone"),
    "drop": lambda world, exam, sam: for_exam(world, exam, world.items["one"], "drop"),
    "score": lambda world, exam, sam: single(world, sam, 1, str(earned(sam)[1][1] / 4)),
}


def expected(held: set[str], right: bool, single_one: bool) -> tuple[Decimal, Decimal]:
    """What the first question should earn, written out once more."""
    if "drop" in held:
        return Decimal(0), Decimal(0)
    maximum = Decimal(3) if "points" in held else Decimal(2)
    share = Decimal(int(right))
    if "key" in held:
        share = 1 - share
    if "everyone" in held:
        share = Decimal(1)
    if "score" in held and single_one:
        share = Decimal("0.25")
    return share * maximum, maximum


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_corrections_and_undos_gives_what_those_in_force_say(world: World, seed: int) -> None:
    chance = random.Random(seed)
    exam, cem, sam = scene(world)
    before = earned(cem), earned(sam), percents(cem), percents(sam)
    made: dict[str, Correction] = {}
    held: set[str] = set()
    for _ in range(9):
        kind = chance.choice([*PLANS])
        if kind in held:
            undo(world, made[kind])
            held.remove(kind)
        elif "drop" in held and kind == "score" and kind not in made:
            continue  # nothing to give points out of
        else:
            if kind not in made:
                made[kind] = PLANS[kind](world, exam, sam)
            elif results.is_stale(made[kind]):
                corrections.renew(made[kind].id, clock.now(), world.person("kim").id)
                prepare(made[kind])
            apply(world, made[kind])
            held.add(kind)
        assert earned(cem)[1] == expected(held, True, False), held
        assert earned(sam)[1] == expected(held, False, True), held
        points, maximum = expected(held, False, True)
        assert (ledger(sam)[-1].points, ledger(sam)[-1].maximum) == (points + 2, maximum + 2)
    for kind in sorted(held):
        undo(world, made[kind])
    assert (earned(cem), earned(sam)) == before[:2]
    assert (percents(cem)[-1:], percents(sam)[-1:]) == before[2:]


def test_two_applies_at_once_are_one(app: Flask, world: World) -> None:
    scene(world)
    made, kim, ben = rekey(world, world.items["one"], keyed(1)), world.person("kim").id, world.person("ben").id
    number = made.id

    def press(by: int) -> Callable[[], str]:
        return lambda: corrections.apply(number, "wrong", clock.now(), by).state

    with Racer(app, press(kim), hold=True) as first:
        first.has_worked()
        with Racer(app, press(ben)) as second:
            second.must_wait()
            assert first.let_go() == "applied"
            with pytest.raises(Conflict):
                second.result()
    assert (made.turn, made.applied_by_id) == (1, kim)


def test_an_attempt_that_is_being_scored_while_it_is_applied_follows(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "LOCK_S", LONGEST)  # on a slow machine Cem's attempt alone would take a turn
    one = choice(world, "one")
    sitting = world.sitting(world.exam([one], release="complete"), ["cem", "sam"])
    answered(world, sitting, "cem", {1: 0})
    attempt = world.start(sitting, "sam")
    picked = attempt.paper["slots"][0]["order"].index(1)
    world.save(world.token(attempt, "sam"), 1, [{"slot": 1, "t": 1, "value": picked}])
    delivery.close_attempt(attempt.id, "force", clock.now())
    made = rekey(world, one, keyed(1))
    number, kim, attempt_id = made.id, world.person("kim").id, attempt.id
    with Racer(app, lambda: grading.score_closed(attempt_id, clock.now()), hold=True) as scoring:
        scoring.has_worked()  # by the old key, not committed yet
        with Racer(app, lambda: corrections.apply(number, "wrong", clock.now(), kim) and None) as switch:
            if session.get_bind().dialect.name == "postgresql":
                switch.result()
                with Racer(app, lambda: results.settle(number, clock.now())) as follow:
                    follow.must_wait()
                    scoring.let_go()
                    follow.result()
            scoring.let_go()
            switch.result()
    run_sweeps()
    assert (earned(attempt), percents(attempt)) == ({1: (2, 2)}, ["100.00"])


def test_a_leads_decision_while_it_is_applied_is_followed(app: Flask, world: World) -> None:
    item, cem = essays(world)
    for name, total in (("mia", "5"), ("max", "9"), ("zoe", "7")):
        mark(world, name, total)
    case_id, exam_id = case_of(cem).id, case_of(cem).exam_id
    kim, ada = world.person("kim").id, world.person("ada").id
    made = corrections.plan_for_exam(exam_id, item.id, "points", Decimal(5), clock.now(), kim)
    prepare(made)
    number = made.id

    def decide() -> None:
        grading.adjudicate(case_id, ada, Decimal(6), "the middle", "", clock.now())

    with Racer(app, decide, hold=True) as lead:
        lead.has_worked()
        with Racer(app, lambda: corrections.apply(number, "wrong", clock.now(), kim) and None) as switch:
            if session.get_bind().dialect.name == "postgresql":
                switch.result()
            lead.let_go()
            switch.result()
    run_sweeps()
    assert earned(cem)[1] == (3, 5)


def test_an_undo_while_results_follow_wins(app: Flask, world: World) -> None:
    _, cem, sam = scene(world)
    made = rekey(world, world.items["one"], keyed(1))
    apply(world, made, follow=False)
    number, kim = made.id, world.person("kim").id
    with Racer(app, lambda: results.settle(number, clock.now()), hold=True) as follow:
        follow.has_worked()
        with Racer(app, lambda: corrections.undo(number, "no", clock.now(), kim) and None) as back:
            back.must_wait()
            follow.let_go()
            back.result()
    run_sweeps()
    assert (percents(cem)[-1], percents(sam)[-1]) == ("100.00", "50.00")
