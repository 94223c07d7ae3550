"""What people choose to be told, the links in mails, calendars, and the administrator's page of mails."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from examengine.core import clock
from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.exams import actions as exams
from examengine.notices import deliveries, preferences
from examengine.notices.models import Delivery, Notice
from tests.making import World, post
from tests.web.conftest import Visit


def off(world: World, name: str) -> set[tuple[str, str]]:
    session.rollback()
    person = world.person(name).id
    return set(preferences.find_off([person]).get(person, ()))


def test_a_person_chooses_by_kind_and_channel(visit: Visit, world: World) -> None:
    browser = visit("cem")
    page = browser.get("/account").get_data(as_text=True)
    assert "marking.task" not in page
    boxes = re.findall(r'name="wanted" value="([^"]+)"', page)
    keep = [box for box in boxes if box != "result.released mail"]
    assert post(browser, "/account", "/account/notices", wanted=keep).status_code == 303
    assert off(world, "cem") == {("result.released", "mail")}
    assert post(browser, "/account", "/account/notices", wanted=[*boxes, "account.password mail"]).status_code == 303
    assert off(world, "cem") == set()
    assert [row.action for row in session.query(AuditEntry).filter_by(action="person.notices")] == [
        "person.notices"
    ] * 2


def test_what_one_must_know_stays_in_the_app(visit: Visit, world: World) -> None:
    post(visit("cem"), "/account", "/account/notices")
    found = off(world, "cem")
    assert ("result.released", "app") not in found
    assert ("result.released", "mail") in found
    assert ("account.password", "mail") not in found


def test_the_link_of_a_mail_switches_one_kind_off_without_a_login(
    client: FlaskClient, app: Flask, world: World
) -> None:
    cem = world.person("cem").id
    token = preferences.off_token(app.config["SECRET_KEY"], cem, "result.released")
    session.rollback()
    assert "No more mails" in client.get(f"/notices/off/{token}").get_data(as_text=True)
    assert off(world, "cem") == set()
    for _ in range(2):
        assert client.post(f"/notices/off/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert off(world, "cem") == {("result.released", "mail")}


def test_a_forged_link_does_nothing(client: FlaskClient, app: Flask, world: World) -> None:
    cem, sam = world.person("cem").id, world.person("sam").id
    good = preferences.off_token(app.config["SECRET_KEY"], cem, "result.released")
    signature = good.split("-", 2)[2]
    session.rollback()
    for token in (
        f"{sam}-result.released-{signature}",
        f"{cem}-result.revised-{signature}",
        f"{cem}-account.password-{signature}",
        good[:-1],
        f"{'9' * 40}-result.released-{signature}",
        "²-result.released-x",
        "x",
    ):
        assert client.get(f"/notices/off/{token}").status_code == 404
        assert client.post(f"/notices/off/{token}").status_code == 403
    assert off(world, "cem") == off(world, "sam") == set()


def feed_of(browser: FlaskClient) -> str:
    found = re.search(r'value="(http[^"]+\.ics)"', browser.get("/account").get_data(as_text=True))
    assert found
    return found.group(1).removeprefix("http://127.0.0.1:8000")


def test_a_calendar_has_a_secret_address_that_can_be_changed_and_closed(
    visit: Visit, client: FlaskClient, world: World
) -> None:
    sitting = world.sitting(world.exam([world.item()]), opens=timedelta(days=1), hours=2)
    number, opens = sitting.id, sitting.opens_at
    browser = visit("cem")
    post(browser, "/account", "/account/calendar")
    first = feed_of(browser)
    answer = client.get(first)
    assert answer.mimetype == "text/calendar"
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["DTSTART"].dt == opens.replace(microsecond=0)
    assert str(event["LOCATION"]) == f"http://127.0.0.1:8000/sittings/{number}"
    post(browser, "/account", "/account/calendar")
    assert client.get(first).status_code == 404
    second = feed_of(browser)
    assert client.get(second).status_code == 200
    post(browser, "/account", "/account/calendar", close="yes")
    assert client.get(second).status_code == 404
    assert client.get(second.replace(".ics", "x.ics")).status_code == 404


def test_the_calendar_of_who_was_deactivated_is_gone(visit: Visit, client: FlaskClient, world: World) -> None:
    browser = visit("cem")
    post(browser, "/account", "/account/calendar")
    address = feed_of(browser)
    world.person("cem").active = False
    session.commit()
    assert client.get(address).status_code == 404


def test_a_withdrawn_sitting_is_cancelled_in_the_calendar(visit: Visit, client: FlaskClient, world: World) -> None:
    sitting = world.sitting(world.exam([world.item()]), opens=timedelta(days=1), hours=2)
    exams.withdraw_sitting(sitting, clock.now(), None, "ill")
    session.commit()
    browser = visit("cem")
    post(browser, "/account", "/account/calendar")
    [event] = Calendar.from_ical(client.get(feed_of(browser)).data).walk("VEVENT")
    assert (str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCELLED", 1)


def test_a_sitting_is_a_file_for_its_candidates_only(visit: Visit, world: World) -> None:
    number = world.sitting(world.exam([world.item()]), opens=timedelta(days=1), hours=2).id
    answer = visit("cem").get(f"/sittings/{number}/calendar.ics")
    assert answer.status_code == 200
    assert len(Calendar.from_ical(answer.data).walk("VEVENT")) == 1
    assert visit("sam").get(f"/sittings/{number}/calendar.ics").status_code == 404


def failed(world: World) -> int:
    cem = world.person("cem")
    notice = Notice(person_id=cem.id, kind="result.released", subject_id=1, details={}, created_at=clock.now())
    session.add(notice)
    session.flush()
    row = Delivery(
        notice_id=notice.id,
        channel="mail",
        state="failed",
        tries=6,
        error="refused",
        answer="550 <b>no</b>",
        next_try_at=clock.now(),
        created_at=clock.now(),
    )
    session.add(row)
    session.commit()
    return row.id


def test_the_administrator_sees_what_failed_and_tries_again(visit: Visit, world: World) -> None:
    number = failed(world)
    browser = visit("ben")
    page = browser.get("/admin/mail?state=failed").get_data(as_text=True)
    assert "550 &lt;b&gt;no&lt;/b&gt;" in page
    assert post(browser, "/admin/mail", f"/admin/mail/{number}/retry").status_code == 303
    assert post(browser, "/admin/mail", f"/admin/mail/{number}/retry").status_code == 409
    assert post(browser, "/admin/mail", "/admin/mail/999/retry").status_code == 404
    session.rollback()
    assert (deliveries.get(number).state, deliveries.get(number).tries) == ("waiting", 0)


def test_a_test_mail_needs_an_address(visit: Visit, world: World) -> None:
    browser = visit("ben")
    assert post(browser, "/admin/mail", "/admin/mail/test").status_code == 409
    world.person("ben").email = "ben@example.com"
    session.commit()
    assert post(browser, "/admin/mail", "/admin/mail/test").status_code == 303
    assert session.query(Notice).one().kind == "mail.test"


def test_a_changed_password_is_told(visit: Visit, world: World, travel: Callable[..., None]) -> None:
    browser = visit("cem")
    post(browser, "/account", "/account", old="correct horse", password="battery staple", again="battery staple")
    assert [row.kind for row in session.query(Notice)] == ["account.password"]
