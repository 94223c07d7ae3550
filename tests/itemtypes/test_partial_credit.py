"""Multiple choice: the six rules, by the table of vectors."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.itemtypes import multiple_choice
from examengine.itemtypes.multiple_choice import LABELS, RULES, MultipleChoice, fraction
from examengine.itemtypes.options import Option

COLUMNS = ("all_or_nothing", "net", "coverage", "each", "no_wrong", "half")
TABLE = {
    (5, 3, 3, 0): ("1", "1", "1", "1", "1", "1"),
    (5, 3, 1, 0): ("0", ".3333", ".3333", ".6", ".3333", ".5"),
    (4, 2, 1, 1): ("0", "0", ".25", ".5", "0", "0"),
    (5, 3, 2, 0): ("0", ".6667", ".6667", ".8", ".6667", ".5"),
    (5, 3, 3, 1): ("0", ".6667", ".75", ".8", "0", "0"),
    (5, 3, 2, 1): ("0", ".3333", ".4444", ".6", "0", "0"),
    (5, 3, 3, 2): ("0", ".3333", ".6", ".6", "0", "0"),
    (5, 3, 0, 0): ("0", "0", "0", "0", "0", "0"),
    (4, 2, 0, 0): ("0", "0", "0", "0", "0", "0"),
}
VECTORS = [
    (rule, case, Decimal(value)) for case, row in TABLE.items() for rule, value in zip(COLUMNS, row, strict=True)
]


def item(rule: str, n: int, c: int) -> MultipleChoice:
    return MultipleChoice("<p>?</p>", "", tuple(Option(f"<p>{i}</p>", key=i < c) for i in range(n)), rule=rule)


def test_the_rules_are_those_of_the_table_and_each_has_a_label() -> None:
    assert set(RULES) == set(COLUMNS) == set(LABELS)


@pytest.mark.parametrize(("rule", "case", "value"), VECTORS)
def test_a_vector(rule: str, case: tuple[int, int, int, int], value: Decimal) -> None:
    assert round(fraction(rule, *case), 4) == value


@pytest.mark.parametrize(("rule", "case", "value"), VECTORS)
def test_a_vector_through_the_item(rule: str, case: tuple[int, int, int, int], value: Decimal) -> None:
    n, c, t, f = case
    content = item(rule, n, c)
    picks = [*range(t), *range(c, c + f)]
    scoring = multiple_choice.KIND.score(content, multiple_choice.KIND.read(content, picks))
    assert scoring.fraction is not None
    assert round(scoring.fraction, 4) == value
    assert scoring.evidence == {"rule": rule, "n": n, "c": c, "t": t, "f": f}


@st.composite
def _cases(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n = draw(st.integers(2, 12))
    c = draw(st.integers(1, n))
    return n, c, draw(st.integers(0, c)), draw(st.integers(0, n - c))


@given(_cases(), st.sampled_from(COLUMNS))
def test_a_fraction_lies_between_0_and_1_and_is_1_for_the_exact_answer(
    case: tuple[int, int, int, int], rule: str
) -> None:
    n, c, t, f = case
    assert 0 <= fraction(rule, *case) <= 1
    assert fraction(rule, n, c, c, 0) == 1
    assert (fraction(rule, *case) == 1) == (t == c and f == 0)


@given(_cases(), st.sampled_from(COLUMNS))
def test_a_wrong_pick_more_never_pays(case: tuple[int, int, int, int], rule: str) -> None:
    n, c, t, f = case
    if t and c + f < n:
        assert fraction(rule, n, c, t, f + 1) <= fraction(rule, n, c, t, f)


def test_each_warns_the_author_and_the_others_do_not() -> None:
    assert [rule for rule in COLUMNS if multiple_choice.KIND.advice(item(rule, 4, 2))] == ["each"]
