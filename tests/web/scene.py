"""A company in the middle of things, in every state that pages know; and who is who in it.

Two exams with people of their own: “now” has a sitting that is over, one that is open and one to come, and staff who
are enrolled in the open one; “free” is over for good, and two of its questions are asked in “now” too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ROLES = {
    "cem": ("operator",),
    "dan": ("operator",),
    "sam": ("operator",),
    "ivy": ("operator",),
    "ivo": ("operator",),
    "mia": ("grader",),
    "max": ("grader",),
    "zoe": ("grader",),
    "ada": ("grader",),
    "ann": ("trainer",),
    "kim": ("manager",),
    "ben": ("administrator",),
    "tara": ("trainer",),
    "gina": ("grader",),
    "mona": ("manager",),
    "alma": ("administrator",),
    "olga": ("operator", "grader", "trainer", "manager", "administrator"),
}
"""dan: other results than Cem's; ivy watches the open sitting, ivo the one of “free”; zoe grades “free” only; the last
five are enrolled in the open sitting of “now”, and Olga has every role and duty besides."""
ENROLLED = ("tara", "gina", "mona", "alma", "olga")
SECRET_TITLE = "EXAMNOW monthly"
KEY_MARKS = ("KEYNOW", "keynow", "7654321")
"""In the keys, explanations and rubrics of “now”."""
ITEM_MARKS = ("STEMNOW-", "now-essay", "now-fill-in", "now-single", "now-short", "now-true", "now-multiple")
"""In its questions' words, and their codes."""


@dataclass(frozen=True)
class Thing:
    """What an address names, with all that a rule may ask of it."""

    label: str
    values: dict[str, Any]
    exam: str = ""
    """now, free, draft …"""
    sitting: str = ""
    owner: str = ""
    """Whose attempt, record or account it is."""
    holder: str = ""
    """Whose task it is."""
    asked: bool = False
    """A question (or an answer to one) that “now” asks too."""
    state: str = ""
    kind: str = ""
    """The kind of a question."""
    broken: bool = False
    """The numbers of the address do not belong together."""


NOTHING = Thing("", {})
"""What an address without numbers names."""


@dataclass
class Scene:
    """Ids of everything, by the names that tests use."""

    people: dict[str, int] = field(default_factory=dict)
    things: dict[str, list[Thing]] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)
    """A token of each open attempt."""

    def add(self, over: str, label: str, values: dict[str, Any], **facts: Any) -> None:
        """One thing more of a kind."""
        self.things.setdefault(over, []).append(Thing(label, values, **facts))

    def thing(self, kind: str, label: str) -> Thing:
        """A certain one."""
        return next(thing for thing in self.things[kind] if thing.label == label)
