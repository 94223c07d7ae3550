"""The competency tree: what may be done to it, what questions keep, what a file's newer tree does."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from examengine.bank import actions, competencies, queries, tree
from examengine.bank.models import Competency
from examengine.bank.queries import ItemFilter
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from tests.making import World

BEN = 1


def load(*rows: tuple[str, str]) -> int:
    added = competencies.load_tree(((code, {"en": title}) for code, title in rows), clock.now(), None)
    session.commit()
    return added


def node(code: str) -> Competency:
    return next(row for row in queries.find_competencies() if row.code == code)


def codes() -> list[str]:
    return [row.code for row in queries.find_competencies()]


def depths() -> dict[str, int]:
    return {row.code: depth for row, depth in tree.in_order(queries.find_competencies())}


def act(verb: Any, *arguments: Any) -> Any:
    done = verb(*arguments, clock.now(), BEN)
    session.commit()
    return done


def found(competency: str) -> list[str]:
    return [item.code for item in queries.find_items(ItemFilter(competency=competency), 1).rows]


def acts() -> list[str]:
    return [entry.action for entry in audit.find_latest(audit.AuditFilter(subject="competency"), 20)]


@pytest.fixture(autouse=True)
def _tree(app: Flask) -> None:
    load(("b", "Business"), ("b.one", "One"), ("b.two", "Two"), ("a", "Attitude"), ("a.deep", "Deep"))


def test_the_tree_reads_in_the_files_order() -> None:
    assert codes() == ["b", "b.one", "b.two", "a", "a.deep"]
    assert depths() == {"b": 0, "b.one": 1, "b.two": 1, "a": 0, "a.deep": 1}


def test_a_newer_tree_adds_and_never_removes_or_moves() -> None:
    act(competencies.move, node("b.two"), node("a").id)
    act(competencies.retire, node("b.one"))
    assert load(("b", "Business"), ("b.two", "Two"), ("b.new", "New"), ("c", "Conduct")) == 2
    assert codes() == ["b", "b.one", "b.new", "a", "a.deep", "b.two", "c"]
    assert not node("b.one").active
    assert load(("b", "Business")) == 0


def test_a_files_title_gives_way_to_one_of_the_browser() -> None:
    act(competencies.rename, node("b"), {"en": "Trade", "zh": "业务"})
    load(("b", "Business 2"), ("b.one", "One 2"))
    assert node("b").titles == {"en": "Trade", "zh": "业务"}
    assert node("b.one").titles == {"en": "One 2"}


def test_adding_makes_the_code_of_the_parents() -> None:
    made = act(competencies.add, "three", {"en": "Three", "zh": " "}, node("b").id)
    assert (made.code, made.titles, codes().index("b.three")) == ("b.three", {"en": "Three"}, 3)
    assert act(competencies.add, "top", {"zh": "顶"}, None).parent_id is None


@pytest.mark.parametrize("name", ["", "B", "a.b", "b1", "b c", "業", "x" * 81, "a-b", "ok\n"])
def test_a_bad_code_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        act(competencies.add, name, {"en": "X"}, node("b").id)


def test_a_code_is_taken_once_and_a_title_is_needed() -> None:
    with pytest.raises(Conflict):
        act(competencies.add, "one", {"en": "X"}, node("b").id)
    with pytest.raises(Invalid):
        act(competencies.add, "four", {"en": "  "}, node("b").id)
    with pytest.raises(Invalid):
        act(competencies.rename, node("b"), {"en": "x" * 121})
    with pytest.raises(Missing):
        act(competencies.add, "four", {"en": "X"}, 999)


def test_the_tree_has_a_bottom() -> None:
    parent = node("b.one").id
    for name in "cdef":
        parent = act(competencies.add, name, {"en": name}, parent).id
    with pytest.raises(Conflict, match="at most 6"):
        act(competencies.add, "g", {"en": "g"}, parent)
    with pytest.raises(Conflict, match="at most 6"):
        act(competencies.move, node("b"), node("a").id)


def test_moving_takes_what_is_below_and_keeps_the_code(world: World) -> None:
    world.item(code="x-one", competencies=("b.one",))
    assert found("b") == ["x-one"]
    act(competencies.move, node("b.one"), node("a.deep").id)
    assert depths()["b.one"] == 2
    assert (found("b"), found("a"), found("a.deep"), found("b.one")) == ([], *[["x-one"]] * 3)
    act(competencies.move, node("b.one"), None)
    assert depths()["b.one"] == 0
    assert acts()[:2] == ["competency.move"] * 2


@pytest.mark.parametrize("to", ["b", "b.one"])
def test_nothing_is_moved_or_merged_below_itself(to: str) -> None:
    for verb in (competencies.move, competencies.merge):
        with pytest.raises(Conflict):
            act(verb, node("b"), node(to).id)


def test_brothers_change_places_and_no_others() -> None:
    act(competencies.shift, node("b.two"), True)
    act(competencies.shift, node("a"), True)
    assert codes() == ["a", "a.deep", "b", "b.two", "b.one"]
    act(competencies.shift, node("a"), True)
    act(competencies.shift, node("b.one"), False)
    assert codes() == ["a", "a.deep", "b", "b.two", "b.one"]


def test_a_merge_counts_what_is_frozen_under_the_other_and_tags_new_versions_with_it(world: World) -> None:
    item = world.item(code="x-one", competencies=("b.one",))
    sha256 = item.published.sha256 if item.published else ""
    act(competencies.merge, node("b.one"), node("a").id)
    session.expire_all()
    assert (found("a"), found("b")) == (["x-one"], [])
    assert item.published is not None
    assert (item.published.sha256, item.published.competencies) == (sha256, ("b.one",))
    assert queries.find_successors()["b.one"] == "a"
    draft = actions.draft_of(item, item.published)
    actions.write_item(item.bank, item, draft, clock.now(), None)
    assert item.latest.competencies == ("a",)


def test_a_merge_brings_the_children_along_and_ends_by_restoring() -> None:
    act(competencies.merge, node("a"), node("b").id)
    assert codes() == ["b", "b.one", "b.two", "a.deep", "a"]
    assert (node("a").active, node("a").merged_into_id) == (False, node("b").id)
    with pytest.raises(Conflict):
        act(competencies.merge, node("a"), node("b.one").id)
    act(competencies.restore, node("a"))
    assert (node("a").active, node("a").merged_into_id) == (True, None)


def test_merges_follow_each_other() -> None:
    act(competencies.merge, node("b.one"), node("b.two").id)
    act(competencies.merge, node("b.two"), node("a").id)
    assert queries.find_successors()["b.one"] == "a"


def test_retiring_keeps_the_questions_and_begins_below(world: World) -> None:
    world.item(code="x-one", competencies=("b.one",))
    with pytest.raises(Conflict, match="below"):
        act(competencies.retire, node("b"))
    act(competencies.retire, node("b.one"))
    act(competencies.retire, node("b.two"))
    act(competencies.retire, node("b"))
    assert found("b.one") == ["x-one"]
    with pytest.raises(Conflict, match="above"):
        act(competencies.restore, node("b.one"))
    with pytest.raises(Conflict, match="retired"):
        act(competencies.move, node("a.deep"), node("b").id)
    act(competencies.restore, node("b"))
    act(competencies.restore, node("b.one"))
    assert node("b.one").active


def test_only_what_nothing_uses_can_be_deleted(world: World) -> None:
    item = world.item(code="x-one", competencies=("b.one",))
    for row in ("b.one", "b"):
        with pytest.raises(Conflict):
            competencies.delete(node(row), False, clock.now(), BEN)
    with pytest.raises(Conflict):
        competencies.delete(node("b.two"), True, clock.now(), BEN)
    actions.retire_item(item, clock.now(), None)
    with pytest.raises(Conflict):  # old versions have it still
        competencies.delete(node("b.one"), False, clock.now(), BEN)
    act(competencies.merge, node("b.one"), node("b.two").id)
    with pytest.raises(Conflict):
        competencies.delete(node("b.two"), False, clock.now(), BEN)
    competencies.delete(node("a.deep"), False, clock.now(), BEN)
    session.commit()
    assert "a.deep" not in codes()
    assert acts()[0] == "competency.delete"


def test_counts_are_of_the_latest_versions_of_active_questions(world: World) -> None:
    world.item(code="x-one", competencies=("b.one", "a"))
    actions.retire_item(world.item(code="x-two", competencies=("b.one",)), clock.now(), None)
    session.commit()
    assert queries.count_tagged() == {"b.one": 1, "a": 1}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=12))
def test_no_order_of_moves_and_merges_makes_a_ring(pairs: list[tuple[str, str]]) -> None:
    """The pure tree: what `below` refuses keeps every row reachable from the top."""
    parents: dict[int, int | None] = dict.fromkeys(range(6))

    class Row:
        def __init__(self, key: int) -> None:
            self.id, self.parent_id = key, parents[key]

    for one, other in pairs:
        row, to = ord(one) - 97, ord(other) - 97
        rows = [Row(key) for key in parents]
        if to != row and to not in tree.below(rows, row):
            parents[row] = to
    assert len(list(tree.in_order([Row(key) for key in parents]))) == 6
