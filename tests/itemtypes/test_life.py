"""Every kind of item through its whole life, by its own examples."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine import itemtypes
from examengine.core.db import dumps
from examengine.exams.assembly import arrange
from examengine.itemtypes import get, kinds
from examengine.itemtypes.base import Content, ContentError, Kind, Response

KINDS = list(kinds().values())
EVERY = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
NAMES = ["single_choice", "multiple_choice", "true_false", "fill_in", "short_answer", "essay"]

RUBRIC = [{"criterion": "SECRET", "levels": [{"points": "0", "text": "SECRET"}, {"points": "7", "text": "SECRET"}]}]
# The same question with another key and SECRET wherever a candidate must not look.
REKEYED: Mapping[str, Mapping[str, Any]] = {
    "single_choice": {
        "options": [
            {"text": "<p>Listen first</p>"},
            {"text": "<p>Transfer at once</p>", "key": True},
            {"text": "<p>Hang up</p>"},
        ]
    },
    "multiple_choice": {
        "options": [
            {"text": "<p>Name</p>"},
            {"text": "<p>Number</p>"},
            {"text": "<p>Star sign</p>", "key": True},
            {"text": "<p>Shoe size</p>", "pinned": True},
        ],
        "rule": "net",
    },
    "true_false": {"answer": False},
    "fill_in": {
        "blanks": [
            {"accept": ["SECRET"], "case": True},
            {"number": "7777", "tolerance": "3%", "decimal_separator": ","},
        ],
        "partial": "all_or_nothing",
    },
    "short_answer": {"accept": ["SECRET", "7777"], "model_answer": "<p>SECRET</p>", "rubric": RUBRIC},
    "essay": {"model_answer": "<p>SECRET</p>", "weak_answer": "<p>SECRET</p>", "rubric": RUBRIC},
}
HIDDEN_NAMES = {"key", "keys", "accept", "answer", "number", "tolerance", "pinned", "right", "rule", "partial"} | {
    *("model_answer", "weak_answer", "explanation", "rubric", "criteria", "levels", "alternatives", "evidence"),
}


def content_of(kind: Kind[Content], **changes: Any) -> Content:
    return kind.load({**kind.examples().data, **changes})


def leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (name, value) in nested data; names of list entries are empty."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name), inner
            yield from leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield "", inner
            yield from leaves(inner)


def test_the_six_kinds_in_their_order() -> None:
    assert list(kinds()) == NAMES


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        get("haiku")


@EVERY
def test_a_kind_has_a_label_a_template_and_a_known_way_of_marking(kind: Kind[Content]) -> None:
    assert kind.label
    assert (Path(itemtypes.__file__).parent / "templates" / f"{kind.name}.html").is_file()
    assert kind.marked_by in {"machine", "people", "machine_then_people"}


@EVERY
def test_what_is_dumped_is_loaded_again(kind: Kind[Content]) -> None:
    content = content_of(kind)
    stored = json.loads(dumps(kind.dump(content)))
    assert kind.load(stored) == content
    assert kind.dump(kind.load(stored)) == stored


@EVERY
def test_what_is_dumped_is_loaded_again_with_every_field_in_use(kind: Kind[Content]) -> None:
    content = content_of(kind, explanation="<p>Why.</p>", **REKEYED[kind.name])
    assert kind.load(json.loads(dumps(kind.dump(content)))) == content


@EVERY
def test_the_example_has_no_problems_and_an_empty_one_has(kind: Kind[Content]) -> None:
    assert kind.problems(content_of(kind)) == []
    assert kind.problems(content_of(kind, stem="<p> </p>"))


@EVERY
def test_the_examples_are_clean_and_every_rich_text_is_cleaned(kind: Kind[Content]) -> None:
    content = content_of(kind)
    assert kind.clean(content) == content
    soiled = kind.rich(content, lambda text: f"{text}<script>alert(1)</script><p onclick=alert(1)></p>")
    assert "alert" not in dumps(kind.dump(kind.clean(soiled)))


@EVERY
def test_every_text_in_tags_is_known_as_rich(kind: Kind[Content]) -> None:
    marked = kind.rich(content_of(kind, **REKEYED[kind.name]), lambda text: text.replace("<p>", "<p>§"))
    assert "<p>" not in dumps(kind.dump(marked)).replace("<p>§", "")


@EVERY
def test_the_presentation_names_kind_shape_and_stem(kind: Kind[Content]) -> None:
    shown = kind.present(content_of(kind))
    assert (shown.kind, shown.shape, shown.stem) == (kind.name, kind.shape, kind.examples().data["stem"])
    assert len(shown.parts) == len(kind.movable(content_of(kind)))


@EVERY
def test_the_presentation_is_the_same_whatever_the_key(kind: Kind[Content]) -> None:
    rekeyed = content_of(kind, explanation="<p>SECRET</p>", **REKEYED[kind.name])
    assert kind.dump(rekeyed) != kind.dump(content_of(kind))
    assert kind.present(rekeyed) == kind.present(content_of(kind))


@EVERY
def test_the_presentation_holds_no_key_material(kind: Kind[Content]) -> None:
    content = content_of(kind, explanation="<p>SECRET</p>", **REKEYED[kind.name])
    shown = asdict(kind.present(content))
    assert not {name for name, _ in leaves(shown)} & HIDDEN_NAMES
    texts = [value for _, value in leaves(shown) if isinstance(value, str)]
    assert not [text for text in texts if "SECRET" in text or "7777" in text]
    if kind.shape in {"blanks", "text"}:
        assert not [text for text in texts for line in kind.key(content) if line in text]


@EVERY
def test_the_answers_of_the_examples_score_as_they_are_named(kind: Kind[Content]) -> None:
    content, example = content_of(kind), kind.examples()
    right, wrong, blank = (
        kind.score(content, kind.read(content, raw)).fraction for raw in (example.right, example.wrong, example.blank)
    )
    expected = {"machine": (1, 0), "machine_then_people": (1, None), "people": (None, None)}[kind.marked_by]
    assert (right, wrong) == expected
    assert blank == 0


@EVERY
@pytest.mark.parametrize("raw", [None, "", [], "  ", ["", "\u200b"], {}, 1.5, True])
def test_what_says_nothing_is_blank_and_earns_0(kind: Kind[Content], raw: Any) -> None:
    content = content_of(kind)
    response = kind.read(content, raw)
    assert response.blank
    assert kind.score(content, response).fraction == 0
    assert kind.categories(content, response) == ("blank",)


@EVERY
def test_a_response_survives_its_storage(kind: Kind[Content]) -> None:
    content, example = content_of(kind), kind.examples()
    for raw in (example.right, example.wrong, example.blank):
        response = kind.read(content, raw)
        assert kind.restore(json.loads(dumps(response.value))) == response


@EVERY
def test_an_attempt_that_never_came_to_the_question_is_blank(kind: Kind[Content]) -> None:
    content = content_of(kind)
    assert kind.restore(None).blank
    assert kind.score(content, kind.restore(None)).fraction == 0
    assert not any(line.text and line.chosen for line in kind.summarise(content, kind.restore(None)))


def arranged(kind: Kind[Content], content: Content, seed: int | None) -> list[int]:
    """An order of the parts as a paper has it."""
    return arrange("".join(str(int(mark)) for mark in kind.movable(content)), random.Random(seed))


@EVERY
@pytest.mark.parametrize("seed", range(6))
def test_shown_positions_are_mapped_back_to_the_authors(kind: Kind[Content], seed: int) -> None:
    content, example = content_of(kind), kind.examples()
    order = arranged(kind, content, seed)
    assert sorted(order) == list(range(len(kind.present(content).parts)))
    for raw in (example.right, example.wrong, example.blank):
        shown: Any = raw
        if kind.shape == "choice" and raw is not None:
            shown = order.index(raw)
        elif kind.shape == "choices":
            shown = [order.index(pick) for pick in raw]
        assert kind.read(content, shown, order) == kind.read(content, raw)


@EVERY
def test_the_summary_shows_what_is_right_and_redacted_it_does_not(kind: Kind[Content]) -> None:
    content, example = content_of(kind), kind.examples()
    lines = kind.summarise(content, kind.read(content, example.right))
    assert lines
    assert any(line.chosen for line in lines)
    if kind.marked_by == "machine":
        assert all(line.right for line in lines if line.chosen)
        wrong = kind.summarise(content, kind.read(content, example.wrong))
        assert not any(line.right for line in wrong if line.chosen)
    assert all(line.redacted().right is None for line in lines)
    assert [line.redacted().text for line in lines] == [line.text for line in lines]


@EVERY
def test_the_key_is_in_words(kind: Kind[Content]) -> None:
    lines = kind.key(content_of(kind))
    assert bool(lines) == (kind.marked_by != "people")
    assert not any("<" in line for line in lines)


@EVERY
def test_right_and_wrong_answers_count_in_different_categories(kind: Kind[Content]) -> None:
    content, example = content_of(kind), kind.examples()
    right, wrong = (kind.categories(content, kind.read(content, raw)) for raw in (example.right, example.wrong))
    assert right
    assert wrong
    assert (right == wrong) == (kind.marked_by == "people")


@EVERY
def test_people_have_a_rubric_where_they_always_mark(kind: Kind[Content]) -> None:
    assert bool(kind.rubric(content_of(kind))) == (kind.marked_by == "people")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_RAW = _JSON | st.lists(st.integers(-2, 5), max_size=6) | st.lists(st.text(), max_size=4) | st.integers(-2, 5)


@EVERY
@given(raw=_RAW, seed=st.none() | st.integers(0, 9))
def test_no_raw_value_raises_and_none_earns_more_than_all(kind: Kind[Content], raw: Any, seed: int | None) -> None:
    content = content_of(kind)
    order = arranged(kind, content, seed)
    response = kind.read(content, raw, order if seed is not None else ())
    stored = Response(json.loads(dumps(response.value)), response.blank)
    for known in (response, stored):
        scoring = kind.score(content, known)
        assert scoring.fraction is None or (isinstance(scoring.fraction, Decimal) and 0 <= scoring.fraction <= 1)
        assert json.loads(dumps(scoring.evidence)) is not None
        assert all(isinstance(line.text, str) for line in kind.summarise(content, known))
        assert all(isinstance(name, str) for name in kind.categories(content, known))
    if response.blank:
        assert scoring.fraction == 0


@EVERY
@given(data=st.data())
def test_authoring_data_of_any_shape_is_loaded_or_refused(kind: Kind[Content], data: st.DataObject) -> None:
    example = dict(kind.examples().data)
    name = data.draw(
        st.sampled_from([*example, "options", "blanks", "rubric", "rule", "partial", "max_chars", "accept"])
    )
    row = data.draw(
        st.dictionaries(st.sampled_from(["text", "key", "accept", "number", "tolerance", "levels", "points"]), _JSON)
    )
    try:
        content = kind.load({**example, name: data.draw(_JSON | st.just([row]))})
    except ContentError as error:
        assert str(error)
        return
    assert kind.load(kind.dump(content)) == content
    assert all(str(message) for message in kind.problems(kind.clean(content)))
    kind.present(content)
