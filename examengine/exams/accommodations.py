"""Extra time from its ledger (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Extra(NamedTuple):
    """Seconds added to the limit and to the hard close."""

    limit_s: int
    close_s: int


def total(rows: Iterable[tuple[int, int | None]]) -> Extra:
    """The sum of (extra_s, extra_close_s) rows; extra_close_s None means as much as extra_s (semantics §1)."""
    limit = close = 0
    for extra_s, extra_close_s in rows:
        limit += extra_s
        close += extra_s if extra_close_s is None else extra_close_s
    return Extra(limit, close)
