"""The review of a bank's published items."""

from __future__ import annotations

from examengine.bank import actions as bank
from examengine.bank import published
from examengine.bank.models import Bank
from examengine.core import clock
from examengine.core.db import session
from tests.counting import statements
from tests.making import World


def found_codes(own: Bank, *excluded: int) -> dict[str, list[str]]:
    seen = published.find_review(own, excluded)
    assert seen.review is not None
    made: dict[str, list[str]] = {}
    for finding in seen.review.findings:
        made.setdefault(finding.code, []).extend(finding.items)
    return made


def test_only_published_items_in_use_are_reviewed(world: World) -> None:
    made = [world.item(code=f"q-{n}", data={"explanation": ""}) for n in range(4)]
    retired, draft = made[0], made[1]
    bank.retire_item(retired, clock.now(), None)
    bank.write_item(world.bank(), draft, bank.draft_of(draft, draft.latest), clock.now(), None)
    session.commit()
    assert found_codes(world.bank())["no_explanation"] == ["q-1", "q-2", "q-3"]
    assert found_codes(world.bank(), made[2].id)["no_explanation"] == ["q-1", "q-3"]
    assert published.find_review(world.bank()).items == {f"q-{n}": made[n].id for n in (1, 2, 3)}


def test_a_changed_item_is_reviewed_anew_and_an_unchanged_bank_is_not(world: World) -> None:
    item = world.item(code="q-1", data={"explanation": ""})
    first = published.find_review(world.bank()).review
    assert published.find_review(world.bank()).review is first
    draft = bank.draft_of(item, item.latest)
    better = {**draft.data, "explanation": "<p>Whoever is heard calms down.</p>"}
    bank.write_item(world.bank(), item, type(draft)(**{**vars(draft), "data": better}), clock.now(), None)
    bank.publish_item(item, clock.now(), None)
    session.commit()
    assert "no_explanation" not in found_codes(world.bank())


def test_the_statements_do_not_grow_with_the_bank(world: World) -> None:
    counts = []
    for size in (2, 6):
        for n in range(size):
            world.item(code=f"s{size}-{n}")
        own = world.bank()
        session.expire_all()
        _ = own.code
        with statements() as seen:
            published.find_review(own)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_bank_that_is_too_large_is_left_to_the_console(world: World) -> None:
    for n in range(3):
        world.item(code=f"q-{n}")
    before, published.LARGEST = published.LARGEST, 2
    try:
        seen = published.find_review(world.bank())
    finally:
        published.LARGEST = before
    assert seen.review is None
    assert len(seen.items) == 3
