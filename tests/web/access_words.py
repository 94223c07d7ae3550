"""Who is what to which thing of the scene: the words that rules of access are written with."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.scene import ENROLLED, ROLES, Thing

WATCHES = {"open": {"ivy", "olga", "tara"}, "past": {"ivy"}, "freed": {"ivo", "olga"}, "cancelled": {"ivy"}}
SITS = {
    "past": {"cem", "dan", "sam"},
    "open": {"cem", "dan", *ENROLLED},
    "later": {"sam"},
    "cancelled": {"sam"},
    "freed": {"cem", "dan", "sam"},
    "older": {"tara", "mona", "dan", "ivo"},
    "again": {"ivo"},
}
GRADES = {"now": {"mia", "max", "gina", "olga"}, "free": {"zoe", "gina", "olga"}}
LEADS = {"now": {"ada", "olga"}, "free": {"ada", "gina"}}
HAS_SAT = {"now": {"cem", "dan", "sam", "olga"}, "free": {"cem", "dan"}, "over": {"tara", "mona", "dan"}}
BARRED = {"now": {"cem", "dan", "sam", *ENROLLED}}
"""Semantics §4: who is enrolled in an exam that is not over. The same people may not see its questions elsewhere."""


def _not_barred(name: str, thing: Thing) -> bool:
    return name not in BARRED.get(thing.exam, ()) and not (thing.asked and name in BARRED["now"])


OVER = ("past", "freed", "older", "again", "cancelled")
"""Sittings at which nobody is helped to log in: a 409 says so first."""

WHO: dict[str, Callable[[str, Thing], bool]] = {
    "not enrolled": _not_barred,
    "fits": lambda name, thing: not thing.broken,
    "signed": lambda name, thing: not thing.broken,
    "has not sat": lambda name, thing: name not in HAS_SAT.get(thing.exam, ()),
    "no more than an operator": lambda name, thing: ROLES.get(thing.owner) == ("operator",) or thing.sitting in OVER,
    "was published": lambda name, thing: thing.state != "draft",
    "lists answers": lambda name, thing: thing.kind in ("fill_in", "short_answer"),
    "own": lambda name, thing: thing.owner == name,
    "another's": lambda name, thing: thing.owner != name,
    "not own": lambda name, thing: thing.owner != name,
    "sits": lambda name, thing: name in SITS[thing.sitting],
    "watches": lambda name, thing: "manager" in ROLES[name] or name in WATCHES.get(thing.sitting, ()),
    "holds": lambda name, thing: thing.holder == name,
    "holds or open": lambda name, thing: thing.holder == name or (not thing.holder and thing.state == "open"),
    "grades": lambda name, thing: name in GRADES.get(thing.exam, ()),
    "leads": lambda name, thing: name in LEADS.get(thing.exam, ()),
    "decided": lambda name, thing: thing.state == "resolved",
    "decided or at the lead": lambda name, thing: thing.state in ("lead", "resolved"),
}

TOLD = {"another's": 403, "has not sat": 403, "signed": 403, "no more than an operator": 403}
"""Words whose refusal hides nothing: 403 rather than 404."""
