"""Password hashing: Argon2id at OWASP's minimum, so that a login rush does not starve an exam."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from examengine.core.errors import Invalid
from examengine.core.i18n import N_, Message

SHORTEST, LONGEST = 8, 200
NO_OTHER = N_("This is the present password: choose another one.")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_slots = threading.BoundedSemaphore(2)
_DECOY = _hasher.hash("nobody's password")


def hashed(password: str) -> str:
    """The hash to store. Raises Invalid for passwords that are too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(Message(N_("A password has at least %(n)s characters."), {"n": SHORTEST}))
    with _slots:
        return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` fits; takes as long for somebody unknown."""
    with _slots:
        try:
            return _hasher.verify(stored or _DECOY, password[:LONGEST]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def renewed(stored: str | None, password: str) -> str:
    """The hash of a password that takes the place of `stored`. Raises Invalid when it is no other, or no password."""
    if stored is not None and matches(stored, password):
        raise Invalid(NO_OTHER)
    return hashed(password)
