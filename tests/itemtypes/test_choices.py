"""Single choice, multiple choice, true or false: options, their order, their faults."""

from __future__ import annotations

from typing import Any

import pytest

from examengine.itemtypes import get
from examengine.itemtypes.base import ContentError
from examengine.itemtypes.options import position

CHOICES = pytest.mark.parametrize("name", ["single_choice", "multiple_choice"])


def options(*words: str) -> list[dict[str, Any]]:
    """Options of words: * marks a key, ! a pinned one."""
    return [
        {"text": f"<p>{word.strip('*!')}</p>"}
        | ({"key": True} if "*" in word else {})
        | ({"pinned": True} if "!" in word else {})
        for word in words
    ]


def problems(name: str, *words: str) -> list[str]:
    kind = get(name)
    return [str(message) for message in kind.problems(kind.load({"stem": "<p>?</p>", "options": options(*words)}))]


@CHOICES
@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["a", "b"], "No option is marked as correct."),
        (["a*"], "At least two options are needed."),
        (["a*", ""], "An option has no text."),
        (["a*", "b", "b"], "Two options are the same."),
    ],
)
def test_a_fault_of_the_options_is_named(name: str, words: list[str], fault: str) -> None:
    assert problems(name, *words) == [fault]


@CHOICES
def test_no_options_at_all(name: str) -> None:
    assert problems(name) == ["At least two options are needed.", "No option is marked as correct."]


def test_a_single_choice_has_one_key_a_multiple_choice_any_number() -> None:
    assert problems("single_choice", "a*", "b*", "c") == ["Only one option may be marked as correct."]
    assert problems("multiple_choice", "a*", "b*", "c*") == []
    assert problems("multiple_choice", "a*", "b", "c") == []


@CHOICES
@pytest.mark.parametrize(
    "data",
    [
        {"options": "a, b"},
        {"options": ["a", "b"]},
        {"options": [{"key": True}]},
        {"options": [{"text": None}]},
        {"options": [{"text": ["a"]}]},
        {"options": options(*"abcdefghijklm")},
        {"stem": None},
    ],
)
def test_data_of_another_shape_is_refused(name: str, data: dict[str, Any]) -> None:
    with pytest.raises(ContentError):
        get(name).load({"stem": "<p>?</p>", "options": options("a*", "b"), **data})


def test_a_number_is_a_text() -> None:
    content: Any = get("single_choice").load({"stem": 7, "options": [{"text": 24, "key": True}, {"text": 4.5}]})
    assert (content.stem, content.options[0].text, content.options[1].text) == ("7", "24", "4.5")


@pytest.mark.parametrize("rule", ["most", "", None, 1, [], {}])
def test_an_unknown_rule_is_refused(rule: Any) -> None:
    with pytest.raises(ContentError, match="rule"):
        get("multiple_choice").load({"stem": "?", "options": options("a*", "b"), "rule": rule})


@pytest.mark.parametrize("answer", [None, 1, "true", "yes", 0])
def test_true_or_false_is_nothing_else(answer: Any) -> None:
    with pytest.raises(ContentError, match="answer"):
        get("true_false").load({"stem": "?", "answer": answer})


@pytest.mark.parametrize(
    ("answer", "raw", "fraction"),
    [(True, 0, 1), (True, 1, 0), (False, 0, 0), (False, 1, 1), (False, None, 0), (False, 2, 0)],
)
def test_true_or_false_scores(answer: bool, raw: Any, fraction: int) -> None:
    kind = get("true_false")
    content = kind.load({"stem": "?", "answer": answer})
    assert kind.score(content, kind.read(content, raw)).fraction == fraction


@pytest.mark.parametrize("kind", ["single_choice", "multiple_choice"])
def test_options_are_shuffled_unless_they_are_pinned_or_the_author_says_no(kind: str) -> None:
    options = [{"text": "a", "key": True}, {"text": "b", "pinned": True}, {"text": "c"}]
    found = get(kind)
    assert found.movable(found.load({"stem": "?", "options": options})) == (True, False, True)
    assert found.movable(found.load({"stem": "?", "options": options, "shuffle": False})) == (False, False, False)


def test_true_and_false_are_never_shuffled() -> None:
    kind = get("true_false")
    assert kind.movable(kind.load({"stem": "?", "answer": True})) == (False, False)


@pytest.mark.parametrize("raw", [None, True, False, -1, 3, 1.0, "1", [1], {}])
def test_what_is_no_position(raw: Any) -> None:
    assert position(raw, (), 3) is None


def test_a_position_is_mapped_back_through_the_order() -> None:
    assert [position(raw, (2, 0, 1), 3) for raw in range(3)] == [2, 0, 1]


@pytest.mark.parametrize(
    ("raw", "value"), [([1, 0], [0, 1]), ([0, 0, 0], [0]), ([0, "x", 9, None, True], [0]), ([[0]], []), ("0", [])]
)
def test_picks_are_a_set_of_known_positions(raw: Any, value: list[int]) -> None:
    kind = get("multiple_choice")
    content = kind.load({"stem": "?", "options": options("a*", "b*", "c")})
    assert kind.read(content, raw).value == value


def test_categories_of_a_multiple_choice_are_its_picks() -> None:
    kind = get("multiple_choice")
    content = kind.load({"stem": "?", "options": options("a*", "b*", "c")})
    assert kind.categories(content, kind.read(content, [2, 0])) == ("0", "2")


def test_the_summary_lists_all_options() -> None:
    kind = get("single_choice")
    content = kind.load({"stem": "?", "options": options("a*", "b", "c")})
    lines = kind.summarise(content, kind.read(content, 1))
    assert [(line.text, line.chosen, line.right) for line in lines] == [
        ("<p>a</p>", False, True),
        ("<p>b</p>", True, False),
        ("<p>c</p>", False, False),
    ]


def test_the_key_is_the_right_options_words() -> None:
    kind = get("multiple_choice")
    assert kind.key(kind.load({"stem": "?", "options": options("a*", "b", "c*")})) == ("a", "c")
