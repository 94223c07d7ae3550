"""Exams: written, published with frozen pools, withdrawn; what cannot be met is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from examengine.bank import actions as bank
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.delivery import actions as delivery
from examengine.exams import actions, plans, queries
from examengine.exams.models import Exam
from tests.making import World


def plan(*rules: plans.SlotRule, **terms: Any) -> plans.Plan:
    return plans.Plan(plans.Terms(**terms), (plans.Section("Part 1", rules),))


def rule(world: World, count: int = 1, **facts: Any) -> plans.DrawRule:
    return plans.DrawRule(world.bank().id, count, Decimal(2), **facts)


def add(world: World, made: plans.Plan, *, graders: bool = True) -> Exam:
    exam = actions.add_exam("November test", clock.now(), world.person("ann").id, made)
    if graders:
        actions.set_duties(exam, {"grader": [world.person("mia").id]}, clock.now(), None)
    session.commit()
    return exam


def publish(exam: Exam) -> None:
    actions.publish_exam(exam, clock.now(), None)
    session.commit()


def problems(exam: Exam) -> list[str]:
    with pytest.raises(Invalid) as refused:
        publish(exam)
    session.rollback()
    return [str(problem) for problem in refused.value.problems] or [str(refused.value)]


def test_a_plan_comes_back_as_it_was_written(world: World) -> None:
    marking = plans.MarkingPolicy(markers=3, tolerance=Decimal("0.25"), step=Decimal(1), lease_s=600)
    made = plans.Plan(
        plans.Terms(time_limit_s=900, attempts=2, counts="last", pass_mark=Decimal("62.5"), marking=marking),
        (
            plans.Section("Part 1", (plans.FixedSlot(7, Decimal("1.5")), plans.FixedSlot(8))),
            plans.Section("Part 2", (rule(world, 3, kind="essay", language="zh", difficulty=(2, 4)),)),
        ),
    )
    assert plans.load(queries.get_exam(add(world, made).id).plan) == made


def test_publishing_freezes_the_pools(world: World) -> None:
    first = world.item(code="a-1")
    exam = add(world, plan(rule(world, 1)))
    publish(exam)
    world.item(code="a-2")
    pools = queries.get_deal(exam.revision_id or 0).pools
    assert [list(pool.versions) for pool in pools] == [[first.published_id]]


def test_a_changed_item_reaches_an_exam_only_when_it_is_published_again(world: World) -> None:
    item = world.item()
    exam = add(world, plan(plans.FixedSlot(item.id)))
    publish(exam)
    old, revision = item.published_id, exam.revision_id
    draft = replace(bank.draft_of(item, item.latest), difficulty=5)
    bank.write_item(world.bank(), item, draft, clock.now(), None)
    bank.publish_item(item, clock.now(), None)
    session.commit()
    assert queries.get_deal(revision or 0).pools[0].versions == (old,)
    publish(exam)
    assert queries.get_deal(exam.revision_id or 0).pools[0].versions == (item.published_id,)
    assert queries.get_deal(revision or 0).pools[0].versions == (old,)


def test_changing_a_published_exam_leaves_its_revision_alone(world: World) -> None:
    exam = world.exam([world.item()])
    before = queries.get_deal(exam.revision_id or 0).plan
    actions.write_exam(exam, "Another title", plan(time_limit_s=60), clock.now(), None)
    session.commit()
    queries._deals.clear()
    assert queries.get_deal(exam.revision_id or 0).plan == before
    assert queries.get_deal(exam.revision_id or 0).title == "November test"


def test_an_empty_exam_is_not_published(world: World) -> None:
    assert problems(add(world, plan())) == ["The exam has no questions yet."]


def test_a_rule_that_cannot_be_met_is_named_with_what_it_lacks(world: World) -> None:
    for kind in ("true_false", "single_choice", "single_choice"):
        world.item(kind)
    exam = add(world, plan(rule(world, 1, kind="true_false"), rule(world, 5, kind="single_choice")))
    assert problems(exam) == ["Slot 2 cannot be filled: 3 more fitting questions are needed."]


def test_rules_that_only_compete_are_solved_together(world: World) -> None:
    world.item("true_false")
    world.item("single_choice")
    exam = add(world, plan(rule(world, 1), rule(world, 1, kind="true_false")))
    publish(exam)
    assert len(world.start(world.sitting(exam)).paper["slots"]) == 2


def test_rules_that_cannot_be_met_together_are_refused(world: World) -> None:
    world.item("true_false")
    world.item("single_choice")
    exam = add(world, plan(rule(world, 2), rule(world, 1, kind="true_false")))
    assert len(problems(exam)) == 1


def test_a_fixed_item_and_a_draw_never_give_the_same_question_twice(world: World) -> None:
    item = world.item()
    exam = add(world, plan(plans.FixedSlot(item.id), rule(world, 1)))
    assert "cannot be filled" in problems(exam)[0]


@pytest.mark.parametrize("how", ["draft", "retired", "unknown"])
def test_a_fixed_item_must_be_published_and_active(world: World, how: str) -> None:
    item = world.item()
    item_id = item.id
    if how == "retired":
        bank.retire_item(item, clock.now(), None)
    elif how == "draft":
        draft = replace(bank.draft_of(item, item.latest), code="other")
        item_id = bank.write_item(world.bank(), None, draft, clock.now(), None).id
    else:
        item_id += 999
    assert problems(add(world, plan(plans.FixedSlot(item_id)))) == [
        "Slot 1: the item is not published, or it is retired."
    ]


def test_what_people_mark_needs_graders(world: World) -> None:
    exam = add(world, plan(plans.FixedSlot(world.item("essay").id)), graders=False)
    assert problems(exam) == ["Some questions are marked by people: name the graders first."]


def test_what_the_machine_marks_needs_no_graders(world: World) -> None:
    publish(add(world, plan(plans.FixedSlot(world.item().id)), graders=False))


@pytest.mark.parametrize(
    "terms",
    [
        {"time_limit_s": 59},
        {"time_limit_s": 24 * 3600 + 1},
        {"attempts": 0},
        {"attempts": 21},
        {"pass_mark": Decimal("100.01")},
        {"pass_mark": Decimal("-1")},
        {"counts": "luckiest"},
        {"page_mode": "three"},
        {"release": "never"},
        {"marking": plans.MarkingPolicy(markers=0)},
        {"marking": plans.MarkingPolicy(markers=10)},
        {"marking": plans.MarkingPolicy(tolerance=Decimal(2))},
        {"marking": plans.MarkingPolicy(step=Decimal(0))},
    ],
)
def test_impossible_terms_are_refused(world: World, terms: dict[str, Any]) -> None:
    exam = add(world, plan())
    with pytest.raises(Invalid):
        actions.write_exam(exam, "T", plan(**terms), clock.now(), None)


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_an_exam_has_a_title(world: World, title: str) -> None:
    with pytest.raises(Invalid):
        actions.add_exam(title, clock.now(), None)


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "1001", "1.005", "NaN", "Infinity", "1e3000"])
def test_points_that_are_none(text: str) -> None:
    with pytest.raises(Invalid):
        plans.points(text)


def test_withdrawing_needs_a_reason_and_is_logged(world: World) -> None:
    exam = world.exam([world.item()])
    with pytest.raises(Invalid):
        actions.withdraw_exam(exam, clock.now(), None, " ")
    session.rollback()
    actions.withdraw_exam(exam, clock.now(), world.person("ann").id, "a key leaked")
    session.commit()
    entry = audit.find_latest(audit.AuditFilter(action="exam.withdraw"), 1)[0]
    assert (entry.reason, entry.subject_id) == ("a key leaked", exam.id)


def test_no_sitting_of_a_draft_or_of_a_withdrawn_exam(world: World) -> None:
    draft = add(world, plan(plans.FixedSlot(world.item().id)))
    with pytest.raises(Conflict):
        world.sitting(draft)
    session.rollback()
    exam = world.exam([world.item()])
    actions.withdraw_exam(exam, clock.now(), None, "old")
    session.commit()
    with pytest.raises(Conflict):
        world.sitting(exam)


def test_a_new_revision_is_for_sittings_not_begun(world: World) -> None:
    exam = world.exam([world.item()])
    begun, fresh = world.sitting(exam, title="begun"), world.sitting(exam, title="fresh")
    world.start(begun)
    old = exam.revision_id
    publish(exam)
    count = actions.renew_sittings(exam, {begun.id}, clock.now(), None)
    session.commit()
    assert count == 1
    assert (begun.revision_id, fresh.revision_id) == (old, exam.revision_id)


def test_a_begun_attempt_keeps_its_revision(world: World) -> None:
    exam = world.exam([world.item()])
    attempt = world.start(world.sitting(exam))
    paper = attempt.paper
    publish(exam)
    bank.retire_item(next(iter(world.items.values())), clock.now(), None)
    session.commit()
    delivery.close_attempt(attempt.id, "force", clock.now())
    assert attempt.paper == paper
