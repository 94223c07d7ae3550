"""The clean start in pages: who is led to the set-up page, what it keeps, what comes after it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.accounts.queries import find_teams
from examengine.bank.queries import find_competencies
from examengine.core import audit, setup
from examengine.core.config_file import parsed
from examengine.core.db import session
from tests.making import World, csrf_of
from tests.pictures import picture
from tests.web.conftest import CONFIG, Instance, Visit

FILLED = {
    "company": "岑湾通信",
    "timezone": "Europe/Berlin",
    "languages": ["zh", "en"],
    "language": "zh",
    "teams": "East\r\n  North  West \r\n\r\nEast",
    "tree": "y",
    "then": "finish",
}


def send(browser: FlaskClient, path: str = "/admin/setup", **changes: Any) -> Any:
    fields: dict[str, Any] = {name: value for name, value in (FILLED | changes).items() if value is not None}
    if isinstance(fields.get("logo"), bytes):
        fields["logo"] = (io.BytesIO(fields["logo"]), "any name.exe")
    token = csrf_of(browser.get("/account").get_data(as_text=True))
    return browser.post(path, data={"csrf_token": token, **fields}, content_type="multipart/form-data")


def acts() -> list[str]:
    return [entry.action for entry in audit.find_latest(audit.AuditFilter(), 50)]


@pytest.mark.parametrize("name", ["ann", "cem", "kim", "mia"])
def test_nobody_but_an_administrator_is_led_there(visit: Visit, name: str) -> None:
    browser = visit(name)
    assert browser.get("/").location != "/admin/setup"
    assert browser.get("/admin/setup").status_code == 403


def test_an_administrator_is_led_there_until_it_is_finished(instance: Instance) -> None:
    browser = instance.visit("ben")
    assert browser.get("/").location == "/admin/setup"
    assert "The set-up is not finished" in browser.get("/admin").get_data(as_text=True)
    assert send(browser, then="later").location == "/admin/setup"
    assert browser.get("/").location == "/admin/setup"
    assert send(browser).location == "/admin"
    assert browser.get("/").location == "/admin"
    for answer in (browser.get("/admin/setup"), send(browser, company="Other")):
        assert (answer.status_code, answer.location) == (303, "/admin/settings")
    assert parsed(instance.config.read_text())[0]["EXAMENGINE_COMPANY"] == "岑湾通信"


def test_all_that_is_asked_is_kept_with_its_audit(instance: Instance) -> None:
    browser = instance.visit("ben")
    assert send(browser).status_code == 303
    kept = instance.config.read_text()
    assert kept == CONFIG.replace("Cenwan Telecom", "岑湾通信").replace("LANGUAGE=en", "LANGUAGE=zh").replace(
        "else\n", "else\nEXAMENGINE_TIMEZONE=Europe/Berlin\n"
    )
    session.expire_all()
    assert [team.name for team in find_teams()] == ["East", "North West"]
    assert len(find_competencies()) == 17
    assert setup.is_finished()
    found = acts()
    for action in ("settings.change", "team.add", "competency.load", "setup.finish"):
        assert action in found
    [change] = audit.find_latest(audit.AuditFilter(action="settings.change"), 5)
    assert change.detail == {
        "company": ["Cenwan Telecom", "岑湾通信"],
        "timezone": ["Asia/Shanghai", "Europe/Berlin"],
        "language": ["en", "zh"],
    }
    assert change.actor_id is not None


def test_it_may_be_left_and_gone_on_with(instance: Instance) -> None:
    browser = instance.visit("ben")
    send(browser, then="later", tree=None)
    page = browser.get("/admin/setup").get_data(as_text=True)
    assert 'value="岑湾通信"' in page
    assert "North West" in page
    assert "Take over the suggested" in page
    send(browser, then="later", teams="South")
    assert "Your tree has 17" in browser.get("/admin/setup").get_data(as_text=True)
    assert [team.name for team in find_teams()] == ["East", "North West", "South"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"company": " "}, "This field is required"),
        ({"company": "x" * 81}, "80 characters"),
        ({"timezone": "Berlin"}, "no such time zone"),
        ({"timezone": "../../etc/passwd"}, "no such time zone"),
        ({"languages": []}, "This field is required"),
        ({"languages": ["en"]}, "one of those offered"),
        ({"languages": ["en", "fr"]}, "not a valid choice"),
        ({"language": "fr"}, "one of those offered"),
        ({"teams": "East\n" + "x" * 81}, "1 to 80 characters"),
        ({"teams": "\n".join(map(str, range(201)))}, "At most 200 teams"),
        ({"logo": b"<svg/>"}, "no PNG"),
    ],
)
def test_a_fault_is_named_and_what_was_entered_stays(instance: Instance, changes: dict[str, Any], words: str) -> None:
    browser = instance.visit("ben")
    answer = send(browser, **changes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "North  West" in page or "teams" in changes
    assert instance.config.read_text() == CONFIG
    assert not setup.is_finished()
    assert find_teams() == []
    assert "settings.change" not in acts()


def test_a_name_cannot_bring_a_second_line_into_the_file(instance: Instance) -> None:
    browser = instance.visit("ben")
    for separator in ("\n", "\r\n", "\x85", "\u2028", "\x1e", "\x0b"):
        assert send(browser, company=f"A{separator}EXAMENGINE_PORT=1", then="later").status_code == 303
        values, faults = parsed(instance.config.read_text())
        assert "EXAMENGINE_PORT" not in values
        assert faults == []
        assert values["EXAMENGINE_COMPANY"].endswith("EXAMENGINE_PORT=1")


def test_an_unwritable_folder_is_told_and_nothing_is_done(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = instance.visit("ben")

    def refuse(*arguments: Any) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("examengine.core.config_file.os.open", refuse)
    answer = send(browser)
    monkeypatch.undo()
    assert answer.status_code == 422
    assert "cannot be written: Read-only file system" in answer.get_data(as_text=True)
    assert find_teams() == []
    assert not setup.is_finished()


def test_a_logo_with_the_rest(instance: Instance) -> None:
    browser = instance.visit("ben")
    assert send(browser, logo=picture(40, 20)).location == "/admin"
    page = browser.get("/admin").get_data(as_text=True)
    found = re.search(r'<img class="company-logo" src="(/logo/[0-9a-f]{64}\.png)" alt="([^"]+)"', page)
    assert found
    assert found[2] == "Logo of 岑湾通信"
    assert browser.get(found[1]).data == picture(40, 20)


def test_the_steps_tick_themselves_off_and_go_when_all_are_done(instance: Instance, world: World) -> None:
    browser = instance.visit("ben")
    send(browser)

    def done() -> int:
        return browser.get("/admin").get_data(as_text=True).count('<li class="done">')

    assert done() == 0
    world.person("cem")
    assert done() == 1
    item = world.item()
    assert done() == 2
    exam = world.exam([item])
    assert done() == 3
    world.sitting(exam)
    assert "Next steps" not in browser.get("/admin").get_data(as_text=True)


def test_the_steps_may_be_put_away_and_brought_back(instance: Instance) -> None:
    browser = instance.visit("ben")
    send(browser)
    assert "Next steps" in browser.get("/admin").get_data(as_text=True)
    assert send(browser, "/admin/steps").location == "/admin"
    assert "Next steps" not in browser.get("/admin").get_data(as_text=True)
    assert "Show the next steps again" in browser.get("/admin/settings").get_data(as_text=True)
    send(browser, "/admin/settings/steps")
    assert "Next steps" in browser.get("/admin").get_data(as_text=True)
    assert acts()[:2] == ["setup.steps"] * 2
