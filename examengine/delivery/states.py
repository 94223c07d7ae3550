"""The states of an attempt and what leads from one to another (pure; semantics §1)."""

from __future__ import annotations

from examengine.core.errors import Conflict
from examengine.core.i18n import N_, Message

OPEN = ("in_progress", "paused")
CLOSED = ("submitted", "expired")

MOVES: dict[tuple[str, str], str] = {
    ("in_progress", "pause"): "paused",
    ("paused", "resume"): "in_progress",
    ("in_progress", "submit"): "submitted",
    ("in_progress", "expire"): "expired",
    ("in_progress", "force"): "submitted",
    ("paused", "force"): "submitted",
    ("in_progress", "void"): "void",
    ("paused", "void"): "void",
    ("submitted", "void"): "void",
    ("expired", "void"): "void",
    ("submitted", "reopen"): "in_progress",
    ("expired", "reopen"): "in_progress",
}

WORDS = {
    "in_progress": N_("In progress"),
    "paused": N_("Paused"),
    "submitted": N_("Submitted"),
    "expired": N_("Time ran out"),
    "void": N_("Void"),
}


def after(state: str, move: str) -> str:
    """The state that `move` leads to. Raises Conflict where it is not possible."""
    try:
        return MOVES[state, move]
    except KeyError:
        raise Conflict(
            Message(
                N_("This attempt is in the state “%(state)s”, so this is not possible."),
                {"state": Message(WORDS[state])},
            ),
            code="closed" if state not in OPEN else "conflict",
        ) from None
