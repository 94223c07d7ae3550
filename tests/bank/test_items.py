"""Items: written, cleaned, checked, published and then frozen, retired; lists and pools."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from examengine.bank import actions, queries
from examengine.bank.models import Item, ItemVersion
from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.formats.base import ItemDraft
from examengine.itemtypes import kinds
from tests.making import World


def draft(kind: str = "single_choice", **changes: Any) -> ItemDraft:
    data = {**kinds()[kind].examples().data, **changes.pop("data", {})}
    made = ItemDraft("cc-001", kind, "en", Decimal(2), 2, ("business.service",), "HB 1.1", "exam", data)
    return replace(made, **changes)


def write(world: World, item: Item | None = None, **changes: Any) -> Item:
    made = actions.write_item(world.bank(), item, draft(**changes), clock.now(), None)
    session.commit()
    return made


def publish(item: Item) -> ItemVersion:
    version = actions.publish_item(item, clock.now(), None)
    session.commit()
    return version


def stem_of(version: ItemVersion | None) -> str:
    assert version is not None
    return str(version.content["stem"])


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kinds_example_is_written_and_published(world: World, kind: str) -> None:
    version = publish(write(world, kind=kind))
    frozen = queries.frozen([version.id])[version.id]
    assert frozen.kind.dump(frozen.content) == version.content


def test_publishing_freezes_the_version_and_a_change_makes_a_new_one(world: World) -> None:
    item = write(world)
    first = publish(item)
    before = (dict(first.content), first.sha256)
    write(world, item, data={"stem": "<p>Second?</p>"})
    assert (item.published_id, stem_of(item.published)) == (first.id, "<p>First?</p>")
    assert stem_of(item.draft) == "<p>Second?</p>"
    second = publish(item)
    assert (first.content, first.sha256) == before
    assert (second.number, item.published_id, item.draft) == (2, second.id, None)


def test_writing_a_draft_again_changes_that_draft(world: World) -> None:
    item = write(world)
    write(world, item, data={"stem": "again"})
    assert [version.number for version in queries.find_versions(item.id)] == [1]


def test_a_draft_is_never_handed_out_as_frozen(world: World) -> None:
    item = write(world)
    with pytest.raises(Missing):
        queries.frozen([item.latest.id])


def test_there_is_nothing_to_publish_without_a_draft(world: World) -> None:
    item = write(world)
    publish(item)
    with pytest.raises(Conflict):
        actions.publish_item(item, clock.now(), None)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("single_choice", {"options": [{"text": "a"}, {"text": "b"}]}),
        ("single_choice", {"options": [{"text": "a", "key": True}, {"text": "b", "key": True}]}),
        ("single_choice", {"options": [{"text": "a", "key": True}, {"text": "a"}]}),
        ("single_choice", {"stem": "<p> </p>"}),
        ("multiple_choice", {"options": [{"text": "a"}, {"text": "b"}]}),
        ("fill_in", {"stem": "<p>one [[1]]</p>"}),
        ("fill_in", {"blanks": []}),
        ("fill_in", {"blanks": [{"accept": ["x"]}, {"number": "0", "tolerance": "5%"}]}),
        ("short_answer", {"accept": [], "model_answer": ""}),
        ("essay", {"rubric": []}),
        ("essay", {"rubric": [{"criterion": "c", "levels": [{"points": 1, "text": "a"}, {"points": 2, "text": "b"}]}]}),
    ],
)
def test_a_faulty_item_may_be_a_draft_but_is_not_published(world: World, kind: str, data: dict[str, Any]) -> None:
    item = write(world, kind=kind, data=data)
    with pytest.raises(Invalid) as refused:
        publish(item)
    session.rollback()
    assert refused.value.problems
    assert item.published is None


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "No Capitals"},
        {"code": ""},
        {"language": "fr"},
        {"use": "fun"},
        {"points": Decimal(0)},
        {"points": Decimal(1001)},
        {"difficulty": 0},
        {"difficulty": 6},
        {"competencies": ("no.such",)},
        {"kind": "fill_in", "data": {"blanks": [{"number": "many"}]}},
        {"kind": "true_false", "data": {"answer": "yes"}},
        {"kind": "multiple_choice", "data": {"rule": "luck"}},
    ],
)
def test_bad_facts_are_refused(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        write(world, **changes)


def test_every_fault_is_named_at_once(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        write(world, code="X Y", difficulty=9, points=Decimal(0), language="fr")
    assert len(refused.value.problems) == 4


def test_an_unknown_kind_is_refused(world: World) -> None:
    world.bank()
    with pytest.raises(Invalid):
        actions.checked(replace(draft(), kind="drawing"))


def test_a_code_is_taken_once_a_bank(world: World) -> None:
    write(world)
    with pytest.raises(Conflict):
        write(world)


def test_an_item_keeps_its_kind(world: World) -> None:
    item = write(world)
    with pytest.raises(Conflict):
        write(world, item, kind="essay")


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_html_is_cleaned_when_it_is_written(world: World, kind: str) -> None:
    evil = '<p onclick="x()">Hi<script>steal()</script><img src=x onerror=y><a href="javascript:z()">l</a></p>'
    stem = evil + ("[[1]] [[2]]" if kind == "fill_in" else "")
    data: dict[str, Any] = {"stem": stem, "explanation": evil, "model_answer": evil, "weak_answer": evil}
    if "options" in kinds()[kind].examples().data:
        data["options"] = [{"text": evil, "key": True}, {"text": "b"}]
    stored = str(write(world, kind=kind, data=data).latest.content)
    for trace in ("onclick", "script", "steal", "<img", "onerror", "<a", "javascript", "href"):
        assert trace not in stored
    assert "<p>Hi" in stored


def test_a_draft_can_be_dropped_for_the_published_version(world: World) -> None:
    item = write(world)
    first = publish(item)
    write(world, item, data={"stem": "worse"})
    actions.discard_draft(item, clock.now(), None)
    session.commit()
    assert item.latest is first
    with pytest.raises(Conflict):
        actions.discard_draft(item, clock.now(), None)


def test_a_retired_item_leaves_lists_and_pools_and_comes_back(world: World) -> None:
    item = write(world)
    publish(item)
    actions.retire_item(item, clock.now(), None, "out of date")
    session.commit()
    assert queries.find_items(queries.ItemFilter(), 1).total == 0
    assert queries.find_items(queries.ItemFilter(state="retired"), 1).total == 1
    assert queries.find_pool(item.bank_id, (), None, None, (1, 5)) == []
    assert queries.find_published(item.id) is None
    actions.restore_item(item, clock.now(), None)
    assert queries.find_items(queries.ItemFilter(), 1).total == 1


@pytest.fixture
def shelf(world: World) -> World:
    """Five items that differ in everything that lists can narrow."""
    world.item("single_choice", "a-choice", difficulty=1, competencies=("business.service",), language="en")
    world.item("essay", "b-essay", difficulty=3, competencies=("skills.phone",), language="zh", points="10")
    world.item("true_false", "c-judge", difficulty=5, competencies=("business", "skills.phone"), use="practice")
    world.item("true_false", "d-both", difficulty=5, competencies=("business",), use="both", language="zh")
    actions.write_item(world.bank(), None, draft(code="e-draft", kind="fill_in"), clock.now(), None)
    session.commit()
    return world


@pytest.mark.parametrize(
    ("chosen", "codes"),
    [
        ({}, "abcde"),
        ({"kind": "true_false"}, "cd"),
        ({"language": "zh"}, "bd"),
        ({"difficulty": 5}, "cd"),
        ({"competency": "business"}, "acde"),
        ({"competency": "business.service"}, "ae"),
        ({"competency": "skills"}, "bc"),
        ({"use": "exam"}, "abe"),
        ({"use": "both"}, "d"),
        ({"state": "draft"}, "e"),
        ({"state": "published"}, "abcd"),
        ({"words": "explain"}, "b"),
        ({"words": "D-BO"}, "d"),
        ({"words": "%"}, ""),
        ({"kind": "true_false", "language": "zh"}, "d"),
    ],
)
def test_lists_are_narrowed(shelf: World, chosen: dict[str, Any], codes: str) -> None:
    found = queries.find_items(queries.ItemFilter(bank_id=shelf.bank().id, **chosen), 1)
    assert "".join(item.code[0] for item in found.rows) == codes
    assert found.total == len(codes)


def test_lists_are_sorted_and_items_left_out(shelf: World) -> None:
    found = queries.find_items(queries.ItemFilter(), 1, "-difficulty", [shelf.items["d-both"].id])
    assert [item.code[0] for item in found.rows] == ["c", "b", "e", "a"]


def test_a_list_takes_the_same_number_of_statements_whatever_its_length(world: World) -> None:
    from tests.counting import statements

    def count() -> int:
        session.expire_all()
        with statements() as seen:
            for item in queries.find_items(queries.ItemFilter(), 1).rows:
                assert item.latest.words
                assert item.latest.competencies
                assert item.bank.code
        return len(seen)

    world.item()
    few = count()
    for _ in range(12):
        world.item()
    assert count() <= few


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        (((), None, None, (1, 5)), "abd"),
        (((), "true_false", None, (1, 5)), "d"),
        (((), None, "zh", (1, 5)), "bd"),
        (((), None, None, (2, 4)), "b"),
        ((("business",), None, None, (1, 5)), "ad"),
        ((("business", "skills"), None, None, (1, 5)), ""),
    ],
)
def test_pools_hold_published_active_exam_items_that_fit_everything(shelf: World, rule: Any, codes: str) -> None:
    found = queries.find_pool(shelf.bank().id, *rule)
    by_version = {item.published_id: item.code[0] for item in shelf.items.values()}
    assert "".join(by_version[version.id] for version in found) == codes
    assert queries.count_pools([queries.PoolRule(shelf.bank().id, *rule)]) == [len(codes)]


def test_a_pool_holds_the_published_version_beside_a_draft(world: World) -> None:
    item = write(world)
    first = publish(item)
    write(world, item, data={"stem": "new words"})
    assert queries.find_pool(item.bank_id, (), None, None, (1, 5)) == [
        (first.id, first.kind, first.movable, first.points)
    ]


@pytest.mark.parametrize("code", ["", "A", "1a", "a b", "x" * 61])
def test_a_bad_bank_code_is_refused(world: World, code: str) -> None:
    with pytest.raises(Invalid):
        actions.add_bank(code, {"en": "B"}, {}, clock.now(), None)


def test_a_bank_code_is_taken_once(world: World) -> None:
    with pytest.raises(Conflict):
        actions.add_bank(world.bank().code, {"en": "B"}, {}, clock.now(), None)
