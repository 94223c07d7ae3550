"""The official figures: rounded once, compared exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.results.scale import Part, Share, by_competency, by_section, is_borderline, official, passed, percent


@pytest.mark.parametrize(
    ("points", "maximum", "expected"),
    [
        ("0", "10", "0.00"),
        ("10", "10", "100.00"),
        ("1", "3", "33.33"),
        ("2", "3", "66.67"),
        ("1", "8", "12.50"),
        ("0.00005", "1", "0.01"),  # half up, not to even
        ("0.59995", "1", "60.00"),
        ("0.599949", "1", "59.99"),
        ("0.00015", "1", "0.02"),
        ("0.00025", "1", "0.03"),
        ("1", "16", "6.25"),
        ("1", "32", "3.13"),
        ("3", "32", "9.38"),
        ("33.333333", "100", "33.33"),
        ("0", "0", "0.00"),
    ],
)
def test_the_percent_is_rounded_half_up_to_two_places(points: str, maximum: str, expected: str) -> None:
    found = percent(Decimal(points), Decimal(maximum))
    assert found == Decimal(expected)
    assert f"{found}" == expected


_MICRO = st.integers(0, 10**9).map(lambda micros: Decimal(micros) / 10**6)


@given(_MICRO, _MICRO.filter(bool))
def test_the_percent_is_off_by_half_a_hundredth_at_most_and_a_tie_goes_up(points: Decimal, maximum: Decimal) -> None:
    micros, whole, hundredths = int(points * 10**6), int(maximum * 10**6), int(percent(points, maximum) * 100)
    assert hundredths == (2 * 10**4 * micros + whole) // (2 * whole)  # in whole numbers: floor(x + 1/2)


@pytest.mark.parametrize(
    ("value", "pass_mark", "expected"),
    [
        ("60.00", "60", True),
        ("59.99", "60", False),
        ("60.01", "60", True),
        ("0.00", "0", True),
        ("100.00", "100", True),
        ("99.99", "100", False),
        ("66.67", "66.67", True),
        ("66.66", "66.67", False),
    ],
)
def test_the_pass_mark_itself_passes(value: str, pass_mark: str, expected: bool) -> None:
    assert passed(Decimal(value), Decimal(pass_mark)) is expected


def test_the_rounded_percent_decides_and_nothing_else() -> None:
    assert passed(percent(Decimal("59.995"), Decimal(100)), Decimal(60))
    assert not passed(percent(Decimal("59.994999"), Decimal(100)), Decimal(60))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("59", "61", True),
        ("59.99", "60", True),
        ("60", "61", False),
        ("50", "59.99", False),
        ("60", "60", False),
        ("59.994", "59.995", True),
    ],
)
def test_borderline_is_when_low_and_high_fall_on_two_sides(low: str, high: str, expected: bool) -> None:
    assert is_borderline(Decimal(low), Decimal(high), Decimal(100), Decimal(60)) is expected


@pytest.mark.parametrize(("counts", "number"), [("best", 2), ("last", 4), ("first", 1)])
def test_which_attempt_counts(counts: str, number: int) -> None:
    attempts = [(3, Decimal("80.00")), (1, Decimal("50.00")), (2, Decimal("80.00")), (4, Decimal("79.99"))]
    assert official(attempts, counts) == number


@pytest.mark.parametrize("counts", ["best", "last", "first"])
def test_one_attempt_counts_and_none_does_not(counts: str) -> None:
    assert official([(1, Decimal(0))], counts) == 1
    assert official([], counts) is None


@given(st.dictionaries(st.integers(1, 9), st.decimals(0, 100, places=2), min_size=1))
def test_no_attempt_is_better_than_the_best(percents: dict[int, Decimal]) -> None:
    found = official(list(percents.items()), "best")
    assert found is not None
    assert percents[found] == max(percents.values())
    assert not [number for number in percents if number < found and percents[number] == percents[found]]


def part(section: int, points: str, maximum: str, *codes: str) -> Part:
    return Part(section, codes, Decimal(points), Decimal(maximum))


PARTS = [
    part(0, "1.5", "2", "business.service"),
    part(1, "3", "10", "skills.phone", "business.service"),
    part(0, "0", "2", "conduct.ethics"),
]


def share(label: str, points: str, maximum: str, items: int) -> Share:
    return Share(label, Decimal(points), Decimal(maximum), items)


def test_shares_by_section_in_the_order_of_the_sections() -> None:
    assert by_section(PARTS, ["Choice", "Writing", "Empty"]) == [
        share("Choice", "1.5", "4", 2),
        share("Writing", "3", "10", 1),
        share("Empty", "0", "0", 0),
    ]


def test_shares_by_competency_count_a_response_fully_under_each() -> None:
    assert by_competency(PARTS) == [
        share("business.service", "4.5", "12", 2),
        share("conduct.ethics", "0", "2", 1),
        share("skills.phone", "3", "10", 1),
    ]


def test_shares_may_come_from_any_iterable() -> None:
    assert by_section(iter(PARTS), iter(["Choice"])) == [share("Choice", "1.5", "4", 2)]
    assert by_competency(iter(PARTS)) == by_competency(PARTS)
    assert by_competency([]) == []


@given(
    st.lists(st.builds(part, st.integers(0, 2), st.integers(0, 9).map(str), st.integers(1, 9).map(str), st.just("a")))
)
def test_sections_sum_to_the_whole(parts: list[Part]) -> None:
    sections = by_section(parts, "abc")
    assert sum(s.points for s in sections) == sum(p.points for p in parts)
    assert sum(s.maximum for s in sections) == sum(p.maximum for p in parts)
    assert sum(s.items for s in sections) == len(parts)
