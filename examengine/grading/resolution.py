"""From several marks to one score (pure; semantics §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

Verdict = Literal["waiting", "more", "resolved", "lead"]


@dataclass(frozen=True)
class Outcome:
    """What the marks lead to; `value`, `low` and `high` stand only when resolved."""

    verdict: Verdict
    value: Decimal | None = None
    counted: tuple[int, ...] = ()
    """Indexes of the marks that count."""
    low: Decimal | None = None
    high: Decimal | None = None
    rule: str = ""
    """all, majority, closest or union: which rule decided."""


def tolerance(maximum: Decimal, share: Decimal = Decimal("0.1"), step: Decimal = Decimal("0.5")) -> Decimal:
    """`share` of the item's maximum, down to a mark step, at least one step."""
    steps = (maximum * share / step).to_integral_value(ROUND_FLOOR)
    return max(steps, Decimal(1)) * step


def decides(fresh: Decimal, before: Decimal, tolerance: Decimal) -> bool:
    """Whether a fresh mark after an appeal decides by itself: not if it is lower by more than the tolerance (0071)."""
    return before - fresh <= tolerance


def resolve(totals: Sequence[Decimal], wanted: int, tolerance: Decimal) -> Outcome:
    """Resolve on item totals by the mean of those that count.

    `totals` holds each marker's current mark, `wanted` is the policy's n; one more mark is asked for at most.
    """
    if len(totals) < wanted:
        return Outcome("waiting")
    if max(totals) - min(totals) <= tolerance:
        return _value(totals, range(len(totals)), "all")
    if len(totals) == wanted:
        return Outcome("more")
    sets = _agreeing(totals, tolerance)
    if not sets:
        return Outcome("lead")
    if len(sets) == 1:
        return _value(totals, sets[0], "majority")
    spans = [_span(totals, group) for group in sets]
    closest = [group for group, span in zip(sets, spans, strict=True) if span == min(spans)]
    if len(closest) == 1:
        return _value(totals, closest[0], "closest")
    union = sorted({index for group in closest for index in group})
    if _span(totals, union) <= 2 * tolerance:
        return _value(totals, union, "union")
    return Outcome("lead")


def _span(totals: Sequence[Decimal], group: Sequence[int]) -> Decimal:
    counted = [totals[i] for i in group]
    return max(counted) - min(counted)


def _agreeing(totals: Sequence[Decimal], tolerance: Decimal) -> list[list[int]]:
    """The largest sets within tolerance that are at least half of all marks and at least two.

    In sorted order such a set is a run of neighbours: what lies between two marks within tolerance is so too.
    """
    ranked = sorted(range(len(totals)), key=lambda i: totals[i])
    for size in range(len(ranked) - 1, 1, -1):
        if size * 2 < len(ranked):
            break
        runs = [ranked[start : start + size] for start in range(len(ranked) - size + 1)]
        found = [run for run in runs if totals[run[-1]] - totals[run[0]] <= tolerance]
        if found:
            return found
    return []


def _value(totals: Sequence[Decimal], group: Sequence[int], rule: str) -> Outcome:
    counted = [totals[i] for i in group]
    mean = sum(counted, Decimal(0)) / len(counted)
    return Outcome("resolved", mean, tuple(sorted(group)), min(counted), max(counted), rule)
