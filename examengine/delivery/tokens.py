"""The attempt token: who may save into which attempt, without a session (pure; docs/save-protocol.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from examengine.core import codes

_FORM = re.compile(r"(\d{1,18})\.(\d{1,18})\.(\d{1,9})\.(\d{1,9})\.(\d{1,4})\.([\w-]{43})")


@dataclass(frozen=True)
class Token:
    """What a token vouches for."""

    attempt: int
    person: int
    session_version: int
    epoch: int
    slots: int

    def _facts(self) -> str:
        return f"{self.attempt}.{self.person}.{self.session_version}.{self.epoch}.{self.slots}"

    def sign(self, key: str) -> str:
        """The token's text, signed with the attempt key derived of the secret key."""
        facts = self._facts()
        return f"{facts}.{codes.signature(key, 'attempt ' + facts)}"


def read(text: str, keys: Sequence[str]) -> Token | None:
    """The token of a header, or None for anything that was not signed with one of `keys`."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    facts, _, given = text.rpartition(".")
    if not codes.signed_by(keys, "attempt " + facts, given):
        return None
    attempt, person, version, epoch, slots = (int(number) for number in match.groups()[:5])
    return Token(attempt, person, version, epoch, slots)
