"""Plans: what is dumped is loaded again; every term that cannot be is named."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.core.errors import Invalid
from examengine.exams import plans
from examengine.exams.plans import DrawRule, FixedSlot, MarkingPolicy, Plan, Section, Terms, check_terms, dump, load

_POINTS = st.decimals(Decimal("0.01"), 1000, places=2)
_RULES = st.builds(FixedSlot, st.integers(1), st.none() | _POINTS) | st.builds(
    DrawRule,
    st.integers(1),
    st.integers(1, 200),
    _POINTS,
    st.lists(st.sampled_from(["business", "business.service", "skills.phone"]), unique=True).map(tuple),
    st.none() | st.sampled_from(["single_choice", "essay"]),
    st.none() | st.sampled_from(["zh", "en"]),
    st.tuples(st.integers(1, 3), st.integers(3, 5)),
)
_TERMS = st.builds(
    Terms,
    time_limit_s=st.integers(60, 86400),
    attempts=st.integers(1, 20),
    counts=st.sampled_from(list(plans.COUNTS)),
    pass_mark=st.decimals(0, 100, places=2),
    page_mode=st.sampled_from(list(plans.PAGE_MODES)),
    shuffle_sections=st.booleans(),
    shuffle_items=st.booleans(),
    shuffle_options=st.booleans(),
    release=st.sampled_from(list(plans.RELEASES)),
    marking=st.builds(
        MarkingPolicy,
        markers=st.integers(1, 9),
        method=st.just("mean"),
        tolerance=st.decimals(0, 1, places=3),
        step=st.decimals(Decimal("0.1"), 10, places=2),
        lease_s=st.integers(60, 86400),
    ),
)
_PLANS = st.builds(
    Plan,
    _TERMS,
    st.lists(st.builds(Section, st.text(), st.lists(_RULES, max_size=5).map(tuple)), max_size=4).map(tuple),
)


@given(_PLANS)
def test_a_plan_is_loaded_as_it_was_dumped(plan: Plan) -> None:
    stored = json.loads(json.dumps(dump(plan)))
    assert load(stored) == plan
    assert dump(load(stored)) == stored


@given(_TERMS)
def test_terms_within_their_ranges_pass(terms: Terms) -> None:
    check_terms(terms)


def test_the_default_terms_pass_and_are_those_of_an_empty_document() -> None:
    check_terms(Terms())
    assert load({}) == Plan()


def test_terms_that_a_document_does_not_have_are_the_defaults() -> None:
    found = load({"terms": {"attempts": 3, "marking": {"markers": 1}}})
    assert found.terms == replace(Terms(), attempts=3, marking=replace(MarkingPolicy(), markers=1))


def test_decimals_are_kept_as_text() -> None:
    stored = dump(Plan(Terms(pass_mark=Decimal("59.90")), (Section("A", (FixedSlot(1, Decimal("0.10")),)),)))
    assert stored["terms"]["pass_mark"] == "59.90"
    assert stored["sections"][0]["slots"] == [{"item": 1, "points": "0.10"}]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"time_limit_s": 59}, "time limit"),
        ({"time_limit_s": 86_401}, "time limit"),
        ({"attempts": 0}, "attempts"),
        ({"attempts": 21}, "attempts"),
        ({"pass_mark": Decimal("-0.01")}, "pass mark"),
        ({"pass_mark": Decimal("100.01")}, "pass mark"),
        ({"pass_mark": Decimal("NaN")}, "pass mark"),
        ({"counts": "worst"}, "“worst”"),
        ({"page_mode": "some"}, "“some”"),
        ({"release": "never"}, "“never”"),
        ({"marking": MarkingPolicy(markers=0)}, "graders"),
        ({"marking": MarkingPolicy(markers=10)}, "graders"),
        ({"marking": MarkingPolicy(method="median")}, "“median”"),
        ({"marking": MarkingPolicy(tolerance=Decimal("-0.1"))}, "Tolerance"),
        ({"marking": MarkingPolicy(tolerance=Decimal("1.1"))}, "Tolerance"),
        ({"marking": MarkingPolicy(tolerance=Decimal("NaN"))}, "Tolerance"),
        ({"marking": MarkingPolicy(step=Decimal(0))}, "Tolerance"),
        ({"marking": MarkingPolicy(step=Decimal(11))}, "Tolerance"),
    ],
)
def test_a_term_that_cannot_be_is_named(change: dict[str, Any], word: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_terms(replace(Terms(), **change))
    [message] = caught.value.problems
    assert word in str(message)


@pytest.mark.parametrize(
    "change",
    [
        {"time_limit_s": 60},
        {"time_limit_s": 86_400},
        {"attempts": 20},
        {"pass_mark": Decimal(0)},
        {"pass_mark": Decimal(100)},
        {"marking": MarkingPolicy(markers=9, tolerance=Decimal(1), step=Decimal(10))},
        {"marking": MarkingPolicy(markers=1, tolerance=Decimal(0))},
    ],
)
def test_the_ends_of_the_ranges_are_allowed(change: dict[str, Any]) -> None:
    check_terms(replace(Terms(), **change))


def test_all_faults_are_named_at_once() -> None:
    marking = MarkingPolicy(0, "lead", Decimal(2))
    wrong = Terms(0, 0, "x", Decimal(101), "y", release="z", marking=marking)
    with pytest.raises(Invalid) as caught:
        check_terms(wrong)
    assert len(caught.value.problems) == 9


def test_rules_are_counted_over_all_sections() -> None:
    draw = DrawRule(1, 3, Decimal(2))
    plan = Plan(Terms(), (Section("A", (FixedSlot(7), draw)), Section("B"), Section("C", (FixedSlot(8),))))
    assert list(plan.rules()) == [(0, FixedSlot(7)), (0, draw), (2, FixedSlot(8))]
    assert plan.count == 5


@pytest.mark.parametrize(
    ("text", "points"), [("2", "2"), (" 0.5 ", "0.5"), ("1000", "1000"), ("0.01", "0.01"), ("2.50", "2.5")]
)
def test_points_as_a_person_writes_them(text: str, points: str) -> None:
    assert plans.points(text) == Decimal(points)


@pytest.mark.parametrize(
    "text", ["", "two", "0", "-1", "1000.01", "0.001", "NaN", "sNaN", "Infinity", "1e-30", "1e9", "2,5"]
)
def test_points_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        plans.points(text)
