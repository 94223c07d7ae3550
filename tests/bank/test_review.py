"""Reviews of banks: each warning, on both sides of its threshold."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from examengine.bank import review_item
from examengine.bank.review import Finding, review
from examengine.bank.review_item import Subject
from examengine.itemtypes import get, kinds

LONG = "先向客户核对姓名、证件号和在用套餐再办理"
SAID = "结案前必须回访客户一次。"
FOUR = ("先核对", "先登记", "先转接", "先回访")


def subject(
    kind: str = "single_choice",
    code: str = "q-1",
    *,
    bank: str = "calls",
    language: str = "zh",
    difficulty: int = 2,
    competencies: tuple[str, ...] = ("business.service",),
    source: str = "HB 1.1",
    **data: Any,
) -> Subject:
    """An item that nothing can be said against, changed by `data`."""
    own = get(kind)
    rng = random.Random(code)
    noise = "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(40))
    made: dict[str, Any] = {**own.examples().data, "stem": f"<p>{noise}？</p>"}
    made["explanation"] = "手册写明先后次序，容易选错的一项漏了核对这一步。"
    if kind == "fill_in":
        made["stem"] = f"<p>{noise}[[1]]，[[2]]。</p>"
    if kind == "essay":
        levels = [{"points": n, "text": f"第{n}级的样子"} for n in range(3)]
        made |= {"rubric": [{"criterion": c, "levels": levels} for c in "甲乙丙"], "weak_answer": "差。"}
    content = own.load(made | data)
    return Subject(bank, code, own, content, language, difficulty, competencies, source, "calls/items.yaml", 7)


def options(*texts: str, key: int = 0) -> list[dict[str, Any]]:
    return [{"text": text, "key": i == key} for i, text in enumerate(texts)]


def codes(*subjects: Subject) -> list[str]:
    return [finding.code for finding in review(subjects).findings]


def only(subjects: Sequence[Subject], code: str) -> Finding:
    [found] = [finding for finding in review(subjects).findings if finding.code == code]
    return found


@pytest.mark.parametrize("kind", list(kinds()))
def test_nothing_is_said_against_a_good_item(kind: str) -> None:
    assert codes(subject(kind)) == []


@pytest.mark.parametrize(
    ("code", "kind", "data"),
    [
        ("hidden_negation", "single_choice", {"stem": "<p>哪一项不属于隐私？</p>"}),
        ("catch_all", "multiple_choice", {"options": options("姓名", "号码", "以上都是")}),
        ("same_options", "single_choice", {"options": options("先核对身份。", "先核对身份", "挂机")}),
        ("nested_options", "single_choice", {"options": options("报告组长", "报告组长并填写表单", "先挂机再说")}),
        (
            "unequal_options",
            "single_choice",
            {"options": options(LONG, "挂机", "转接")},
        ),
        ("absolute_distractors", "single_choice", {"options": options("先听", "一定转接", "绝对挂机")}),
        ("no_explanation", "single_choice", {"explanation": ""}),
        (
            "explanation_repeats",
            "true_false",
            {"stem": SAID, "explanation": SAID},
        ),
        ("long_stem", "true_false", {"stem": "客户来电。" * 250}),
        ("no_tolerance", "fill_in", {"blanks": [{"number": "8.55"}, {"number": "9"}]}),
        ("redundant_alternative", "fill_in", {"blanks": [{"accept": ["F-202", "F–202"]}, {"number": "9"}]}),
        ("no_model_answer", "short_answer", {"model_answer": ""}),
        ("no_model_answer", "essay", {"model_answer": ""}),
        ("no_weak_answer", "essay", {"weak_answer": ""}),
        ("all_keys", "multiple_choice", {"options": [{"text": t, "key": True} for t in ("甲种", "乙种")]}),
        ("rule_each", "multiple_choice", {"rule": "each"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_of_one_item(code: str, kind: str, data: dict[str, Any]) -> None:
    [found] = review([subject(kind, **data)]).findings
    assert (found.code, found.bank, found.items) == (code, "calls", ("q-1",))
    assert (found.file, found.line) == ("calls/items.yaml", 7)
    assert "%(" not in str(found.reason)


def rubric(criteria: int, levels: int, text: str = "第%s级") -> list[dict[str, Any]]:
    rows = [{"points": n, "text": text % n if "%" in text else text} for n in range(levels)]
    return [{"criterion": f"第{n}项", "levels": rows} for n in range(criteria)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (rubric(3, 3), []),
        (rubric(5, 5), []),
        (rubric(2, 3), ["rubric_criteria"]),
        (rubric(6, 3), ["rubric_criteria"]),
        (rubric(3, 2), ["rubric_levels"] * 3),
        (rubric(3, 6), ["rubric_levels"] * 3),
        (rubric(3, 3, "一样的话"), ["rubric_repeats"] * 3),
        (rubric(3, 3, ""), ["rubric_repeats"] * 3),
    ],
)
def test_rubrics(rows: list[dict[str, Any]], expected: list[str]) -> None:
    assert codes(subject("essay", rubric=rows)) == expected


def test_what_is_missing_beside_the_wording() -> None:
    assert codes(subject(competencies=())) == ["no_competency"]
    assert codes(subject(source=" ")) == ["no_source"]


@pytest.mark.parametrize(
    "texts",
    [
        ("1个小时以内", "21个小时以内", "31个小时以内"),
        ("漫游 日包 -邮轮", "漫游 日包 邮轮", "“漫游 日包 邮轮”"),
        ("报告组长", "通知组长并填写表单", "先挂机再说"),
        ("24", "124", "240"),
        ("一定转接", "先听完", "挂机"),
        ("立即核对", "登记来电", "以上内容告知客户"),
    ],
)
def test_options_that_are_well_as_they_are(texts: tuple[str, ...]) -> None:
    assert codes(subject(options=options(*texts, key=1))) == []


def test_an_absolute_word_in_the_key_too_gives_nothing_away() -> None:
    texts = ("一定要核对", "一定转接", "绝对挂机")
    assert codes(subject(options=options(*texts))) == []


def test_near_duplicates_are_named_within_a_bank_only() -> None:
    stem = "<p>客户第三次来电投诉同一笔漫游费，话务员应当先做哪一步？</p>"
    one, twin = subject(code="q-1", stem=stem), subject(code="q-2", stem=stem.replace("第三次", "第二次"))
    found = only([one, twin], "near_duplicate")
    assert found.items == ("q-1", "q-2")
    assert "%" in str(found.reason)
    elsewhere = subject(code="q-2", bank="other", stem=stem)
    assert "near_duplicate" not in codes(one, elsewhere)


def test_a_bank_of_copies_is_counted_and_not_listed_without_end() -> None:
    copies = [subject(code=f"q-{n}", stem="<p>客户来电投诉漫游费，先做什么？</p>") for n in range(40)]
    found = review(copies)
    assert sum(f.code == "near_duplicate" for f in found.findings) == 100
    [many] = [f for f in found.findings if f.code == "many_near_duplicates"]
    assert "100+" in str(many.reason)


def keyed(places: Sequence[int], count: int = 4) -> list[Subject]:
    texts = FOUR[:count]
    return [subject(code=f"q-{n}", options=options(*texts, key=place)) for n, place in enumerate(places)]


@pytest.mark.parametrize(
    ("places", "count", "expected"),
    [
        ([0, 1, 2, 3] * 5, 4, 0),
        ([0] * 6 + [1] * 4 + [2] * 5 + [3] * 5, 4, 0),
        ([0] * 7 + [1] * 4 + [2] * 5 + [3] * 4, 4, 1),
        ([0] * 20, 4, 4),
        ([0] * 19, 4, 0),
        ([0, 1, 2] * 5, 3, 0),
        ([0] * 15, 3, 3),
    ],
)
def test_key_positions(places: list[int], count: int, expected: int) -> None:
    found = [f for f in review(keyed(places, count)).findings if f.code == "key_positions"]
    assert len(found) == expected
    if expected == 1:
        assert found[0].items == tuple(f"q-{n}" for n in range(7))


@pytest.mark.parametrize(("long", "warned"), [(7, False), (8, True)])
def test_the_key_is_too_often_the_longest(long: int, warned: bool) -> None:
    items = [
        subject(code=f"q-{n}", options=options("先核对身份再办", *FOUR[1:], key=0 if n < long else 1))
        for n in range(20)
    ]
    assert ("key_longest" in codes(*items)) is warned


def test_an_option_as_long_as_the_key_does_not_give_it_away() -> None:
    items = [subject(code=f"q-{n}", options=options(*FOUR, key=n % 4)) for n in range(20)]
    figures = review(items).overall
    assert (len(figures.key_longest), figures.key_among_longest) == (0, 20)


@pytest.mark.parametrize(("true", "warned"), [(3, True), (4, False), (6, False), (7, True)])
def test_true_and_false_statements(true: int, warned: bool) -> None:
    items = [subject("true_false", f"q-{n}", answer=n < true) for n in range(10)]
    assert ("true_false_balance" in codes(*items)) is warned


def mixture(count: int, **facts: Any) -> list[Subject]:
    """A collection that is well mixed in every respect, but for `facts`."""
    names = list(kinds())
    made = []
    for n in range(count):
        kind = facts.get("kinds", names)[n % len(facts.get("kinds", names))]
        case = "<blockquote><p>客户：“喂？”</p></blockquote>" if n < count * facts.get("cases", 0.2) else ""
        rng = random.Random(n)
        noise = "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(40))
        stem = f"{case}<p>{noise}{'[[1]]，[[2]]' if kind == 'fill_in' else ''}？</p>"
        language = "en" if n < count * facts.get("english", 0.4) else "zh"
        level = facts.get("levels", [1, 2, 3, 4, 5])[n % len(facts.get("levels", [1, 2, 3, 4, 5]))]
        made.append(subject(kind, f"q-{n}", stem=stem, language=language, difficulty=level, answer=n % 4 < 2))
    return made


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, set()),
        ({"kinds": ["single_choice", "fill_in", "essay", "short_answer", "multiple_choice"]}, {"kind_share"}),
        ({"english": 0.29}, {"language_share"}),
        ({"english": 1}, {"language_share"}),
        ({"cases": 0.09}, {"case_share"}),
        ({"levels": [2, 3, 4, 5]}, {"difficulty_spread"}),
        ({"levels": [1, 2, 2, 2, 3, 4, 5, 2, 2, 2]}, {"difficulty_spread"}),
    ],
)
def test_shares_of_a_collection(facts: dict[str, Any], expected: set[str]) -> None:
    shares = {"kind_share", "language_share", "case_share", "difficulty_spread"}
    assert set(codes(*mixture(100, **facts))) & shares == expected


def test_a_small_collection_has_no_shares() -> None:
    assert codes(*mixture(12, english=1, cases=0, levels=[2])) == []


def test_figures_as_json() -> None:
    facts = review([*keyed([0, 1, 2, 3]), subject("true_false", "t-1", answer=True)]).overall.facts()
    assert facts["items"] == 5
    assert facts["kinds"]["single_choice"] == {"count": 4, "share": 0.8}
    assert facts["key_positions"] == {"4": {str(n): {"count": 1, "share": 0.25} for n in range(1, 5)}}
    assert facts["true_statements"] == {"count": 1, "of": 1, "share": 1.0}
    assert facts["near_duplicates"]["complete"] is True
    assert facts["difficulties"]["5"] == {"count": 0, "share": 0.0}


def test_columns_count_ideographs_twice() -> None:
    assert review_item.columns("按F4") == 4


def test_a_review_of_five_thousand_items_takes_seconds() -> None:
    items = mixture(5_000)
    begun = time.process_time()
    assert review(items).overall.items == 5_000
    assert time.process_time() - begun < 15


def test_keys_of_small_banks_are_looked_at_together() -> None:
    rows = [[replace(s, bank=bank) for s in keyed([0] * 10)] for bank in ("one", "other")]
    found = [f for f in review(rows[0] + rows[1]).findings if f.code == "key_positions"]
    assert {f.bank for f in found} == {""}
    assert len(found) == 4
