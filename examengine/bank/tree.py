"""The competency tree as rows with parents: how it reads and what is below what (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar


class Row(Protocol):
    """A node."""

    @property
    def id(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...


R = TypeVar("R", bound=Row)


def in_order(rows: Sequence[R]) -> Iterator[tuple[R, int]]:
    """Each row with its depth, before those below it; brothers stay in the order given."""
    below: defaultdict[int | None, list[R]] = defaultdict(list)
    for row in rows:
        below[row.parent_id].append(row)
    waiting = [(row, 0) for row in reversed(below[None])]
    while waiting:
        row, depth = waiting.pop()
        yield row, depth
        waiting += [(child, depth + 1) for child in reversed(below[row.id])]


def below(rows: Iterable[R], top: int) -> frozenset[int]:
    """Ids of all that is below `top`, at any depth."""
    listed = list(rows)
    found: set[int] = set()
    edge = {top}
    while edge:
        edge = {row.id for row in listed if row.parent_id in edge} - found
        found |= edge
    return frozenset(found)
