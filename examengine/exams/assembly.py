"""Drawing a paper from pools: feasibility over all rules together, and a draw that never fails when feasible (pure).

Rules compete for items, so both are a bipartite matching: each unit of a rule needs an item of its own. The draw is
greedy at random, scarcest rule first, and repairs by augmenting paths (Kuhn 1955); by Berge's theorem it ends short
only where no assignment exists.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any


@dataclass(frozen=True)
class Pool:
    """What one slot rule may take: `count` distinct ones of `versions` (item version ids)."""

    versions: Sequence[int]
    count: int


@dataclass(frozen=True)
class Shortage:
    """A rule that cannot be met: its number and by how many items."""

    rule: int
    missing: int


class Infeasible(Exception):
    """No paper exists; `shortages` names the rules."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__(f"rules cannot be met: {self.shortages}")


def shuffle(elements: list[Any], rng: random.Random) -> None:
    """Put the elements in random order (Fisher-Yates): `rng.shuffle` at a third of its cost, with a bias below 2⁻⁴⁰."""
    for left in range(len(elements), 1, -1):
        pick = int(rng.random() * left)
        elements[pick], elements[left - 1] = elements[left - 1], elements[pick]


def _shuffled(versions: Sequence[int], rng: random.Random) -> Iterator[int]:
    """Elements in random order, made one at a time: the cost is what is taken, not the pool's size."""
    moved: dict[int, int] = {}
    for left in range(len(versions), 0, -1):
        pick = int(rng.random() * left)
        yield versions[moved.get(pick, pick)]
        moved[pick] = moved.get(left - 1, left - 1)


class _Assignment:
    """Who has which item so far."""

    def __init__(self, pools: Sequence[Pool], rng: random.Random) -> None:
        self.pools, self.rng = pools, rng
        self.owner: dict[int, int] = {}
        self.fresh = [_shuffled(pool.versions, rng) for pool in pools]
        self.repaired = False

    def take_free(self, rule: int) -> int | None:
        """A random item of the rule's pool that nobody has. An item once owned stays owned (repairs only change
        the owner), so what the iterator passed over need not be looked at again."""
        return next((version for version in self.fresh[rule] if version not in self.owner), None)

    def fill(self, rule: int) -> int:
        """Give the rule all its items, moving others' items where that helps. Returns how many are missing."""
        left, owner = self.pools[rule].count, self.owner
        if left:
            for version in self.fresh[rule]:
                if version not in owner:
                    owner[version] = rule
                    left -= 1
                    if not left:
                        break
        self.repaired = self.repaired or left > 0
        return sum(not self._augment(rule, set()) for _ in range(left))

    def _augment(self, rule: int, seen: set[int]) -> bool:
        seen.add(rule)
        versions = list(self.pools[rule].versions)
        shuffle(versions, self.rng)
        for version in versions:
            other = self.owner[version]
            if other in seen:
                continue
            free = self.take_free(other)
            if free is not None:
                self.owner[free] = other
            elif not self._augment(other, seen):
                continue
            self.owner[version] = rule
            return True
        return False


def draw(pools: Sequence[Pool], rng: random.Random) -> list[list[int]]:
    """For each pool its drawn versions, in random order. Raises Infeasible."""
    assignment = _Assignment(pools, rng)
    shortages = []
    for rule in sorted(range(len(pools)), key=lambda i: len(pools[i].versions) - pools[i].count):
        missing = assignment.fill(rule)
        if missing:
            shortages.append(Shortage(rule, missing))
    if shortages:
        raise Infeasible(sorted(shortages, key=lambda s: s.rule))
    drawn: list[list[int]] = [[] for _ in pools]
    for version, rule in assignment.owner.items():
        drawn[rule].append(version)
    if assignment.repaired:  # else they stand in the random order in which they were taken
        for versions in drawn:
            versions.sort()
            shuffle(versions, rng)
    return drawn


def arrange(movable: str, rng: random.Random) -> list[int]:
    """The order in which an item's parts are shown: those marked "1" shuffled, then the others as they were written."""
    orders = _orders(movable)
    if orders:
        return list(orders[int(rng.random() * len(orders))])
    free = [part for part, mark in enumerate(movable) if mark == "1"]
    shuffle(free, rng)
    return free + [part for part, mark in enumerate(movable) if mark != "1"]


@lru_cache(maxsize=64)
def _orders(movable: str) -> tuple[tuple[int, ...], ...]:
    """All orders of up to five movable parts; none for more, where there are too many to keep."""
    free = [part for part, mark in enumerate(movable) if mark == "1"]
    fixed = tuple(part for part, mark in enumerate(movable) if mark != "1")
    return tuple(order + fixed for order in permutations(free)) if len(free) <= 5 else ()


def shortages(pools: Sequence[Pool]) -> tuple[Shortage, ...]:
    """The rules that cannot be met, all considered together; empty when a paper exists.

    A pool with at least as many items as the whole paper needs can always be filled last, so it needs no look.
    """
    total = sum(pool.count for pool in pools)
    tight = [i for i, pool in enumerate(pools) if len(pool.versions) < total]
    try:
        draw([pools[i] for i in tight], random.Random(0))  # noqa: S311 (no secret: which items serve is all the same)
    except Infeasible as error:
        return tuple(Shortage(tight[s.rule], s.missing) for s in error.shortages)
    return ()
