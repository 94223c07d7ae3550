"""From an item to its form and back: what the author did not touch stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FieldList, Form, FormField

from examengine.itemtypes import get, kinds
from examengine.itemtypes.base import Content, ContentError, Kind
from tests.itemtypes.test_life import EVERY, REKEYED, content_of


def sent(fields: Any) -> Iterator[tuple[str, str]]:
    """What a browser sends of a form as it is shown."""
    for field in fields:
        if isinstance(field, FormField):
            yield from sent(field.form)
        elif isinstance(field, FieldList):
            yield from sent(field.entries)
        elif isinstance(field, BooleanField):
            if field.data:
                yield field.name, "y"
        else:
            yield field.name, str(field.data if field.data is not None else "")


def posted(kind: Kind[Content], values: Any) -> Form:
    shown = kind.AuthorForm(data=values)
    return kind.AuthorForm(MultiDict(list(sent(shown))))


def back(kind: Kind[Content], content: Content) -> Content:
    form = posted(kind, kind.form_data(content))
    assert form.validate(), form.errors
    return kind.load(kind.from_form(form) | {"stem": content.stem, "explanation": content.explanation})


@EVERY
def test_an_item_survives_its_form(kind: Kind[Content]) -> None:
    content = content_of(kind)
    assert back(kind, content) == content


@EVERY
def test_an_item_with_every_field_in_use_survives_its_form(kind: Kind[Content]) -> None:
    content = content_of(kind, explanation="<p>Why.</p>", **REKEYED[kind.name])
    assert back(kind, content) == content


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("single_choice", {"shuffle": False}),
        ("multiple_choice", {"rule": "each", "shuffle": False}),
        ("true_false", {"answer": False}),
        ("fill_in", {"blanks": [{"accept": ["a", "A b"], "case": True}] * 5}),
        ("fill_in", {"blanks": [{"number": "-0.5", "tolerance": "0.5%", "decimal_separator": ","}]}),
        ("fill_in", {"partial": "all_or_nothing"}),
        ("short_answer", {"accept": [], "max_chars": 50}),
        ("essay", {"min_chars": 100, "max_chars": 1200, "weak_answer": "<p>Bad.</p>"}),
    ],
)
def test_a_setting_survives_the_form(name: str, changes: dict[str, Any]) -> None:
    content = content_of(get(name), **changes)
    assert back(get(name), content) == content


@EVERY
def test_an_empty_form_is_refused_or_has_problems_but_never_fails(kind: Kind[Content]) -> None:
    data = kind.from_form(posted(kind, {})) | {"stem": "", "explanation": ""}
    try:
        assert kind.problems(kind.load(data))
    except ContentError as error:
        assert str(error)


@EVERY
def test_every_label_is_there_to_be_translated(kind: Kind[Content]) -> None:
    def labels(fields: Any) -> Iterator[Field]:
        for field in fields:
            if isinstance(field, FormField):
                yield from labels(field.form)
            elif isinstance(field, FieldList):
                yield field
                yield from labels(field.entries)
            else:
                yield field

    assert all(field.label.text for field in labels(kind.AuthorForm()) if field.type != "FormField")


def test_rows_without_words_are_left_out() -> None:
    rows = [{"text": "<p>a</p>", "key": True}, {"text": "  "}, {"text": "<p>b</p>"}]
    form = posted(kinds()["single_choice"], {"options": rows})
    assert [row["text"] for row in kinds()["single_choice"].from_form(form)["options"]] == ["<p>a</p>", "<p>b</p>"]
