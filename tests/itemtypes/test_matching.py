"""Written answers and numbers: the default profile, by its vectors."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.itemtypes.matching import Tolerance, format_tolerance, normalise, parse_number, parse_tolerance


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("A、B", "A，B"),
        ("ｶﾞ", "ガ"),
        ("a\tb", "a b"),
        ("投诉 处理", "投诉处理"),
        ("a\u200bb", "ab"),
        ("\ufeffa\u200d\u2060b\u00ad", "ab"),
        ("a\x00\x07b", "ab"),
        ("a\nb", "a b"),
        ("a\u00a0b", "a b"),
        ("a\u3000b", "a b"),
        ("  a   b ", "a b"),
        ("　投诉　处理　", "投诉处理"),
        ("cafe\u0301", "caf\u00e9"),
        ("好。", "好."),
        ("“a”", '"a"'),
        ("‘a’", "'a'"),
        ("−5", "-5"),
        ("1–2", "1-2"),
        ("1—2", "1-2"),
        ("ア・イ", "ア·イ"),
        ("ﾊﾟｽﾜｰﾄﾞ", "パスワード"),
        ("ｱ｡", "ア."),
        ("（投诉）！", "(投诉)!"),
        ("Straße", "STRASSE"),
        ("～", "~"),
    ],
)
def test_the_same_under_the_default_profile(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10²", "102"),
        ("m²", "m2"),
        ("H₂O", "H2O"),
        ("投诉 abc", "投诉abc"),
        ("a b", "ab"),
        ("①", "1"),
        ("投诉", "投訴"),
        ("resume", "résumé"),
        ("ﬁ", "f"),
    ],
)
def test_not_the_same_under_the_default_profile(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_capital_letters_count_where_the_item_says_so() -> None:
    assert normalise("Ａb", fold_case=False) == "Ab"
    assert normalise("Ab", fold_case=False) != normalise("ab", fold_case=False)


@given(st.text())
def test_the_normal_form_without_case_is_stable(text: str) -> None:
    once = normalise(text, fold_case=False)
    assert normalise(once, fold_case=False) == once


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_spaces_around_an_answer_never_matter(text: str) -> None:
    assert normalise(f"\t {text}　\n") == normalise(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("24", "24"),
        ("24.50", "24.5"),
        ("+24", "24"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("２４．５", "24.5"),
        (" 1 000 ", "1000"),
        ("007", "7"),
        ("0", "0"),
    ],
)
def test_a_plain_number(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "24h",
        "24 %",
        "24元",
        "1,000",
        "1.2.3",
        "1e3",
        "NaN",
        "Infinity",
        "0x10",
        "二十四",
        "1_000",
        "9" * 31,
    ],
)
def test_no_plain_number(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(("text", "number"), [("3,5", "3.5"), ("３，５", "3.5"), ("-0,25", "-0.25"), ("12", "12")])
def test_a_decimal_comma_where_it_is_declared(text: str, number: str) -> None:
    assert parse_number(text, ",") == Decimal(number)


@pytest.mark.parametrize("text", ["3.5", "1.000,5", "1,2,3"])
def test_other_separators_than_the_declared_one_are_wrong(text: str) -> None:
    assert parse_number(text, ",") is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    found = parse_number(text)
    assert found is None or found.is_finite()


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("", Tolerance()),
        ("0.5", Tolerance(Decimal("0.5"))),
        ("5%", Tolerance(Decimal("0.05"), relative=True)),
        (" 0.5 % ", Tolerance(Decimal("0.005"), relative=True)),
        ("1", Tolerance(Decimal(1))),
    ],
)
def test_a_tolerance(text: str, tolerance: Tolerance) -> None:
    assert parse_tolerance(text) == tolerance


@pytest.mark.parametrize("text", ["-1", "-5%", "five", "%", "±1", "1e-3"])
def test_no_tolerance(text: str) -> None:
    with pytest.raises(ValueError, match="tolerance"):
        parse_tolerance(text)


@pytest.mark.parametrize(
    ("tolerance", "key", "around"),
    [("0.5", "24", "0.5"), ("5%", "200", "10"), ("5%", "-200", "10"), ("5%", "0", "0"), ("", "24", "0")],
)
def test_how_far_a_tolerance_reaches(tolerance: str, key: str, around: str) -> None:
    assert parse_tolerance(tolerance).around(Decimal(key)) == Decimal(around)


@given(st.decimals(min_value=0, max_value=1000, places=4), st.booleans())
def test_a_tolerance_is_written_as_it_is_read(amount: Decimal, relative: bool) -> None:
    wanted = Tolerance(amount / 100 if relative else amount, relative)
    back = parse_tolerance(format_tolerance(wanted))
    assert back == wanted if amount else back == Tolerance()
