"""Drawing papers: feasible means that every seed succeeds; what is short is named."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.exams.assembly import Infeasible, Pool, Shortage, arrange, draw, shortages


def pool(versions: str, count: int) -> Pool:
    """Versions as letters."""
    return Pool([ord(letter) for letter in versions], count)


def short(*pools: Pool) -> list[tuple[int, int]]:
    return [(shortage.rule, shortage.missing) for shortage in shortages(pools)]


@pytest.mark.parametrize(
    ("pools", "expected"),
    [
        ([], []),
        ([pool("", 0)], []),
        ([pool("abc", 3)], []),
        ([pool("abc", 4)], [(0, 1)]),
        ([pool("", 2)], [(0, 2)]),
        # fixed slots are pools of one
        ([pool("a", 1), pool("b", 1)], []),
        ([pool("a", 1), pool("a", 1)], [(1, 1)]),
        # each has enough, together they have not
        ([pool("ab", 1), pool("ab", 2)], [(0, 1)]),
        ([pool("ab", 1), pool("ab", 1), pool("ab", 1)], [(2, 1)]),
        ([pool("abc", 2), pool("bcd", 3)], [(0, 1)]),
        # a wide rule must leave the scarce ones theirs
        ([pool("abcdef", 4), pool("a", 1), pool("b", 1)], []),
        ([pool("abcdef", 5), pool("a", 1), pool("b", 1)], [(0, 1)]),
        # a chain of repairs
        ([pool("ab", 1), pool("bc", 1), pool("cd", 1), pool("a", 1)], []),
        ([pool("abcd", 2), pool("abcd", 2), pool("abcd", 1)], [(2, 1)]),
    ],
)
def test_the_rule_that_cannot_be_met_is_named_and_by_how_many(
    pools: list[Pool], expected: list[tuple[int, int]]
) -> None:
    assert short(*pools) == expected


def test_several_short_rules_are_all_named() -> None:
    assert short(pool("ab", 4), pool("cdef", 2), pool("", 3)) == [(0, 2), (2, 3)]


def test_a_draw_from_short_pools_says_the_same() -> None:
    with pytest.raises(Infeasible) as caught:
        draw([pool("ab", 4), pool("cd", 1)], random.Random(1))
    assert caught.value.shortages == (Shortage(0, 2),)


_POOLS = st.lists(
    st.builds(Pool, st.lists(st.integers(0, 9), unique=True, max_size=8), st.integers(0, 4)), min_size=1, max_size=5
)


def most(pools: list[Pool]) -> int:
    """How many slots can be filled at best, by trying everything (with memory)."""
    known: dict[tuple[int, frozenset[int]], int] = {}

    def best(rule: int, taken: frozenset[int]) -> int:
        if rule == len(pools):
            return 0
        if (rule, taken) not in known:
            free = [version for version in pools[rule].versions if version not in taken]
            known[rule, taken] = max(
                size + best(rule + 1, taken | set(chosen))
                for size in range(min(pools[rule].count, len(free)) + 1)
                for chosen in combinations(free, size)
            )
        return known[rule, taken]

    return best(0, frozenset())


@given(_POOLS)
def test_feasibility_is_what_trying_everything_says(pools: list[Pool]) -> None:
    wanted = sum(pool.count for pool in pools)
    assert sum(missing for _, missing in short(*pools)) == wanted - most(pools)


@given(_POOLS)
def test_with_as_many_less_the_paper_exists(pools: list[Pool]) -> None:
    missing = dict(short(*pools))
    assert shortages([Pool(pool.versions, pool.count - missing.get(i, 0)) for i, pool in enumerate(pools)]) == ()


def is_paper(pools: list[Pool], drawn: list[list[int]]) -> bool:
    items = [version for versions in drawn for version in versions]
    return (
        [len(versions) for versions in drawn] == [pool.count for pool in pools]
        and len(set(items)) == len(items)
        and all(set(versions) <= set(pool.versions) for pool, versions in zip(pools, drawn, strict=True))
    )


@given(_POOLS, st.lists(st.integers(), min_size=1, max_size=5))
def test_a_feasible_paper_is_drawn_with_every_seed(pools: list[Pool], seeds: list[int]) -> None:
    missing = dict(short(*pools))
    feasible = [Pool(pool.versions, pool.count - missing.get(i, 0)) for i, pool in enumerate(pools)]
    for seed in seeds:
        assert is_paper(feasible, draw(feasible, random.Random(seed)))


@given(_POOLS, st.integers())
def test_an_infeasible_paper_is_never_drawn_short(pools: list[Pool], seed: int) -> None:
    if shortages(pools):
        with pytest.raises(Infeasible):
            draw(pools, random.Random(seed))


TIGHT = [pool("abcdefgh", 3), pool("abcd", 2), pool("ab", 1), pool("cdxyz", 3)]


def test_a_tight_paper_is_drawn_with_a_thousand_seeds() -> None:
    assert shortages(TIGHT) == ()
    assert all(is_paper(TIGHT, draw(TIGHT, random.Random(seed))) for seed in range(1000))


@pytest.mark.parametrize("size", [3, 5, 9])
def test_a_ring_of_rules_is_drawn_though_one_repair_leads_to_the_next(size: int) -> None:
    ring = [Pool([i, (i + 1) % size], 1) for i in range(size)]
    assert shortages(ring) == ()
    assert all(is_paper(ring, draw(ring, random.Random(seed))) for seed in range(200))


def test_a_seed_draws_the_same_paper_for_ever() -> None:
    assert draw(TIGHT, random.Random("a seed")) == draw(TIGHT, random.Random("a seed"))


def test_different_seeds_draw_different_papers() -> None:
    assert len({str(draw(TIGHT, random.Random(seed))) for seed in range(50)}) > 20


def test_every_item_of_a_pool_has_its_turn() -> None:
    drawn = [draw([Pool(range(10), 2)], random.Random(seed))[0] for seed in range(500)]
    counts = [sum(version in versions for versions in drawn) for version in range(10)]
    assert min(counts) > 60
    assert max(counts) < 140


def test_the_order_within_a_rule_is_random() -> None:
    firsts = {draw([pool("ab", 2)], random.Random(seed))[0][0] for seed in range(20)}
    assert firsts == {ord("a"), ord("b")}


class Counted(Sequence[int]):
    """A million versions that count how often they are looked at."""

    def __init__(self) -> None:
        self.looked = 0

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, index: int) -> int:  # type: ignore[override]
        self.looked += 1
        return index


def test_a_draw_costs_what_is_drawn_and_not_what_the_bank_holds() -> None:
    versions = Counted()
    draw([Pool(versions, 20), Pool(range(5), 5)], random.Random(1))
    assert versions.looked < 60


@given(st.text("01", max_size=12), st.integers())
def test_an_order_shows_every_part_once_and_the_fixed_ones_last_as_they_were_written(movable: str, seed: int) -> None:
    order = arrange(movable, random.Random(seed))
    assert sorted(order) == list(range(len(movable)))
    fixed = [part for part, mark in enumerate(movable) if mark == "0"]
    assert order[len(movable) - len(fixed) :] == fixed


def test_movable_parts_come_in_every_order() -> None:
    assert len({tuple(arrange("1101", random.Random(seed))) for seed in range(200)}) == 6
