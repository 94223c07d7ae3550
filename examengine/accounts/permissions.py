"""Who may enter which audience's pages, by role (pure). Objects are checked in the actions."""

from __future__ import annotations

from collections.abc import Callable, Collection

from examengine.core.i18n import N_

ROLES = {
    "operator": N_("Operator"),
    "grader": N_("Grader"),
    "trainer": N_("Trainer"),
    "manager": N_("Manager"),
    "administrator": N_("Administrator"),
}

AUDIENCES: dict[str, frozenset[str]] = {
    "public": frozenset(),  # strangers too
    "candidate": frozenset(),  # whoever is logged in; the enrolment is the object check
    "invigilator": frozenset(),  # whoever is logged in; the sitting names its invigilators
    "marker": frozenset({"grader"}),
    "author": frozenset({"trainer", "manager"}),
    "manager": frozenset({"manager"}),
    "admin": frozenset({"administrator"}),
}


def is_staff(roles: Collection[str]) -> bool:
    """Whether somebody with `roles` is more than an operator."""
    return bool(set(roles) - {"operator"})


def may_enter(audience: str, roles: Callable[[], Collection[str]]) -> bool:
    """Whether somebody logged in with `roles` may open the pages of `audience`; an empty set asks for no role."""
    allowed = AUDIENCES[audience]
    return not allowed or bool(allowed & set(roles()))
