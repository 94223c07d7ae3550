"""How long a text is, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.results.wording import units


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("  \n ", 0),
        ("……！？", 0),
        ("please look again", 3),
        ("don't", 2),
        ("我认为评分过低", 7),
        ("第3题，评分标准写明2分。", 11),
        ("我用CRM查了工单", 7),
        ("カタカナ", 4),
        ("한국어", 3),
        ("𠮷野家", 3),
        ("snake_case", 2),
    ],
)
def test_words_of_alphabets_and_characters_of_chinese_are_counted(text: str, count: int) -> None:
    assert units(text) == count


@given(st.text(), st.text())
def test_two_texts_with_a_space_between_add_up(one: str, two: str) -> None:
    assert units(f"{one} {two}") == units(one) + units(two)
