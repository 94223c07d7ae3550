"""A corrected key leaves what was shown as it was; written answers are grouped, and near misses told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from examengine.itemtypes import get, kinds
from examengine.itemtypes.base import Content, ContentError, Kind
from examengine.itemtypes.matching import is_near, names_number
from tests.itemtypes.test_life import REKEYED

KINDS = list(kinds().values())
EVERY = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def contents(kind: Kind[Content]) -> tuple[Content, Content]:
    """The example, and the same question with another stem, key and explanation."""
    data = kind.examples().data
    other = {**data, **REKEYED[kind.name], "stem": "<p>OTHER [[1]] [[2]]</p>", "explanation": "<p>New.</p>"}
    return kind.load(data), kind.load(other)


@EVERY
def test_a_rekeyed_question_looks_the_same_and_has_the_other_key(kind: Kind[Content]) -> None:
    shown, given = contents(kind)
    made = kind.rekey(shown, given)
    assert kind.present(made) == kind.present(shown)
    assert (kind.key(made), made.explanation) == (kind.key(given), "<p>New.</p>")
    assert kind.rubric(made) == kind.rubric(shown)
    assert kind.rekey(shown, shown) == shown
    assert kind.load(kind.dump(made)) == made


@EVERY
def test_answers_given_to_what_was_shown_can_be_scored_by_the_other_key(kind: Kind[Content]) -> None:
    shown, given = contents(kind)
    made = kind.rekey(shown, given)
    for raw in (kind.examples().right, kind.examples().wrong, kind.examples().blank):
        scoring = kind.score(made, kind.read(shown, raw))
        assert scoring.fraction is None or 0 <= scoring.fraction <= 1


@pytest.mark.parametrize("name", ["single_choice", "multiple_choice", "fill_in"])
def test_parts_cannot_be_added_or_left_out(name: str) -> None:
    kind = get(name)
    shown = kind.load(kind.examples().data)
    rows = "blanks" if name == "fill_in" else "options"
    fewer = kind.load({**kind.examples().data, rows: kind.examples().data[rows][:1]})
    with pytest.raises(ContentError):
        kind.rekey(shown, fewer)


@EVERY
def test_fixed_fields_are_fields_of_the_form(kind: Kind[Content]) -> None:
    form = kind.AuthorForm()
    names = {field.short_name for field in form}
    for field in form:
        if field.type == "FieldList":
            names |= {part.short_name for entry in field.entries for part in getattr(entry, "form", ())}
    assert kind.fixed <= names


@EVERY
def test_only_lists_are_grouped_and_take_answers(kind: Kind[Content]) -> None:
    content = kind.load(kind.examples().data)
    replies = kind.replies(content, kind.read(content, kind.examples().wrong))
    assert bool(replies) == kind.lists_answers
    assert kind.replies(content, kind.read(content, kind.examples().blank)) == ()
    assert all(reply.right for reply in kind.replies(content, kind.read(content, kind.examples().right)))
    if not kind.lists_answers:
        with pytest.raises(ContentError):
            kind.accepting(content, 0, "x")
        return
    wrong = replies[0]
    more = kind.accepting(content, wrong.place, wrong.text)
    assert kind.present(more) == kind.present(content)
    assert kind.replies(more, kind.read(more, kind.examples().wrong))[0].right
    with pytest.raises(ContentError):
        kind.accepting(content, 9, "x")


def test_a_number_is_not_put_on_a_list() -> None:
    kind = get("fill_in")
    content = kind.load(kind.examples().data)
    said = kind.replies(content, kind.read(content, ["PASSWORD", "24 小时"]))
    assert [(r.place, r.right, r.listable, r.near) for r in said] == [(0, True, True, ""), (1, False, False, "24 ± 1")]
    with pytest.raises(ContentError):
        kind.accepting(content, 1, "24 小时")


def test_capitals_are_a_near_miss_where_they_matter() -> None:
    kind = get("fill_in")
    content = kind.load({"stem": "[[1]]", "blanks": [{"accept": ["HDMI"], "case": True}]})
    reply = kind.replies(content, kind.read(content, ["hdmi"]))[0]
    assert (reply.right, reply.near, reply.compared) == (False, "HDMI", "hdmi")


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("pasword", "password", True),
        ("passwrod", "password", True),
        ("pass-word", "password", True),
        ("the password", "password", False),
        ("投拆处理", "投诉处理", True),
        ("投诉", "投诉处理", False),
        ("是", "否", False),
        ("ab", "ac", False),
        ("abc", "abd", True),
        ("", "a", False),
        ("same", "same", False),
        ("a" * 5000, "b" * 5000, False),
    ],
)
def test_near_misses(one: str, other: str, near: bool) -> None:
    assert is_near(one, other) is near
    assert is_near(other, one) is near


def test_a_number_with_words_around_it() -> None:
    assert names_number("大约 24 小时", Decimal(24))
    assert names_number("２４h", Decimal(24))
    assert not names_number("24 or 48", Decimal(24))
    assert not names_number("many", Decimal(24))
