"""The application's routes and the things of their addresses, as the tests of access walk them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Flask
from werkzeug.routing import Rule as Route

from examengine.itemtypes import kinds
from examengine.web.public.help import LOGIN, TOPICS
from tests.web.scene import NOTHING, Scene, Thing

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CORRECTING = ("apply", "undo", "discard", "renew")
ACTS = {
    "item acts": ("items", "act", ("publish", "retire", "restore", "discard")),
    "key correction acts": ("key corrections", "act", CORRECTING),
    "exam correction acts": ("exam corrections", "act", CORRECTING),
    "case correction acts": ("case corrections", "act", CORRECTING),
    "competency acts": ("competencies", "act", ("retire", "restore")),
    "competency ways": ("competencies", "way", ("up", "down")),
}
"""Things with what an address does to them: of which things, the address's word for it, and the acts."""


def routes(app: Flask) -> dict[str, list[Route]]:
    """Routes by endpoint."""
    found: dict[str, list[Route]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.endpoint, []).append(rule)
    return found


def methods(app: Flask, endpoint: str) -> set[str]:
    """Those of an endpoint that are no by-products."""
    return {m for rule in routes(app)[endpoint] for m in (rule.methods or set())} - {"HEAD", "OPTIONS"}


def address(app: Flask, endpoint: str, thing: Thing) -> str:
    """The address of a thing's page."""
    rule = routes(app)[endpoint][0]
    with app.test_request_context():
        built = rule.build(thing.values)
    assert built is not None, (endpoint, thing)
    return str(built[1])


def things(scene: Scene, over: str) -> list[Thing]:
    """The things that a rule speaks of; some are made of others."""
    if not over:
        return [NOTHING]
    if over == "kinds":
        return [Thing(name, {"kind": name}) for name in kinds()]
    if over == "bulk acts":
        return [Thing(act, {"act": act}) for act in ("move", "deactivate", "passwords")]
    if over == "topics":
        return [Thing(name, {"topic": name}) for name in TOPICS if name != LOGIN]
    if over == "saves":
        return [_with(thing, epoch=1, seq=7) for thing in scene.things["attempts"]]
    if over in ACTS:
        of, argument, acts = ACTS[over]
        return [_with(thing, **{argument: act}) for thing in scene.things[of] for act in acts]
    return scene.things[over]


def _with(thing: Thing, **values: Any) -> Thing:
    return replace(thing, values={**thing.values, **values})
