"""Random codes, digests and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0/O, 1/I/L, U/V twins


def readable(length: int, alphabet: str = READABLE) -> str:
    """A random code of `length` characters that can be read out on the telephone."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def token(nbytes: int = 24) -> str:
    """A random URL-safe token of `nbytes` bytes of entropy."""
    return secrets.token_urlsafe(nbytes)


def sha256(data: bytes | str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def base32(data: bytes, length: int) -> str:
    """The first `length` characters of the RFC 4648 base32 of `data`."""
    return base64.b32encode(data).decode()[:length]


def signature(key: str, message: str) -> str:
    """HMAC-SHA-256 over `message`, base64url without padding."""
    return base64.urlsafe_b64encode(hmac.digest(key.encode(), message.encode(), "sha256")).decode().rstrip("=")


def signed_by(keys: Sequence[str], message: str, given: str) -> bool:
    """Whether `given` is the signature of `message` under one of `keys` (current key first, then fallbacks)."""
    return any(hmac.compare_digest(signature(key, message).encode(), given.encode()) for key in keys)


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
