"""Bank files against the browser (semantics §7): act where the file changed; when both did, nobody wins by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from examengine.bank import actions, queries
from examengine.bank.actions import LoadReport
from examengine.bank.competencies import load_tree
from examengine.core import clock, codes, db
from examengine.core.db import session
from examengine.core.errors import Invalid
from examengine.formats.base import BankDraft, FileItem, ItemDraft, Place
from examengine.itemtypes import kinds
from tests.making import World

FILES: dict[str, str] = {"cc-1": "one", "cc-2": "two", "cc-3": "three"}


def draft(code: str, stem: str, **facts: Any) -> ItemDraft:
    data = {**kinds()["true_false"].examples().data, "stem": f"<p>{stem}</p>"}
    made = ItemDraft(code, "true_false", "en", Decimal(2), 2, ("business.service",), "HB 1.1", "exam", data)
    return replace(made, **facts)


def folder(stems: Mapping[str, str], **facts: Any) -> BankDraft:
    """A bank folder as read: one statement an item."""
    items = []
    for line, (code, stem) in enumerate(stems.items(), 1):
        made = draft(code, stem, **facts)
        items.append(FileItem(made, Place("items.yaml", line), codes.sha256(db.dumps([stem, str(facts)]))))
    return BankDraft("complaints", {"en": "Complaints"}, {}, tuple(items), ())


def load(stems: Mapping[str, str] = FILES, prefer: str = "", **facts: Any) -> LoadReport:
    report = actions.load_bank(folder(stems, **facts), clock.now(), None, prefer)
    session.commit()
    return report


def edit(world: World, code: str, stem: str, *, publish: bool = True) -> None:
    """Somebody edits an item in the browser."""
    item = queries.find_item(world.bank().id, code)
    assert item is not None
    actions.write_item(world.bank(), item, draft(code, stem), clock.now(), world.person("ann").id)
    if publish:
        actions.publish_item(item, clock.now(), None)
    session.commit()


def stems(world: World) -> dict[str, str]:
    session.expire_all()
    return {item.code: item.latest.words for item in queries.find_bank_items(world.bank().id)}


@pytest.fixture(autouse=True)
def _tree(world: World) -> None:
    load_tree([("business.service", {"en": "Service"})], clock.now(), None)
    session.commit()


def test_new_items_are_added_and_published(world: World) -> None:
    report = load()
    assert report == LoadReport(added=["cc-1", "cc-2", "cc-3"])
    assert stems(world) == FILES
    assert all(item.published and not item.draft for item in queries.find_bank_items(world.bank().id))


def test_loading_again_changes_nothing(world: World) -> None:
    load()
    versions = [item.published_id for item in queries.find_bank_items(world.bank().id)]
    assert load() == LoadReport(unchanged=["cc-1", "cc-2", "cc-3"])
    assert [item.published_id for item in queries.find_bank_items(world.bank().id)] == versions


def test_what_changed_in_the_file_is_a_new_version(world: World) -> None:
    load()
    report = load({**FILES, "cc-2": "two, better"})
    assert (report.changed, report.unchanged) == (["cc-2"], ["cc-1", "cc-3"])
    item = queries.find_item(world.bank().id, "cc-2")
    assert item is not None
    assert [version.number for version in queries.find_versions(item.id)] == [2, 1]


def test_a_changed_fact_counts_as_a_change(world: World) -> None:
    load()
    assert load(difficulty=4).changed == list(FILES)


def test_what_was_edited_in_the_browser_only_stays(world: World) -> None:
    load()
    edit(world, "cc-1", "one, by Ann")
    assert load().unchanged == list(FILES)
    assert stems(world)["cc-1"] == "one, by Ann"


@pytest.mark.parametrize("publish", [True, False])
def test_changed_on_both_sides_is_a_conflict_and_nothing_at_all_is_loaded(world: World, publish: bool) -> None:
    load()
    edit(world, "cc-1", "one, by Ann", publish=publish)
    report = load({"cc-1": "one, in the file", "cc-2": "two, better", "cc-3": "three", "cc-4": "four"})
    assert report.conflicts == ["cc-1"]
    assert stems(world) == {**FILES, "cc-1": "one, by Ann"}


def test_a_conflict_stays_until_somebody_decides(world: World) -> None:
    load()
    edit(world, "cc-1", "one, by Ann")
    both = {**FILES, "cc-1": "one, in the file"}
    assert load(both).conflicts == load(both).conflicts == ["cc-1"]


def test_the_file_may_decide(world: World) -> None:
    load()
    edit(world, "cc-1", "one, by Ann")
    both = {**FILES, "cc-1": "one, in the file"}
    assert load(both, "file").changed == ["cc-1"]
    assert stems(world) == both
    assert load(both).unchanged == list(FILES)


def test_the_browser_may_decide(world: World) -> None:
    load()
    edit(world, "cc-1", "one, by Ann")
    both = {**FILES, "cc-1": "one, in the file"}
    assert load(both, "browser").kept == ["cc-1"]
    assert stems(world)["cc-1"] == "one, by Ann"
    assert load(both).conflicts == []


def test_after_the_browser_decided_a_further_change_of_the_file_is_a_conflict_again(world: World) -> None:
    load()
    edit(world, "cc-1", "one, by Ann")
    load({**FILES, "cc-1": "one, in the file"}, "browser")
    assert load({**FILES, "cc-1": "one, once more"}).conflicts == ["cc-1"]


def test_the_same_change_on_both_sides_is_no_conflict(world: World) -> None:
    load()
    edit(world, "cc-1", "one, better")
    assert load({**FILES, "cc-1": "one, better"}).unchanged == list(FILES)


def test_an_item_gone_from_the_file_is_reported_and_stays(world: World) -> None:
    load()
    report = load({code: stem for code, stem in FILES.items() if code != "cc-2"})
    assert report.gone == ["cc-2"]
    item = queries.find_item(world.bank().id, "cc-2")
    assert item is not None
    assert item.state == "active"


def test_a_changed_file_replaces_nothing_of_what_was_published(world: World) -> None:
    load()
    item = queries.find_item(world.bank().id, "cc-1")
    assert item is not None
    first = item.published
    assert first is not None
    load({**FILES, "cc-1": "one, better"})
    assert (first.words, first.number) == ("one", 1)


def test_a_faulty_item_loads_nothing(world: World) -> None:
    bad = folder(FILES)
    items = (*bad.items, FileItem(draft("cc-9", ""), Place("items.yaml", 9), "h"))
    with pytest.raises(Invalid):
        actions.load_bank(replace(bad, items=items), clock.now(), None)
    session.rollback()
    assert queries.find_bank("complaints") is None


def test_loading_takes_titles_from_the_file(world: World) -> None:
    load()
    actions.load_bank(replace(folder(FILES), titles={"en": "Complaints, second edition"}), clock.now(), None)
    session.commit()
    assert world.bank().title("en") == "Complaints, second edition"


def test_competencies_are_retitled(world: World) -> None:
    load_tree([("business.service", {"en": "Service skills"})], clock.now(), None)
    session.commit()
    assert [row.title("en") for row in queries.find_competencies()] == ["Service skills"]
