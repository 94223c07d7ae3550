"""Every route has a guard: by the URL map, so that a new page cannot be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from examengine.accounts.permissions import AUDIENCES
from examengine.core.db import Base, session
from tests.making import World, csrf_of
from tests.web.conftest import Visit

OPEN = {
    *("public.login", "public.login_try", "public.code", "public.code_use", "public.logo"),
    *("public.preferences", "public.healthz", "public.readyz", "public.welcome"),
    *("public.calendar", "public.notice_off", "public.help_login"),
}
"""What strangers may use; public.home and public.logout send them to the log-in."""
ROLES = {"operator": "cem", "grader": "mia", "trainer": "ann", "manager": "kim", "administrator": "ben"}


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def address(app: Flask, rule: Rule) -> str:
    """An address of the rule with numbers that are there, or nearly."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        values[name] = getattr(converter, "items", None) or 1
        if hasattr(converter, "items"):
            values[name] = sorted(converter.items)[0]
        elif type(converter).__name__ == "UnicodeConverter":
            values[name] = "single_choice" if name == "kind" else "token"
    with app.test_request_context():
        built = rule.build(values)
    assert built is not None
    return str(built[1])


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})


def everything() -> dict[str, list[Any]]:
    session.rollback()
    rows = {
        table.name: [tuple(row) for row in session.execute(table.select())] for table in Base.metadata.sorted_tables
    }
    session.rollback()
    return rows


def test_every_blueprint_is_an_audience(app: Flask) -> None:
    assert {rule.endpoint.partition(".")[0] for rule in rules(app)} <= {*AUDIENCES, "saving"}


def test_every_audience_but_the_public_has_its_guard(app: Flask) -> None:
    for name in app.blueprints:
        if name in ("public", "saving"):
            continue
        guards = [getattr(check, "audience", None) for check in app.before_request_funcs.get(name, [])]
        assert name in guards, name


def test_a_stranger_gets_nowhere_and_changes_nothing(app: Flask, world: World, client: FlaskClient) -> None:
    attempt = world.start(world.sitting())
    world.save(world.token(attempt), 1, [{"slot": 1, "t": 1, "value": 0}])
    before = everything()
    token = csrf_of(client.get("/login").get_data(as_text=True))
    for rule in rules(app):
        if rule.endpoint in OPEN:
            continue
        for method in methods(rule):
            data = None if method == "GET" else {"csrf_token": token}
            answer = client.open(address(app, rule), method=method, data=data)
            assert answer.status_code in (302, 401), (rule, method, answer.status)
            if answer.status_code == 302:
                assert answer.location.startswith("/login"), rule
            assert client.open(
                address(app, rule), method=method, data=data, headers={"Accept": "application/json"}
            ).status_code in (302, 401)
    assert everything() == before


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_enters_its_own_audiences_only(app: Flask, visit: Visit, world: World, role: str) -> None:
    world.start(world.sitting(people=["sam"]), "sam")
    browser = visit(ROLES[role])
    token = csrf_of(browser.get("/account").get_data(as_text=True))
    for rule in rules(app):
        audience = rule.endpoint.partition(".")[0]
        needed = AUDIENCES.get(audience, frozenset())
        if not needed or role in needed:
            continue
        for method in methods(rule):
            data = None if method == "GET" else {"csrf_token": token}
            answer = browser.open(address(app, rule), method=method, data=data)
            assert answer.status_code == 403, (rule, method, answer.status)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_page_of_a_role_answers_without_failing(app: Flask, visit: Visit, world: World, role: str) -> None:
    """200, a redirect, or a calm refusal: nothing unforeseen, with ids that are there and ids that are not."""
    world.sat(world.sitting(people=["cem"]), right=False)
    browser = visit(ROLES[role])
    for rule in rules(app):
        needed = AUDIENCES.get(rule.endpoint.partition(".")[0], frozenset())
        if "GET" not in methods(rule) or (needed and role not in needed) or rule.endpoint == "public.logout":
            continue
        path = address(app, rule)
        for there in (path, path.replace("/1", "/999999"), path.replace("/1", "/" + "9" * 30)):
            answer = browser.get(there)
            assert answer.status_code in (200, 302, 303, 403, 404, 409, 503), (there, answer.status)
            if answer.status_code == 503:
                assert rule.endpoint == "public.readyz"
            assert "%(" not in answer.get_data(as_text=True) or answer.mimetype != "text/html", there


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_write_without_a_token_is_refused_and_changes_nothing(
    app: Flask, visit: Visit, world: World, role: str
) -> None:
    world.sat(world.sitting(people=["cem"]), right=False)
    browser = visit(ROLES[role])
    before = everything()
    for rule in rules(app):
        if rule.endpoint.startswith("saving."):
            continue
        for method in methods(rule):
            if method != "GET":
                answer = browser.open(address(app, rule), method=method, data={"reason": "x", "sure": "yes"})
                assert answer.status_code == 403, (rule, answer.status)
    assert everything() == before


def test_reading_changes_nothing(app: Flask, visit: Callable[..., FlaskClient], world: World) -> None:
    """A GET writes no row, so that links and previews are harmless."""
    world.sat(world.sitting(people=["cem"]), right=False)
    for name in ROLES.values():
        browser = visit(name)
        before = everything()
        for rule in rules(app):
            if "GET" in methods(rule):
                browser.get(address(app, rule))
        after = everything()
        before.pop("audit_entry")
        after.pop("audit_entry")  # who looked at what is logged, also when it was only a look
        assert after == before, name
