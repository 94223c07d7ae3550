"""Whether the instance is set up, as a fact of its data; and the list of next steps that may be put away."""

from __future__ import annotations

from datetime import datetime

from examengine.core import audit
from examengine.core.facts import find_fact, set_fact

_FINISHED, _STEPS = "setup", "next_steps_hidden"


def is_finished() -> bool:
    """Whether somebody said that the set-up is done."""
    return bool(find_fact(_FINISHED))


def finish(now: datetime, by: int | None) -> None:
    """Mark the set-up done; a second time changes nothing."""
    if not is_finished():
        set_fact(_FINISHED, {"at": now.isoformat(), "by": by})
        audit.record(now, by, "setup.finish", "instance", None)


def steps_hidden() -> bool:
    """Whether the list of next steps was put away."""
    return bool(find_fact(_STEPS))


def hide_steps(hidden: bool, now: datetime, by: int | None) -> None:
    """Put the list of next steps away, or bring it back."""
    if steps_hidden() != hidden:
        set_fact(_STEPS, hidden)
        audit.record(now, by, "setup.steps", "instance", None, hidden=hidden)
