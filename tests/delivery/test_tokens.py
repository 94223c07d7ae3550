"""The attempt token: what was signed is read, anything else is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.delivery import tokens
from examengine.delivery.tokens import Token

KEY, OLD, OTHER = "k" * 48, "o" * 48, "x" * 48
TOKEN = Token(attempt=17, person=4, session_version=1, epoch=2, slots=20)
TEXT = TOKEN.sign(KEY)


def test_a_token_is_five_numbers_and_a_signature() -> None:
    *facts, signature = TEXT.split(".")
    assert facts == ["17", "4", "1", "2", "20"]
    assert len(signature) == 43


def test_what_was_signed_is_read() -> None:
    assert tokens.read(TEXT, [KEY]) == TOKEN


_NUMBER = st.integers(0, 10**9 - 1)


@given(st.builds(Token, st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1), _NUMBER, _NUMBER, st.integers(0, 9999)))
def test_any_token_is_read_as_it_was_signed(token: Token) -> None:
    assert tokens.read(token.sign(KEY), [KEY]) == token


def test_a_token_of_a_fallback_key_still_counts() -> None:
    assert tokens.read(TOKEN.sign(OLD), [KEY, OLD]) == TOKEN


def test_a_token_of_another_key_is_nothing() -> None:
    assert tokens.read(TOKEN.sign(OTHER), [KEY, OLD]) is None
    assert tokens.read(TEXT, []) is None


@pytest.mark.parametrize("place", range(5))
def test_a_changed_number_is_nothing(place: int) -> None:
    parts = TEXT.split(".")
    parts[place] = str(int(parts[place]) + 1)
    assert tokens.read(".".join(parts), [KEY]) is None


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_a_changed_character_is_nothing(place: int, char: str) -> None:
    forged = TEXT[:place] + char + TEXT[place + 1 :]
    assert (tokens.read(forged, [KEY]) is None) == (forged != TEXT)


@given(st.text() | st.from_regex(r"\d+\.\d+\.\d+\.\d+\.\d+\.[\w-]{43}", fullmatch=True))
def test_no_text_raises_or_counts(text: str) -> None:
    assert tokens.read(text, [KEY]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17.4.1.2.20",
        "17.4.1.2.20.",
        TEXT + "=",
        " " + TEXT,
        TEXT + "\n",
        "0" + TEXT,
        TEXT.replace("17", "１７", 1),
        TEXT.replace(".", "", 1),
        f"{'9' * 30}{TEXT}",
        f"-{TEXT}",
    ],
)
def test_another_spelling_is_nothing(text: str) -> None:
    assert tokens.read(text, [KEY]) is None


def test_a_signature_for_something_else_is_no_token() -> None:
    from examengine.core import codes

    facts = "17.4.1.2.20"
    assert tokens.read(f"{facts}.{codes.signature(KEY, facts)}", [KEY]) is None
