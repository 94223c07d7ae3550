"""Whoever may use a route, for attacks from within."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from tests.web.access.routes import address, methods, things
from tests.web.access_rules import RULES, STRANGERS
from tests.web.scene import ROLES, Scene, Thing


def insider(endpoint: str, thing: Thing, method: str = "POST") -> str | None:
    """Somebody whom the table lets use the route for this thing; None: nobody."""
    rule = RULES[endpoint]
    if rule.roles == STRANGERS:
        return None if rule.allows("sam", thing, method) else "sam"
    return next((name for name in ROLES if rule.allows(name, thing, method) == 0), None)


def doors(app: Flask, scene: Scene, verb: str, *, all_things: bool = False) -> Iterator[tuple[str, str, str, Thing]]:
    """Endpoint, address, somebody who may, and the thing: of every route with this verb (one thing each, or all)."""
    for endpoint, rule in RULES.items():
        if verb not in methods(app, endpoint):
            continue
        for thing in things(scene, rule.over):
            name = insider(endpoint, thing, verb)
            if name is None:
                continue
            yield endpoint, address(app, endpoint, thing), name, thing
            if not all_things:
                break
