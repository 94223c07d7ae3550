"""Encrypted files: what was written comes back, from any place; whatever was changed or is missing is seen."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examengine.core import encryption
from examengine.core.encryption import CHUNK, Damaged, Decrypting, Encrypting, WrongPassphrase

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivation of keys is meant to be slow; here it need not be."""
    monkeypatch.setattr(encryption, "_COST", 4)


def sealed(data: bytes) -> bytes:
    file = io.BytesIO()
    sink = Encrypting(file, "a good passphrase")
    for start in range(0, len(data), 10_007):
        sink.write(data[start : start + 10_007])
    sink.finish()
    return file.getvalue()


def opened(data: bytes, passphrase: str = "a good passphrase") -> Decrypting:
    return Decrypting(io.BytesIO(data), passphrase)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_comes_back(size: int) -> None:
    data = os.urandom(size)
    found = opened(sealed(data))
    found.check()
    assert io.BufferedReader(found).read() == data


def test_nothing_of_the_contents_shows() -> None:
    assert b"complaint" not in sealed(b"complaint " * 1000)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2 * CHUNK + 10), st.integers(0, CHUNK + 10)), max_size=5))
def test_it_is_read_from_any_place(reads: list[tuple[int, int]]) -> None:
    data = bytes(range(256)) * (2 * CHUNK // 256)
    found = io.BufferedReader(opened(sealed(data)), 1000)
    for place, length in reads:
        found.seek(place)
        assert found.read(length) == data[place : place + length]


@pytest.mark.parametrize("size", SIZES)
def test_a_missing_end_is_seen_wherever_it_was_cut(size: int) -> None:
    whole = sealed(os.urandom(size))
    cuts = {1, 2, 15, 16, 17, CHUNK, CHUNK + 16, CHUNK + 17, len(whole) - 60, len(whole) - 10}
    for cut in sorted(cut for cut in cuts if 0 < cut < len(whole)):
        with pytest.raises(Damaged):
            opened(whole[:-cut]).check()


@pytest.mark.parametrize("place", [0, 5, 30, 45, 57, 100, CHUNK + 50, -1])
def test_a_changed_byte_is_seen(place: int) -> None:
    whole = bytearray(sealed(os.urandom(CHUNK + 100)))
    whole[place] ^= 1
    with pytest.raises((Damaged, WrongPassphrase)):
        opened(bytes(whole)).check()


def test_chunks_that_changed_places_are_seen() -> None:
    whole = sealed(os.urandom(3 * CHUNK))
    start, length = len(whole) - 3 * (CHUNK + 16), CHUNK + 16
    one, two, three = (whole[start + n * length : start + (n + 1) * length] for n in range(3))
    for order in ([two, one, three], [one, three], [one, three, two], [one, two, two, three]):
        with pytest.raises(Damaged):
            opened(whole[:start] + b"".join(order)).check()


def test_something_appended_is_seen() -> None:
    with pytest.raises(Damaged):
        opened(sealed(b"x" * 100) + b"y" * 50).check()


def test_another_passphrase_is_told_from_damage() -> None:
    with pytest.raises(WrongPassphrase):
        opened(sealed(b"x"), "another passphrase")


def test_a_header_cannot_ask_for_all_the_memory() -> None:
    whole = bytearray(sealed(b"x"))
    whole[len(encryption.MAGIC)] = 40
    with pytest.raises(Damaged):
        opened(bytes(whole))


def test_two_files_of_the_same_contents_differ() -> None:
    assert sealed(b"same")[-20:] != sealed(b"same")[-20:]
