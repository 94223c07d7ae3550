"""The scene's office: teams, competencies, an import, slips, codes, waits, mails, long work, secret addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import current_app

from examengine.accounts import actions as accounts
from examengine.accounts import codes, failures, imports, slips, teams, tickets
from examengine.accounts.models import Person
from examengine.bank import competencies
from examengine.bank import queries as bank
from examengine.core import clock, sealed, tasks
from examengine.core.db import session
from examengine.core.mail import MailFault
from examengine.jobs import work
from examengine.notices import actions as notices
from examengine.notices import deliveries, preferences
from examengine.notices.models import Delivery, Notice

if TYPE_CHECKING:
    from tests.web.stage import Stage

SECRET = "k" * 48
PEOPLE = (
    "工号,姓名,班组,邮箱\nsam,Sam Anders,Team East,\nnew1,New One,Team West,\n,Nobody,,\ncem,Cem Operator,Team East,x\n"
)
ODD = "a,b\n1,2\n"


def add(stage: Stage) -> None:
    """All of it."""
    _teams(stage)
    _competencies(stage)
    _imports(stage)
    _slips(stage)
    _doors(stage)
    _mails(stage)
    _work(stage)
    _addresses(stage)
    for row in bank.find_banks():
        stage.scene.add("banks", row.code, {"bank_id": row.id})
    for name in ("sam", "ben", "olga"):
        stage.scene.add("some people", name, {"person_id": stage.scene.people[name]}, owner=name)
    session.commit()


def _person(stage: Stage, name: str) -> Person:
    return session.get_one(Person, stage.scene.people[name])


def _teams(stage: Stage) -> None:
    """East is everybody's, North is retired; Sam is going to West."""
    now, ben = clock.now(), stage.scene.people["ben"]
    west, north = accounts.add_team("Team West", now, ben), accounts.add_team("Team North", now, ben)
    teams.retire(north, now, ben)
    accounts.move_person(_person(stage, "sam"), west, now, ben, "asked for it", now + timedelta(days=3))
    east = _person(stage, "sam").team
    assert east is not None
    for team in (east, west, north):
        stage.scene.add("teams", team.name, {"team_id": team.id}, state="" if team.active else "retired")


def _competencies(stage: Stage) -> None:
    """One that questions have, one that nothing has, one retired."""
    now, ben = clock.now(), stage.scene.people["ben"]
    made = competencies.add("gone", {"zh": "旧的", "en": "Old"}, None, now, ben)
    competencies.retire(made, now, ben)
    for row in bank.find_competencies():
        if row.code in ("business.service", "skills.phone", "gone"):
            stage.scene.add("competencies", row.code, {"competency_id": row.id}, state="" if row.active else "retired")


def _imports(stage: Stage) -> None:
    """One file to be looked at before it is taken over, one whose columns are not understood, one not read yet."""
    now, ben = clock.now(), stage.scene.people["ben"]
    for content, state in ((PEOPLE, "ready"), (ODD, "columns"), (ODD, "reading")):
        found = imports.add_import(content.encode(), f"{state}.csv", now, ben)
        task = tasks.plan("people.read", {"import": found.id}, now, ben)
        found.task_id = task.id
        session.commit()
        if state != "reading":
            assert work.run(task.id)
        assert found.state == state
        stage.scene.add("imports", state, {"import_id": found.id}, state=state)


def _slips(stage: Stage) -> None:
    """Ben's are printed, Alma's not yet."""
    now, settings = clock.now(), current_app.config["SETTINGS"]
    for name, person in (("ben", "cem"), ("alma", "dan")):
        made = slips.add_list("http://localhost/login", now, stage.scene.people[name])
        secret = sealed.seal(settings, "slips", b"a first password")
        slips.put_slips(made, {stage.scene.people[person]: secret}, now)
        if name == "ben":
            slips.keep_printed(made, sealed.seal(settings, "slips", b"%PDF-1.7"), 1, ["dan"], now)
        made.expires_at = now + timedelta(days=1)  # the tests may run for longer than an hour
        state = "printed" if name == "ben" else "waiting"
        stage.scene.add("slips", state, {"list_id": made.id}, owner=name, state=state)


def _doors(stage: Stage) -> None:
    """Ivo has a one-time code; somebody has guessed at Sam's password; Cem has mistyped the access code."""
    now, people = clock.now(), stage.scene.people
    codes.give_code(_person(stage, "ivo"), now, people["ben"])
    guess = failures.at_login("sam", "203.0.113.7")
    for _ in range(3):
        failures.note(guess, failures.look(guess, now), now)
    typo = failures.at_sitting(stage.sittings["open"].id, people["cem"], "203.0.113.8")
    failures.note(typo, failures.look(typo, now), now)
    token = tickets.make(_person(stage, "ben"), "another browser", now)
    stage.scene.add("tickets", "another browser's", {"token": token})
    stage.scene.add("tickets", "nobody's", {"token": "x" * 43})


def _mails(stage: Stage) -> None:
    """One failed, one waits, the others have no address to go to."""
    now, people = clock.now(), stage.scene.people
    notices.tell([people["ben"], people["cem"]], "account.password", now)
    while deliveries.plan(0, now):
        session.commit()
    waiting = session.query(Delivery).filter_by(state="waiting").order_by(Delivery.id).all()
    for row, state in zip(waiting, ("failed", "waiting"), strict=False):
        if state == "failed":
            deliveries.note_failure(row, now, MailFault("refused", "550 no such user", for_good=True))
        stage.scene.add("mails", state, {"delivery_id": row.id}, state=state)
    for name in ("cem", "kim", "mona"):
        note = session.query(Notice).filter_by(person_id=people[name]).order_by(Notice.id).first()
        assert note is not None
        stage.scene.add("notices", name, {"notice_id": note.id}, owner=name)


def _work(stage: Stage) -> None:
    """Kim's goes on, Ben's has failed."""
    now, people = clock.now(), stage.scene.people
    for name, kind, state in (
        ("kim", "correct", "waiting"),
        ("ben", "people.act", "failed"),
        ("olga", "correct", "done"),
    ):
        task = tasks.plan(kind, {"correction": 0}, now, people[name])
        session.commit()
        if state != "waiting":
            tasks.claim(task.id, now)
            tasks.end(task.id, state, {}, now)
        stage.scene.add("work", f"{name} {state}", {"task_id": task.id}, owner=name, state=state)


def _addresses(stage: Stage) -> None:
    """Cem's calendar is open, Dan's closed again; a link that ends a kind of mail; and forged ones."""
    now, people = clock.now(), stage.scene.people
    feeds = {name: preferences.open_feed(people[name], now) for name in ("cem", "dan")}
    tokens: dict[str, tuple[str, dict[str, Any]]] = {
        "cem": (preferences.feed_token(SECRET, feeds["cem"]), {}),
        "closed": (preferences.feed_token(SECRET, feeds["dan"]), {"broken": True}),
        "forged": (preferences.feed_token("x" * 48, feeds["cem"]), {"broken": True}),
    }
    preferences.close_feed(people["dan"], now)
    for label, (token, facts) in tokens.items():
        stage.scene.add("calendars", label, {"token": token}, **facts)
    off = preferences.off_token(SECRET, people["cem"], "result.released")
    stage.scene.add("off links", "cem", {"token": off})
    number = people["dan"]
    stage.scene.add(
        "off links", "made of it", {"token": off.replace(f"{people['cem']}-", f"{number}-", 1)}, broken=True
    )
    stage.scene.add("logos", "none", {"name": "logo-0000.png"}, broken=True)
