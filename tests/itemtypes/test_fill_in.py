"""Fill-in: blanks with accepted texts or a number, credit by blank or for all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.itemtypes import fill_in, get
from examengine.itemtypes.base import ContentError, Scoring
from examengine.itemtypes.fill_in import FillIn
from examengine.itemtypes.matching import PROFILE

KIND = get("fill_in")


def item(*blanks: dict[str, Any], **facts: Any) -> Any:
    stem = "<p>" + " ".join(f"[[{n}]]" for n in range(1, len(blanks) + 1)) + "</p>"
    return KIND.load({"stem": stem, "blanks": list(blanks), **facts})


def score(content: FillIn, *answers: Any) -> Scoring:
    return KIND.score(content, KIND.read(content, list(answers)))


def faults(content: FillIn) -> list[str]:
    return [str(message) for message in KIND.problems(content)]


@pytest.mark.parametrize(
    ("answer", "fraction"),
    [
        ("Password", 1),
        (" the  PASSWORD ", 1),
        ("ｐａｓｓｗｏｒｄ", 1),
        ("passwords", 0),
        ("pass word", 0),
        ("*", 0),
        ("", 0),
    ],
)
def test_an_accepted_text_matches_under_the_default_profile(answer: str, fraction: int) -> None:
    assert score(item({"accept": ["the password", "password"]}), answer).fraction == fraction


@pytest.mark.parametrize(("answer", "fraction"), [("IMEI", 1), ("ＩＭＥＩ", 1), ("imei", 0)])
def test_capital_letters_count_where_the_blank_says_so(answer: str, fraction: int) -> None:
    assert score(item({"accept": ["IMEI"], "case": True}), answer).fraction == fraction


@pytest.mark.parametrize(
    ("blank", "answer", "fraction"),
    [
        ({"number": "24"}, "24", 1),
        ({"number": "24"}, "24.0", 1),
        ({"number": "24"}, "２４", 1),
        ({"number": "24"}, "24.000001", 0),
        ({"number": "24"}, "twenty-four", 0),
        ({"number": "24"}, "24 h", 0),
        ({"number": "24"}, "24%", 0),
        ({"number": "24", "tolerance": "1"}, "23", 1),
        ({"number": "24", "tolerance": "1"}, "25", 1),
        ({"number": "24", "tolerance": "1"}, "22.999", 0),
        ({"number": "24", "tolerance": "1"}, "25.001", 0),
        ({"number": "200", "tolerance": "5%"}, "190", 1),
        ({"number": "200", "tolerance": "5%"}, "210", 1),
        ({"number": "200", "tolerance": "5%"}, "189.99", 0),
        ({"number": "-200", "tolerance": "5%"}, "-190", 1),
        ({"number": "-200", "tolerance": "5%"}, "190", 0),
        ({"number": "0.1", "tolerance": "0.2"}, "0.3", 1),
        ({"number": "0"}, "0", 1),
        ({"number": 0}, "-0", 1),
        ({"number": 3.5}, "3.5", 1),
        ({"number": "3.5", "decimal_separator": ","}, "3,5", 1),
        ({"number": "3.5", "decimal_separator": ","}, "3.5", 0),
        ({"number": "3.5"}, "3,5", 0),
        ({"number": "1000"}, "1 000", 1),
    ],
)
def test_a_number_within_its_tolerance(blank: dict[str, Any], answer: str, fraction: int) -> None:
    assert score(item(blank), answer).fraction == fraction


@given(st.decimals(-1000, 1000, places=3), st.decimals(0, 50, places=3), st.decimals(-1000, 1000, places=3))
def test_a_tolerance_is_exact(key: Decimal, tolerance: Decimal, answer: Decimal) -> None:
    found = score(item({"number": f"{key:f}", "tolerance": f"{tolerance:f}"}), f"{answer:f}")
    assert found.fraction == int(abs(answer - key) <= tolerance)


TWO = ({"accept": ["a"]}, {"accept": ["b"]})


@pytest.mark.parametrize(
    ("answers", "fraction"),
    [
        (["a", "b"], 1),
        (["a", ""], Decimal("0.5")),
        (["x", "b"], Decimal("0.5")),
        (["b", "a"], 0),
        (["", ""], 0),
        (["a"], Decimal("0.5")),
    ],
)
def test_credit_by_blank_in_order(answers: list[str], fraction: Decimal) -> None:
    assert score(item(*TWO), *answers).fraction == fraction


@pytest.mark.parametrize(("answers", "fraction"), [(["a", "b"], 1), (["a", "x"], 0), (["", "b"], 0)])
def test_all_or_nothing(answers: list[str], fraction: int) -> None:
    assert score(item(*TWO, partial="all_or_nothing"), *answers).fraction == fraction


def test_the_evidence_keeps_profile_normal_form_and_what_matched() -> None:
    found = score(
        item({"accept": ["The Password", "password"]}, {"number": "24.0", "tolerance": "1"}), "PASSWORD", " 25 "
    )
    assert found.evidence == {"profile": PROFILE, "normalised": ["password", "25"], "matched": ["password", "24.0"]}


def test_an_empty_blank_matches_nothing_even_a_key_of_invisible_signs() -> None:
    assert score(item({"accept": ["\u200b"]}, {"accept": ["b"]}), "\u200b", "b").fraction == Decimal("0.5")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (["a", "b"], ["a", "b"]),
        (["a"], ["a", ""]),
        (["a", "b", "c"], ["a", "b"]),
        ([1, None], ["", ""]),
        ("ab", ["", ""]),
        (None, ["", ""]),
    ],
)
def test_a_response_has_a_text_for_every_blank(raw: Any, value: list[str]) -> None:
    assert KIND.read(item(*TWO), raw).value == value


def test_an_answer_is_bounded() -> None:
    assert len(KIND.read(item(*TWO), ["x" * 5000, ""]).value[0]) == fill_in.MOST_TEXT


def test_the_key_in_words() -> None:
    content = item({"accept": ["a", "b"]}, {"number": "24", "tolerance": "5%"}, {"number": "1.50"})
    assert KIND.key(content) == ("a / b", "24 ± 5%", "1.50")


def test_categories_name_the_blank_and_the_normal_form() -> None:
    content = item(*TWO)
    assert KIND.categories(content, KIND.read(content, ["Ａ", ""])) == ("1:a", "2:")


@pytest.mark.parametrize(
    ("stem", "right"),
    [
        ("<p>[[1]] [[2]]</p>", True),
        ("<p>[[2]] [[1]]</p>", False),
        ("<p>[[1]]</p>", False),
        ("<p>[[1]] [[2]] [[2]]</p>", False),
        ("<p>[[1]] [[2]] [[3]]</p>", False),
        ("<p>[[0]] [[1]]</p>", False),
        ("<p>[[１]] [[2]]</p>", False),
        ("<p>[[01]] [[2]]</p>", False),
        ("<p>[[1] [2]]</p>", False),
        ("<p>[[1]] [[2]] [[" + "9" * 5000 + "]]</p>", True),
    ],
)
def test_the_marks_in_the_stem_are_the_blanks_in_order(stem: str, right: bool) -> None:
    expected = [] if right else ["The question must have [[1]] to [[2]] once each, in order."]
    assert faults(item(*TWO, stem=stem)) == expected


def test_without_a_blank_there_is_nothing_to_fill_in() -> None:
    assert "There is no blank." in faults(item())


def test_the_key_0_takes_no_relative_tolerance() -> None:
    assert faults(item({"number": "0", "tolerance": "5%"})) == ["Blank 1: the key 0 takes no relative tolerance."]
    assert faults(item({"number": "0", "tolerance": "5"})) == []


def test_a_blank_needs_an_answer_that_somebody_can_give() -> None:
    assert faults(item({"accept": ["a"]}, {"accept": ["b", "\u200b"]})) == ["Blank 2 has no accepted answer."]
    assert faults(item({"accept": ["  "]})) == ["Blank 1 has no accepted answer."]


@pytest.mark.parametrize(
    "blank",
    [
        {},
        {"accept": []},
        {"accept": "a"},
        {"number": "a"},
        {"number": "1e3"},
        {"number": True},
        {"number": [1]},
        {"number": "1", "tolerance": "-1"},
        {"number": "1", "tolerance": "some"},
        {"accept": ["a"], "decimal_separator": ";"},
        {"accept": ["a"], "decimal_separator": []},
    ],
)
def test_a_blank_of_another_shape_is_refused(blank: dict[str, Any]) -> None:
    with pytest.raises(ContentError):
        item(blank)


@pytest.mark.parametrize(
    "facts", [{"partial": "half"}, {"partial": []}, {"blanks": [{"accept": ["a"]}] * 21}, {"blanks": ["a"]}]
)
def test_an_item_of_another_shape_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ContentError):
        item(*TWO, **facts)
