"""From points to the official figures (pure; semantics §2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

HUNDREDTH = Decimal("0.01")


def percent(points: Decimal, maximum: Decimal) -> Decimal:
    """100 × points / maximum, rounded half up once, to 2 places; 0 of 0 is 0."""
    if not maximum:
        return Decimal("0.00")
    return (100 * points / maximum).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)


def passed(official_percent: Decimal, pass_mark: Decimal) -> bool:
    """Whether the official percent reaches the pass mark, exactly."""
    return official_percent >= pass_mark


def is_borderline(low: Decimal, high: Decimal, maximum: Decimal, pass_mark: Decimal) -> bool:
    """Whether the sums of lowest and of highest counted marks fall on two sides of the pass mark."""
    return passed(percent(low, maximum), pass_mark) != passed(percent(high, maximum), pass_mark)


@dataclass(frozen=True)
class Part:
    """Points of one response with what it counts under."""

    section: int
    competencies: tuple[str, ...]
    points: Decimal
    maximum: Decimal


@dataclass(frozen=True)
class Share:
    """Points of a section or competency over `items` questions."""

    label: str
    points: Decimal
    maximum: Decimal
    items: int


def by_section(parts: Iterable[Part], titles: Iterable[str]) -> list[Share]:
    """Shares in the order of the sections."""
    parts = list(parts)
    return [_share(title, [p for p in parts if p.section == i]) for i, title in enumerate(titles)]


def by_competency(parts: Iterable[Part]) -> list[Share]:
    """Shares by competency code, alphabetical; a response with several counts fully under each."""
    parts = list(parts)
    seen = sorted({code for part in parts for code in part.competencies})
    return [_share(code, [p for p in parts if code in p.competencies]) for code in seen]


def _share(label: str, parts: list[Part]) -> Share:
    points = sum((p.points for p in parts), Decimal(0))
    return Share(label, points, sum((p.maximum for p in parts), Decimal(0)), len(parts))


def official(attempts: list[tuple[int, Decimal]], counts: str) -> int | None:
    """Which attempt counts: (number, percent) pairs and the rule best, last or first; None when there is none."""
    if not attempts:
        return None
    if counts == "first":
        return min(attempts)[0]
    if counts == "last":
        return max(attempts)[0]
    return max(attempts, key=lambda pair: (pair[1], -pair[0]))[0]
