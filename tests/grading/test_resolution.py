"""From several marks to one score: the vectors of the semantics, and what holds for any marks."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.grading.resolution import Outcome, resolve, tolerance

ONE = Decimal(1)


def resolved(marks: str, wanted: int = 2, within: Decimal = ONE) -> Outcome:
    """Marks as a line of numbers."""
    return resolve([Decimal(mark) for mark in marks.split()], wanted, within)


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        ("2", "0.5"),
        ("5", "0.5"),
        ("10", "1"),
        ("20", "2"),
        ("0.5", "0.5"),
        ("1", "0.5"),
        ("9.99", "0.5"),
        ("14", "1"),
        ("15", "1.5"),
        ("100", "10"),
    ],
)
def test_the_tolerance_is_a_tenth_down_to_a_step_and_at_least_one(maximum: str, expected: str) -> None:
    assert tolerance(Decimal(maximum)) == Decimal(expected)


@pytest.mark.parametrize(
    ("maximum", "share", "step", "expected"),
    [
        ("10", "0.25", "1", "2"),
        ("10", "0", "0.5", "0.5"),
        ("10", "1", "3", "9"),
        ("3", "0.1", "0.1", "0.3"),
        ("7", "0.1", "0.25", "0.5"),
    ],
)
def test_share_and_step_are_the_policys(maximum: str, share: str, step: str, expected: str) -> None:
    assert tolerance(Decimal(maximum), Decimal(share), Decimal(step)) == Decimal(expected)


@pytest.mark.parametrize(
    ("marks", "wanted", "verdict"),
    [
        ("", 2, "waiting"),
        ("7", 2, "waiting"),
        ("7 8.5", 2, "more"),
        ("6 8", 2, "more"),
        ("5 9", 2, "more"),
        ("5 9 7", 2, "lead"),
        ("4 7 7.5", 3, "more"),
        ("4 7", 3, "waiting"),
        ("2 2.5 8 8.5", 4, "more"),
        ("2 2.5 8 8.5 5", 4, "lead"),
        ("0 5 10", 2, "lead"),
        ("", 1, "waiting"),
    ],
)
def test_a_vector_without_a_value(marks: str, wanted: int, verdict: str) -> None:
    assert resolved(marks, wanted) == Outcome(verdict)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("marks", "wanted", "value", "counted", "rule"),
    [
        ("7 8", 2, "7.5", (0, 1), "all"),
        ("7 8.5 8", 2, "8.25", (1, 2), "closest"),
        ("6 8 7", 2, "7", (0, 1, 2), "union"),
        ("4 7 7.5 7", 3, "7.1667", (1, 2, 3), "majority"),
        ("7 7", 2, "7", (0, 1), "all"),
        ("7", 1, "7", (0,), "all"),
        ("6 6.5 7", 3, "6.5", (0, 1, 2), "all"),
        ("5 9 9", 2, "9", (1, 2), "majority"),
        ("5 9 5", 2, "5", (0, 2), "majority"),
        ("2 8 2.5 8 5", 4, None, (), ""),
        ("0 4 4.5 4 9", 4, "4.1667", (1, 2, 3), "majority"),
    ],
)
def test_a_vector_with_a_value(marks: str, wanted: int, value: str | None, counted: tuple[int, ...], rule: str) -> None:
    outcome = resolved(marks, wanted)
    assert outcome.counted == counted
    assert outcome.rule == rule
    assert (round(outcome.value, 4) if outcome.value is not None else None) == (Decimal(value) if value else None)


def test_low_and_high_are_those_of_the_counted_marks() -> None:
    outcome = resolved("2 7 8", 2)
    assert (outcome.low, outcome.high) == (7, 8)


def test_the_range_may_be_exactly_the_tolerance() -> None:
    assert resolved("7 8").verdict == "resolved"
    assert resolved("7 8.000001").verdict == "more"
    assert resolved("0.1 0.3", within=Decimal("0.2")).verdict == "resolved"  # no float comes near


def test_a_union_reaches_twice_the_tolerance_at_most() -> None:
    assert resolved("6 7 8").rule == "union"
    assert resolved("5 5.5 7 7.5", 3).verdict == "lead"
    assert resolved("5 5.5 6.5 7", 3).rule == "union"


_MARKS = st.lists(st.integers(0, 20).map(lambda halves: Decimal(halves) / 2), max_size=9)
_TOLERANCE = st.integers(1, 6).map(lambda halves: Decimal(halves) / 2)


@given(_MARKS, st.integers(1, 8), _TOLERANCE)
def test_what_holds_for_any_marks(marks: list[Decimal], wanted: int, within: Decimal) -> None:
    outcome = resolve(marks, wanted, within)
    assert (outcome.verdict == "waiting") == (len(marks) < wanted)
    if outcome.verdict == "more":
        assert len(marks) == wanted
    if outcome.verdict != "resolved":
        assert outcome == Outcome(outcome.verdict)
        return
    counted = [marks[i] for i in outcome.counted]
    assert outcome.value is not None
    assert (outcome.low, outcome.high) == (min(counted), max(counted))
    assert min(counted) <= outcome.value <= max(counted)
    assert abs(outcome.value * len(counted) - sum(counted)) < Decimal("1e-20")
    assert max(counted) - min(counted) <= (2 * within if outcome.rule == "union" else within)
    assert len(counted) * 2 >= len(marks)
    if len(marks) > 1:
        assert len(counted) >= 2


@given(_MARKS.filter(bool), _TOLERANCE)
def test_the_counted_set_is_one_of_the_largest_by_trying_all(marks: list[Decimal], within: Decimal) -> None:
    outcome = resolve(marks, max(1, len(marks) - 1), within)
    agreeing = [
        set(chosen)
        for size in range(2, len(marks) + 1)
        for chosen in combinations(range(len(marks)), size)
        if max(marks[i] for i in chosen) - min(marks[i] for i in chosen) <= within and size * 2 >= len(marks)
    ]
    largest = [chosen for chosen in agreeing if len(chosen) == max(map(len, agreeing))]
    if outcome.verdict == "resolved" and outcome.rule in {"majority", "closest"}:
        counted = sorted(marks[i] for i in outcome.counted)
        spans = [max(marks[i] for i in chosen) - min(marks[i] for i in chosen) for chosen in largest]
        assert any(sorted(marks[i] for i in chosen) == counted for chosen in largest)
        assert counted[-1] - counted[0] == min(spans)
    if len(marks) > 1 and outcome.verdict == "lead":
        assert len(largest) != 1


@given(_MARKS, st.integers(1, 8), _TOLERANCE, st.randoms(use_true_random=False))
def test_the_order_of_the_marks_does_not_matter(
    marks: list[Decimal], wanted: int, within: Decimal, shuffler: object
) -> None:
    other = list(marks)
    shuffler.shuffle(other)  # type: ignore[attr-defined]
    one, two = resolve(marks, wanted, within), resolve(other, wanted, within)
    assert (one.verdict, one.value, one.rule, one.low, one.high) == (
        two.verdict,
        two.value,
        two.rule,
        two.low,
        two.high,
    )


@given(_MARKS, st.integers(1, 8), _TOLERANCE, st.integers(1, 5))
def test_a_more_lenient_world_moves_the_value_and_nothing_else(
    marks: list[Decimal], wanted: int, within: Decimal, more: int
) -> None:
    one, two = resolve(marks, wanted, within), resolve([mark + more for mark in marks], wanted, within)
    assert (one.verdict, one.counted, one.rule) == (two.verdict, two.counted, two.rule)
    if one.value is not None and two.value is not None:
        assert abs(two.value - one.value - more) < Decimal("1e-20")


@given(st.decimals(Decimal("0.01"), 1000, places=2), st.decimals(0, 1, places=2), st.integers(1, 20))
def test_a_tolerance_is_whole_steps_and_not_above_the_share_unless_one_step(
    maximum: Decimal, share: Decimal, tenths: int
) -> None:
    step = Decimal(tenths) / 10
    found = tolerance(maximum, share, step)
    assert found % step == 0
    assert found == step or found <= maximum * share < found + step
