"""Every route × everybody × every object × every method, against the table of rules."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.web.access.routes import VERBS, address, methods, routes, things
from tests.web.access_rules import RULES, STRANGERS, Rule
from tests.web.attacks.insiders import insider
from tests.web.crowd import Crowd
from tests.web.scene import ROLES, Scene, Thing
from tests.web.snapshot import Snapshot

SAMPLE = ("author.item", "candidate.result", "invigilator.force", "manager.result", "marker.task", "saving.save")
"""Run on PostgreSQL too; who may what does not hang on the database."""

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
LOGGED = ("manager.record",)
"""A form that comes back with its faults shows the record again, and looks are logged."""


CASES = [("sqlite", endpoint) for endpoint in RULES] + [("postgres", endpoint) for endpoint in SAMPLE]


LOOKS_IN = ("public.ticket",)
"""A HEAD asks whether it is there, and lets nobody in."""


@pytest.mark.parametrize(("database", "endpoint"), CASES, indirect=["database"], scope="session")
def test_the_answers_are_those_of_the_table(
    endpoint: str, whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    rule = RULES[endpoint]
    token_only = endpoint in ("saving.save", "saving.submit")
    for number, thing in enumerate(things(scene, rule.over)):
        path = address(whole_app, endpoint, thing)
        asking = [name for name in ("", *ROLES) if number == 0 or rule.enters(name)]  # a guard refuses them all alike
        for method in rule.methods.split():
            for name in asking:
                answer = crowd.ask(name, method, path, thing, reason="so that it is done" if rule.reason else "")
                told = f"{name or 'a stranger'} {method} {path} ({thing.label}): {answer.status}"
                check(rule, name, thing, method, answer, told, token_only)
                if snapshot.changed():
                    assert answer.status_code < 400 or endpoint in LOGGED, f"{told} changed something"
                    snapshot.restore()


def check(rule: Rule, name: str, thing: Thing, method: str, answer: Any, told: str, token_only: bool) -> None:
    """One answer against the rule."""
    status = answer.status_code
    assert status < 500 or "/readyz" in told, told
    if rule.roles == STRANGERS:
        refused = rule.allows(name, thing, method)
        allowed = status not in (403, 404, 405) and (status != 401 or "/login" in told)  # a log-in without a name: 401
        assert status == refused if refused else allowed, told
    elif token_only:
        sends = thing.owner == name and thing.state in ("in_progress", "paused")
        assert status not in (401, 403, 404, 405) if sends else status == 401, told
    elif not name:
        assert status in (302, 401), told
        if status == 302:
            assert method == "GET" or "logout" in told, told
            assert answer.location.startswith("/login"), told
    else:
        refused = rule.allows(name, thing, method)
        if refused:
            assert status == refused, f"{told}, the table says {refused}"
        else:
            assert status not in (401, 403, 404, 405), f"{told}, the table lets her"


@ON_SQLITE
def test_verbs_that_a_route_does_not_know_are_refused_and_change_nothing(
    whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    known: dict[str, set[str]] = {}
    for endpoint, rules in routes(whole_app).items():
        for rule in rules:
            known.setdefault(rule.rule, set()).update(methods(whole_app, endpoint))
    for endpoint, rule in RULES.items():
        thing = things(scene, rule.over)[0]
        path = address(whole_app, endpoint, thing)
        for method in (*VERBS, "TRACE", "PROPFIND", "get"):
            if method.upper() in known[routes(whole_app)[endpoint][0].rule]:
                continue
            for name in ("", "olga"):
                answer = crowd.ask(name, method, path, thing, Accept="application/json")
                assert answer.status_code == 405, (endpoint, method, name, answer.status)
                assert "Allow" in answer.headers
    assert not snapshot.changed()


@ON_SQLITE
def test_head_and_options_are_harmless(whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    """HEAD says what GET says, without its body; OPTIONS tells the methods, if anything, and nothing of the object."""
    for endpoint, rule in RULES.items():
        method = rule.methods.split()[0]
        found = [(insider(endpoint, thing, method), thing) for thing in things(scene, rule.over)]
        inside, thing = next((pair for pair in found if pair[0]), found[0])
        path = address(whole_app, endpoint, thing)
        for name in {"", "cem", inside or "olga", *(() if rule.over else ("sam",))}:  # Sam's log-out asks nothing
            if "GET" in rule.methods.split() and endpoint not in LOOKS_IN:
                seen, head = crowd.ask(name, "GET", path, thing), crowd.ask(name, "HEAD", path, thing)
                assert head.status_code == seen.status_code, (endpoint, name)
                assert head.get_data() == b""
            options = crowd.ask(name, "OPTIONS", path, thing)
            assert options.status_code in (200, 302, 401, 403), (endpoint, name)
            assert options.status_code != 200 or not options.get_data()
    if snapshot.changed():
        snapshot.restore()  # a HEAD of a record is a look, and looks are logged
