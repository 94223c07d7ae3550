"""A one-time code at the log-in page and in the exam's dialog: her new password, once, under the same waits."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.accounts import codes, failures
from examengine.accounts.models import LoginFailure
from examengine.core import clock
from examengine.core.db import session
from tests.making import PASSWORD, World, csrf_of, log_in
from tests.web.conftest import Visit

Browse = Callable[..., FlaskClient]
Travel = Callable[..., None]
NEW = "my own horse"
JSON = {"Accept": "application/json"}


def give(world: World, name: str = "cem") -> str:
    made = codes.give_code(world.person(name), clock.now(), world.person("ben").id)
    session.commit()
    return made


def use(client: FlaskClient, code: str, name: str = "cem", password: str = NEW, path: str = "", **options: Any) -> Any:
    token = csrf_of(client.get("/login/code").get_data(as_text=True))
    data = {"csrf_token": token, "username": name, "code": code, "password": password, "again": password}
    return client.post(path or "/login/code", data={**data, **options.pop("data", {})}, **options)


def test_the_log_in_page_leads_there_and_keeps_where_she_wanted_to_go(client: FlaskClient) -> None:
    page = client.get("/login?next=/record").get_data(as_text=True).replace("%2F", "/")
    assert 'href="/login/code?next=/record"' in page


def test_a_code_lets_in_with_a_new_password_and_ends_all_other_sessions(
    world: World, visit: Visit, browse: Browse
) -> None:
    elsewhere, client = visit("cem"), browse()
    code = give(world)
    assert elsewhere.get("/home").status_code == 200  # a code that is only given changes nothing
    answer = use(client, code, path="/login/code?next=/record")
    assert (answer.status_code, answer.location) == (302, "/record")
    assert client.get("/record").status_code == 200
    assert elsewhere.get("/home").status_code == 302
    log_in(browse(), "cem", NEW)
    assert use(browse(), code).status_code == 401


def test_a_code_settles_a_password_that_somebody_else_knows(world: World, browse: Browse) -> None:
    accounts.set_password(world.person("cem"), "slip of paper", clock.now(), temporary=True)
    session.commit()
    client = browse()
    assert use(client, give(world)).status_code == 302
    assert client.get("/home").status_code == 200


@pytest.mark.parametrize("kind", ["wrong", "of another", "out of date", "replaced", "unknown name", "deactivated"])
def test_a_code_that_does_not_fit_is_refused_in_the_same_words(
    world: World, browse: Browse, travel: Travel, kind: str
) -> None:
    world.person("cem")
    code = give(world, "sam" if kind == "of another" else "cem")
    if kind == "out of date":
        travel(minutes=31)
    if kind == "replaced":
        give(world)
    if kind == "deactivated":
        accounts.deactivate(world.person("cem"), clock.now(), None)
        session.commit()
    name = "nobody" if kind == "unknown name" else "cem"
    answer = use(browse(), "ABCD-2345" if kind == "wrong" else code, name)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "Employee number or code is not right" in page
    assert f'value="{name}"' in page
    assert NEW not in page


def test_wrong_codes_wait_as_wrong_passwords_do_and_together_with_them(world: World, browse: Browse) -> None:
    code = give(world)
    client = browse()
    for _ in range(3):
        assert use(client, "ABCD-2345").status_code == 401
    token = csrf_of(client.get("/login").get_data(as_text=True))
    for _ in range(2):
        data = {"csrf_token": token, "username": "cem", "password": "a wrong one"}
        assert client.post("/login", data=data).status_code == 401
    answer = use(client, code)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) in (29, 30)
    assert "data-countdown" in answer.get_data(as_text=True)
    assert codes.check("cem", code, clock.now()) is not None  # not spent


def test_a_new_code_ends_her_wait(world: World, browse: Browse) -> None:
    world.person("cem")
    client = browse()
    for _ in range(5):
        use(client, "ABCD-2345")
    assert use(client, "ABCD-2345").status_code == 429
    assert use(client, give(world)).status_code == 302


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"password": "short", "again": "short"}, "8"),
        ({"again": "another horse"}, "differ"),
        ({"code": ""}, "required"),
        ({"username": "x" * 41}, "40"),
    ],
)
def test_a_form_that_lacks_something_costs_no_try(
    world: World, client: FlaskClient, data: dict[str, str], said: str
) -> None:
    code = give(world)
    answer = use(client, code, data=data)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert session.query(LoginFailure).count() == 0
    assert use(client, code).status_code == 302


def test_the_old_password_is_no_new_one_and_the_code_stays(world: World, client: FlaskClient) -> None:
    code = give(world)
    for _ in range(6):  # the code was right: that is no failure
        answer = use(client, code, password=PASSWORD)
        assert answer.status_code == 422
    assert "choose another" in answer.get_data(as_text=True)
    assert failures.find_recent(world.person("cem"), clock.now()) == []
    session.rollback()
    assert use(client, code).status_code == 302


def test_a_script_gets_in_or_is_told(world: World, client: FlaskClient) -> None:
    cem = world.person("cem").id
    code = give(world)
    wrong = use(client, "ABCD-2345", headers=JSON)
    assert (wrong.status_code, wrong.get_json()["code"]) == (401, "signed-out")
    short = use(client, code, headers=JSON, data={"password": "short", "again": "short"})
    assert (short.status_code, short.get_json()["code"]) == (422, "invalid")
    assert "8" in short.get_json()["detail"]
    same = use(client, code, password=PASSWORD, headers=JSON)
    assert same.status_code == 422
    inside = use(client, code, headers=JSON)
    assert (inside.status_code, inside.get_json()["person"]) == (200, cem)
    assert client.get("/home").status_code == 200


def test_no_code_and_no_password_stands_in_the_log(world: World, client: FlaskClient) -> None:
    lines = io.StringIO()
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines), cache_logger_on_first_use=False)
    try:
        code = give(world)
        use(client, "WXYZ-2345")
        use(client, code)
    finally:
        structlog.configure(**before)
    for secret in (code, code.replace("-", ""), "WXYZ", NEW):
        assert secret not in lines.getvalue()
