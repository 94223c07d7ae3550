"""Marking words for translation where they are made; the doors translate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def N_(text: str) -> str:  # the customary name of the gettext mark
    """Mark `text` for the translators and return it unchanged."""
    return text


@dataclass(frozen=True)
class Message:
    """A sentence (marked with N_) and its named values, to be put into somebody's language later."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def kept(self) -> dict[str, Any]:
        """As a row keeps it, to be said in a reader's language later."""
        return {"text": self.text, "values": dict(self.values)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Message:
        """The message that `kept` made a row's value of."""
        return cls(kept["text"], kept["values"])
