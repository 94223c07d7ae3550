"""What may be read by this instance only: sealed with a key derived from its secret key."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from examengine.core.settings import Settings


@lru_cache(maxsize=8)
def _box(keys: Sequence[str], purpose: str) -> MultiFernet:
    made = [HKDF(SHA256(), 32, None, f"examengine {purpose}".encode()).derive(key.encode()) for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


def seal(settings: Settings, purpose: str, data: bytes) -> str:
    """`data` sealed; `purpose` keeps what is sealed for one thing from being opened as another."""
    return _box((settings.secret_key, *settings.secret_key_fallbacks), purpose).encrypt(data).decode("ascii")


def unseal(settings: Settings, purpose: str, sealed: str) -> bytes | None:
    """What was sealed under the present secret key or one of its predecessors; None when it was not."""
    try:
        return _box((settings.secret_key, *settings.secret_key_fallbacks), purpose).decrypt(sealed.encode("ascii"))
    except InvalidToken:
        return None
