"""An item leaves running exams: what heals, what breaks, and that nobody who starts meanwhile notices."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from examengine.bank.models import Item
from examengine.core import clock
from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.delivery import queries as attempts
from examengine.exams import actions, assembly, plans, queries, withdrawal
from examengine.exams.models import Exam, ExamRevision, RevisionItem
from examengine.results.review import still_asked
from tests.counting import statements
from tests.making import World
from tests.racing import Racer, Starter


def drawn(world: World, items: int = 3, count: int = 2) -> tuple[Exam, list[Item]]:
    """An exam that draws `count` of `items` single choice questions."""
    made = [world.item() for _ in range(items)]
    rule = plans.DrawRule(world.bank().id, count, Decimal(2), kind="single_choice")
    return world.exam_of(plans.Plan(plans.Terms(), (plans.Section("Part 1", (rule,)),))), made


def withdraw(world: World, item: Item, *, retire: bool = False, by: str = "ann") -> withdrawal.Withdrawn:
    done = withdrawal.withdraw_item(item, clock.now(), world.person(by).id, "the key is wrong", retire=retire)
    session.commit()
    return done


def versions_of(revision_id: int) -> set[int]:
    query = session.query(RevisionItem.version_id).filter_by(revision_id=revision_id)
    return {row[0] for row in query}


def test_a_pool_with_enough_others_heals_in_a_new_revision(world: World) -> None:
    exam, items = drawn(world)
    sitting = world.sitting(exam)
    before, gone = exam.revision_id, items[0].published_id
    done = withdraw(world, items[0])
    session.expire_all()
    assert (len(done.healed), done.broken, done.sittings) == (1, (), 1)
    assert exam.revision_id != before
    assert sitting.revision_id == exam.revision_id
    assert exam.revision is not None and exam.revision.number == 2
    assert gone not in versions_of(exam.revision.id)
    assert versions_of(exam.revision.id) == {item.published_id for item in items[1:]}
    assert plans.load(exam.revision.plan) == plans.load(session.get(ExamRevision, before).plan)  # type: ignore[union-attr]
    for name in ("cem", "sam"):
        if name == "cem":
            paper = world.start(sitting, name).paper
            assert gone not in {slot["version"] for slot in paper["slots"]}


def test_who_has_begun_keeps_it_and_who_starts_after_gets_another_paper(world: World) -> None:
    exam, items = drawn(world, items=2, count=2)
    extra = world.item()
    actions.publish_exam(exam, clock.now(), None)
    session.commit()
    sitting = world.sitting(exam, ["cem", "sam"])
    begun = world.start(sitting, "cem")
    paper, revision = begun.paper, begun.revision_id
    victim = next(i for i in (*items, extra) if i.published_id in {slot["version"] for slot in paper["slots"]})
    withdraw(world, victim)
    session.expire_all()
    assert (attempts.get_attempt(begun.id).paper, attempts.get_attempt(begun.id).revision_id) == (paper, revision)
    later = world.start(sitting, "sam")
    assert victim.published_id not in {slot["version"] for slot in later.paper["slots"]}


def test_a_rule_that_cannot_be_met_without_it_is_named_with_what_it_lacks(world: World) -> None:
    exam, items = drawn(world, items=2, count=2)
    sitting, before = world.sitting(exam), exam.revision_id
    [use] = withdrawal.find_uses(items[0].id, clock.now())
    assert (use.heals, use.fixed, use.shortages) == (False, (), (assembly.Shortage(0, 1),))
    done = withdraw(world, items[0])
    session.expire_all()
    assert [broken.exam.id for broken in done.broken] == [exam.id]
    assert (exam.revision_id, sitting.revision_id) == (before, before)


def test_a_fixed_slot_is_named_and_heals_once_it_is_replaced_also_for_sittings_that_have_begun(world: World) -> None:
    items = [world.item(), world.item()]
    exam = world.exam(items)
    sitting = world.sitting(exam, ["cem", "sam"])
    world.start(sitting, "cem")
    [use] = withdrawal.find_uses(items[1].id, clock.now())
    assert (use.heals, use.fixed) == (False, (2,))
    withdraw(world, items[1])
    other = world.item()
    slots = tuple(plans.FixedSlot(item.id) for item in (items[0], other))
    actions.write_exam(exam, exam.title, plans.Plan(plans.Terms(), (plans.Section("A", slots),)), clock.now(), None)
    actions.publish_exam(exam, clock.now(), None)
    session.commit()
    [use] = withdrawal.find_uses(items[1].id, clock.now())
    assert use.replaced and not use.is_present
    withdraw(world, items[1])
    session.expire_all()
    assert sitting.revision_id == exam.revision_id
    later = world.start(sitting, "sam")
    assert {slot["version"] for slot in later.paper["slots"]} == {items[0].published_id, other.published_id}


def test_every_revision_in_use_is_healed_for_itself(world: World) -> None:
    exam, items = drawn(world, items=4, count=2)
    running = world.sitting(exam, ["cem"])
    world.start(running, "cem")
    old_plan = exam.plan
    rule = plans.DrawRule(world.bank().id, 1, Decimal(3), kind="single_choice")
    actions.write_exam(exam, "Shorter", plans.Plan(plans.Terms(), (plans.Section("B", (rule,)),)), clock.now(), None)
    actions.publish_exam(exam, clock.now(), None)
    session.commit()
    later = world.sitting(exam, ["sam"])
    withdraw(world, items[0])
    session.expire_all()
    assert exam.revision is not None and exam.revision.number == 4
    assert (running.revision.number, later.revision_id) == (3, exam.revision_id)
    assert running.revision.plan == old_plan
    assert later.revision.title == "Shorter"


def test_over_and_withdrawn_sittings_are_left_alone(world: World, travel: Callable[..., None]) -> None:
    exam, items = drawn(world)
    over, gone = world.sitting(exam, hours=1), world.sitting(exam, ["sam"])
    actions.withdraw_sitting(gone, clock.now(), None, "moved")
    session.commit()
    before = over.revision_id
    travel(hours=2)
    assert withdraw(world, items[0]).sittings == 0
    session.expire_all()
    assert {over.revision_id, gone.revision_id} == {before}
    assert exam.revision_id != before  # the next sitting does not deal it either


def test_withdrawn_exams_and_drafts_are_no_running_exams(world: World) -> None:
    exam, items = drawn(world)
    world.sitting(exam)
    actions.withdraw_exam(exam, clock.now(), None, "wrong")
    session.commit()
    assert withdrawal.find_uses(items[0].id, clock.now()) == []
    with pytest.raises(Conflict):
        withdraw(world, items[0])


@pytest.mark.parametrize("retire", [True, False])
def test_it_is_retired_or_stays_in_the_bank(world: World, retire: bool) -> None:
    exam, items = drawn(world)
    withdraw(world, items[0], retire=retire)
    session.expire_all()
    assert items[0].state == ("retired" if retire else "active")
    actions.publish_exam(exam, clock.now(), None)
    session.commit()
    assert exam.revision_id is not None
    assert (items[0].published_id in versions_of(exam.revision_id)) is not retire


def test_it_is_in_the_audit_trail_with_before_and_after(world: World) -> None:
    exam, items = drawn(world)
    world.sitting(exam)
    before = exam.revision_id
    withdraw(world, items[0], retire=True)
    entry = session.query(AuditEntry).filter_by(action="item.withdraw").one()
    assert (entry.actor_id, entry.reason) == (world.person("ann").id, "the key is wrong")
    assert entry.detail == {
        "before": [before],
        "after": {str(before): exam.revision_id},
        "kept": [],
        "retired": True,
    }
    assert session.query(AuditEntry).filter_by(action="sitting.renew").count() == 1
    assert session.query(AuditEntry).filter_by(action="item.retire").count() == 1


def test_it_needs_a_reason(world: World) -> None:
    _, items = drawn(world)
    with pytest.raises(Invalid):
        withdrawal.withdraw_item(items[0], clock.now(), world.person("ann").id, " ", retire=False)


def test_nobody_acts_on_an_exam_that_she_is_to_sit(world: World) -> None:
    exam, items = drawn(world)
    world.sitting(exam, ["ann"])
    with pytest.raises(Missing):
        withdraw(world, items[0])


def test_keys_of_who_has_it_open_when_that_sitting_has_closed_and_not_before(
    world: World, travel: Callable[..., None]
) -> None:
    exam, items = drawn(world, items=3, count=3)
    world.item()
    actions.publish_exam(exam, clock.now(), None)
    session.commit()
    sitting = world.sitting(exam, hours=2)
    attempt = world.sat(sitting)
    dealt = {slot["version"] for slot in attempt.paper["slots"]}
    victim = next(item for item in items if item.published_id in dealt)
    version = victim.published_id
    assert version is not None
    withdraw(world, victim)
    assert still_asked([version], clock.now()) == {version}
    travel(hours=2, seconds=1)
    assert still_asked([version], clock.now()) == frozenset()


def test_the_statements_do_not_grow_with_the_exams(world: World) -> None:
    counts = []
    for more in (1, 4):
        items = [world.item(code=f"m{more}-{n}") for n in range(3)]
        rule = plans.DrawRule(world.bank().id, 2, Decimal(2), kind="single_choice")
        for _ in range(more):
            world.sitting(world.exam_of(plans.Plan(plans.Terms(), (plans.Section("P", (rule,)),))))
        item, ann = items[0], world.person("ann").id
        with statements() as seen:
            withdrawal.withdraw_item(item, clock.now(), ann, "wrong", retire=False)
        counts.append(len([s for s in seen if s.startswith("SELECT")]))
        session.commit()
    assert counts[1] <= counts[0] + 2


def test_a_start_at_the_same_moment_gets_the_old_or_the_new_paper_never_an_error(app: Flask, world: World) -> None:
    exam, items = drawn(world)
    sitting_id, item_id, ann = world.sitting(exam).id, items[0].id, world.person("ann").id
    cem, old = world.person("cem").id, exam.revision_id

    def leave() -> int:
        item = session.get(Item, item_id)
        assert item is not None
        return withdrawal.withdraw_item(item, clock.now(), ann, "wrong", retire=False).sittings

    with Racer(app, leave, hold=True) as first:
        first.has_worked()
        with Starter(app, sitting_id, cem) as starter:
            first.let_go()
            attempt_id = starter.result()
    new = attempts.get_attempt(attempt_id).revision_id
    assert new != old


def test_a_start_that_is_under_way_keeps_the_old_paper(app: Flask, world: World) -> None:
    exam, items = drawn(world)
    sitting_id, item_id, ann = world.sitting(exam).id, items[0].id, world.person("ann").id
    cem, old = world.person("cem").id, exam.revision_id

    def leave() -> int:
        item = session.get(Item, item_id)
        assert item is not None
        return withdrawal.withdraw_item(item, clock.now(), ann, "wrong", retire=False).sittings

    with Starter(app, sitting_id, cem, hold=True) as starter:
        starter.has_worked()
        with Racer(app, leave) as second:
            second.must_wait()
            attempt_id = starter.let_go()
            assert second.result() == 1
    assert attempts.get_attempt(attempt_id).revision_id == old


def test_two_withdrawals_at_once_both_hold(app: Flask, world: World) -> None:
    exam, items = drawn(world, items=5, count=2)
    exam_id, ann = exam.id, world.person("ann").id

    def leave(item_id: int) -> Callable[[], int]:
        def work() -> int:
            item = session.get(Item, item_id)
            assert item is not None
            return len(withdrawal.withdraw_item(item, clock.now(), ann, "wrong", retire=False).healed)

        return work

    one, two = leave(items[0].id), leave(items[1].id)
    gone = {items[0].published_id, items[1].published_id}
    with Racer(app, one, hold=True) as first:
        first.has_worked()
        with Racer(app, two) as second:
            second.must_wait()
            first.let_go()
            assert second.result() == 1
    revision = queries.get_exam(exam_id).revision_id
    assert revision is not None
    assert versions_of(revision).isdisjoint(gone)


@given(
    st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=5, unique=True), min_size=1, max_size=3),
    st.integers(1, 6),
    st.integers(0, 9),
)
def test_what_is_found_to_heal_can_be_drawn_and_never_has_the_item(
    pools: list[list[int]], gone: int, seed: int
) -> None:
    import random

    left = withdrawal._without([{"versions": pool, "movable": ["1"] * len(pool), "count": 1} for pool in pools], [gone])
    found = [assembly.Pool(pool["versions"], pool["count"]) for pool in left]
    if not assembly.shortages(found):
        paper = assembly.draw(found, random.Random(seed))
        assert gone not in {version for versions in paper for version in versions}
