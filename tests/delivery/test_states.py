"""The states of an attempt: what leads where, and that nothing else does."""

from __future__ import annotations

import pytest

from examengine.core.errors import Conflict
from examengine.delivery import states

STATES = ("in_progress", "paused", "submitted", "expired", "void")
MOVES = ("pause", "resume", "submit", "expire", "force", "void", "reopen")
ALLOWED = {
    ("in_progress", "pause"): "paused",
    ("in_progress", "submit"): "submitted",
    ("in_progress", "expire"): "expired",
    ("in_progress", "force"): "submitted",
    ("in_progress", "void"): "void",
    ("paused", "resume"): "in_progress",
    ("paused", "force"): "submitted",
    ("paused", "void"): "void",
    ("submitted", "void"): "void",
    ("expired", "void"): "void",
    ("submitted", "reopen"): "in_progress",
    ("expired", "reopen"): "in_progress",
}


@pytest.mark.parametrize(("state", "move"), ALLOWED)
def test_an_allowed_move(state: str, move: str) -> None:
    assert states.after(state, move) == ALLOWED[state, move]


@pytest.mark.parametrize(("state", "move"), [(s, m) for s in STATES for m in MOVES if (s, m) not in ALLOWED])
def test_any_other_move_is_refused(state: str, move: str) -> None:
    with pytest.raises(Conflict) as caught:
        states.after(state, move)
    assert caught.value.code == ("conflict" if state in states.OPEN else "closed")
    assert states.WORDS[state] in str(caught.value)


def test_expiry_passes_a_pause_by() -> None:
    assert ("paused", "expire") not in states.MOVES


def test_nothing_leads_out_of_void() -> None:
    assert not [move for (state, move) in states.MOVES if state == "void"]


def test_every_state_has_a_word_and_is_open_closed_or_void() -> None:
    assert set(states.WORDS) == set(STATES) == {*states.OPEN, *states.CLOSED, "void"}
