"""Every route has a rule and every rule a route; the table's words fit the scene."""

from __future__ import annotations

from flask import Flask

from examengine.accounts.permissions import AUDIENCES
from tests.web.access.routes import methods, routes, things
from tests.web.access_rules import MEDIA, RULES
from tests.web.access_words import WHO
from tests.web.scene import ROLES, Scene

OBJECT = {
    "exam_id": "exams",
    "item_id": "items",
    "sitting_id": "sittings",
    "attempt_id": "attempts",
    "person_id": "people",
    "case_id": "cases",
    "task_id": "tasks",
    "appeal_id": "appeals",
    "bank_id": "banks",
    "team_id": "teams",
    "competency_id": "competencies",
    "import_id": "imports",
}


def line(endpoint: str, rule_methods: set[str], arguments: set[str]) -> str:
    """The line that RULES lacks, as far as the route tells it."""
    roles = {"manager": "MANAGER", "admin": "ADMINISTRATOR", "marker": "GRADER", "author": "AUTHORS"}
    audience = endpoint.partition(".")[0]
    role = f", {roles[audience]}" if audience in roles else ""
    over = next((OBJECT[name] for name in sorted(arguments) if name in OBJECT), "" if not arguments else "…")
    named = f', over="{over}", who="…"' if over else ""
    return f'    "{endpoint}": Rule("{" ".join(sorted(rule_methods))}"{role}{named}),'


def test_every_route_has_its_rule(whole_app: Flask) -> None:
    lacking = [
        line(endpoint, methods(whole_app, endpoint), set(rules[0].arguments))
        for endpoint, rules in routes(whole_app).items()
        if endpoint not in RULES
    ]
    assert not lacking, "add to RULES in tests/web/access_rules.py (and decide who may):\n" + "\n".join(lacking)


def test_every_rule_has_its_route(whole_app: Flask) -> None:
    gone = sorted(RULES.keys() - routes(whole_app).keys())
    assert not gone, f"take out of RULES in tests/web/access_rules.py: {gone}"


def test_the_methods_are_those_of_the_routes(whole_app: Flask) -> None:
    wrong = {
        endpoint: f"has {sorted(methods(whole_app, endpoint))}, its rule says {rule.methods}"
        for endpoint, rule in RULES.items()
        if set(rule.methods.split()) != methods(whole_app, endpoint)
    }
    assert not wrong


def test_a_rule_speaks_of_what_is_there(scene: Scene, whole_app: Flask) -> None:
    known = routes(whole_app)
    for endpoint, rule in RULES.items():
        assert set(rule.words("GET") + rule.words("POST")) <= WHO.keys(), endpoint
        arguments = set(known[endpoint][0].arguments)
        assert bool(arguments) is bool(rule.over), f"{endpoint}: its address names {arguments or 'nothing'}"
        for thing in things(scene, rule.over):
            assert thing.values.keys() == arguments, (endpoint, thing, arguments)


def test_an_audience_lets_in_whom_the_table_lets_in() -> None:
    """The guard of a blueprint is no wider than what its routes are meant for."""
    for endpoint, rule in RULES.items():
        audience = endpoint.partition(".")[0]
        guard = AUDIENCES.get(audience)
        if guard:
            assert rule.roles and rule.roles <= guard, endpoint


def test_everybody_of_the_table_is_somebody(scene: Scene) -> None:
    assert ROLES.keys() == scene.people.keys()


def test_files_of_questions_are_served_through_a_slot_or_a_question_page_only(whole_app: Flask) -> None:
    """Whatever is served by its hash or its name, or from media, belongs to an attempt's slot or to a question."""
    for endpoint, rules in routes(whole_app).items():
        for rule in rules:
            names = set(rule.arguments)
            is_file = any(word in f"{rule.rule} {endpoint}".lower() for word in ("media", "sha256", "<path:", "upload"))
            if not is_file or endpoint in MEDIA:
                continue
            assert {"attempt_id", "slot"} <= names or "item_id" in names, (
                f"{endpoint} serves files without an attempt's slot or a question: give it one, "
                "or say in MEDIA (tests/web/access_rules.py) why it needs none"
            )
