"""Random codes, digests and signatures."""

from __future__ import annotations

import re
import string

import pytest

from examengine.core import codes


def test_readable_codes_have_their_length_and_no_twins() -> None:
    code = codes.readable(400)
    assert len(code) == 400
    assert set(code) <= set(codes.READABLE)
    assert not set("0O1ILU") & set(codes.READABLE)


def test_readable_codes_take_another_alphabet() -> None:
    assert re.fullmatch(r"[01]{50}", codes.readable(50, "01"))


def test_codes_and_tokens_are_not_repeated() -> None:
    assert len({codes.readable(12) for _ in range(200)}) == 200
    assert len({codes.token() for _ in range(200)}) == 200


def test_tokens_are_safe_in_a_url() -> None:
    assert set(codes.token(64)) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize("data", ["投诉", "投诉".encode()])
def test_sha256_takes_text_as_utf8(data: str | bytes) -> None:
    assert codes.sha256(data) == "819ed55cb7159b1c1fb54a27b8dbb551db97812b56d94e1e25e3970548bdd11d"


def test_sha256_of_nothing_is_the_known_one() -> None:
    assert codes.sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_base32_is_rfc_4648_cut_short() -> None:
    assert codes.base32(b"foobar", 10) == "MZXW6YTBOI"
    assert codes.base32(b"foobar", 4) == "MZXW"


def test_a_signature_is_hmac_sha256_in_base64url_without_padding() -> None:
    # RFC 4231, test case 2: 5bdcc146bf60754e…64ec3843
    assert codes.signature("Jefe", "what do ya want for nothing?") == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"


def test_what_one_key_signed_the_fallback_still_knows() -> None:
    signed = codes.signature("old", "m")
    assert codes.signed_by(["new", "old"], "m", signed)
    assert not codes.signed_by(["new"], "m", signed)
    assert not codes.signed_by([], "m", signed)


@pytest.mark.parametrize("given", ["", "x", "ü", "x" * 43])
def test_what_nobody_signed_is_refused(given: str) -> None:
    assert not codes.signed_by(["key"], "m", given)


def test_a_signature_of_another_message_is_refused() -> None:
    assert not codes.signed_by(["key"], "m", codes.signature("key", "n"))


def test_same_compares_any_text() -> None:
    assert codes.same("代码", "代码")
    assert not codes.same("代码", "代")
