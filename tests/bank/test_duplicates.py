"""Near-duplicates: exactly the pairs that comparing all would find, and quickly."""

from __future__ import annotations

import itertools
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.bank import duplicates
from examengine.bank.duplicates import grams, near_duplicates, similarity

TEXTS = st.lists(st.text("ab 客户", max_size=14), max_size=12)


def test_grams_are_of_letters_and_ideographs_only() -> None:
    assert grams("Ask, first!") == {"askfi", "skfir", "kfirs", "first"}
    assert grams("先 核对，再查。") == {"先核对再查"}
    assert grams("短") == {"短"}
    assert grams(" ，") == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("abcdefgh", "abcdefgh", 1.0), ("abcdefgh", "abcdefgx", 3 / 5), ("abcdef", "uvwxyz", 0.0), ("", "", 0.0)],
)
def test_similarity(one: str, other: str, expected: float) -> None:
    assert similarity(grams(one), grams(other)) == expected


@given(TEXTS, st.sampled_from([0.2, 0.5, 0.6, 0.9]))
def test_the_pairs_are_those_that_comparing_all_finds(texts: list[str], above: float) -> None:
    sets = [grams(text) for text in texts]
    found = near_duplicates(sets, above, 10_000)
    wanted = {
        (i, j): similarity(one, other)
        for (i, one), (j, other) in itertools.combinations(enumerate(sets), 2)
        if similarity(one, other) > above
    }
    assert {(pair.one, pair.other): pair.similarity for pair in found.pairs} == wanted
    assert found.complete
    assert list(found.pairs) == sorted(found.pairs, key=lambda p: (-p.similarity, p.one, p.other))


def test_the_search_ends_at_the_limit_and_says_so() -> None:
    found = near_duplicates([grams("the same words")] * 50, 0.6, 10)
    assert len(found.pairs) == 10
    assert not found.complete


def test_five_thousand_texts_take_seconds() -> None:
    rng = random.Random(3)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9))) for _ in range(4_000)]
    texts = [grams(" ".join(rng.choices(words, k=30))) for _ in range(4_998)]
    texts += [grams("one question asked twice over in a bank"), grams("one question asked twice over in a bank?")]
    begun = time.process_time()
    found = near_duplicates(texts, 0.6, 1_000)
    assert time.process_time() - begun < 10
    assert [(pair.one, pair.other) for pair in found.pairs] == [(4_998, 4_999)]


def test_a_bank_made_of_one_template_is_searched_too() -> None:
    rng = random.Random(4)
    template = "which form does a customer need who wants to change the tariff of line "
    texts = [grams(template + "".join(rng.choices("0123456789abcdef", k=80))) for _ in range(2_000)]
    begun = time.process_time()
    assert duplicates.near_duplicates(texts, 0.6, 1_000).pairs == ()
    assert time.process_time() - begun < 10
