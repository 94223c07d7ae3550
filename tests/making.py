"""Makers of people, items, exams and sittings for tests; everything goes through the rooms' own actions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import current_app
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.accounts.models import Person, Team
from examengine.bank import actions as bank
from examengine.bank import media
from examengine.bank import queries as bank_queries
from examengine.bank.competencies import load_tree
from examengine.bank.models import Bank, Item
from examengine.core import clock, html, pictures
from examengine.core import media as files
from examengine.core.db import dumps, hot, session
from examengine.delivery import actions as delivery
from examengine.delivery import journal, starting
from examengine.delivery import queries as attempts
from examengine.delivery.models import Attempt
from examengine.delivery.saving import Saved, save_answers
from examengine.delivery.tokens import Token
from examengine.exams import actions as exams
from examengine.exams import plans
from examengine.exams.models import Exam, Sitting
from examengine.formats.base import ItemDraft
from examengine.itemtypes import kinds
from tests.pictures import picture as png

PASSWORD = "correct horse"
CAST = {
    "ann": ("Ann Author", ("trainer",)),
    "cem": ("Cem Candidate", ("operator",)),
    "mia": ("Mia Grader", ("grader",)),
    "max": ("Max Grader", ("grader",)),
    "zoe": ("Zoe Grader", ("grader",)),
    "ada": ("Ada Lead", ("grader",)),
    "kim": ("Kim Manager", ("manager",)),
    "ben": ("Ben Administrator", ("administrator",)),
    "sam": ("Sam Stranger", ("operator",)),
}
_HASHES: dict[str, str] = {}


class World:
    """What a test needs, made when it is first asked for, committed at once."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.items: dict[str, Item] = {}

    def person(self, name: str, *, team: Team | None = None) -> Person:
        """One of the cast (or an operator of that name); the password is PASSWORD."""
        if name not in self.people:
            full, roles = CAST.get(name, (name.title(), ("operator",)))
            made = accounts.add_person(name, full, roles, clock.now(), team=team, language="en")
            made.password_hash = _hash()
            session.commit()
            self.people[name] = made
        return self.people[name]

    def team(self, name: str = "Team East") -> Team:
        """A team."""
        made = accounts.add_team(name, clock.now())
        session.commit()
        return made

    def bank(self, code: str = "complaints") -> Bank:
        """A bank with the competencies that items use."""
        found = bank_queries.find_bank(code)
        if found is None:
            rows = [
                ("business", "Business"),
                ("business.service", "Service"),
                ("skills", "Skills"),
                ("skills.phone", "Telephone"),
            ]
            load_tree(((code_, {"en": title, "zh": title}) for code_, title in rows), clock.now(), None)
            found = bank.add_bank(code, {"en": "Complaints", "zh": "投诉"}, {}, clock.now(), None)
            session.commit()
        return found

    def item(self, kind: str = "single_choice", code: str | None = None, *, points: str = "2", **facts: Any) -> Item:
        """A published item made of the kind's own example data, changed by `data`."""
        code = code or f"{kind.replace('_', '-')}-{len(self.items) + 1}"
        data = {**kinds()[kind].examples().data, **facts.pop("data", {})}
        draft = ItemDraft(
            code,
            kind,
            facts.pop("language", "en"),
            Decimal(points),
            facts.pop("difficulty", 2),
            tuple(facts.pop("competencies", ("business.service",))),
            "HB 1.1",
            facts.pop("use", "exam"),
            data,
        )
        assert not facts, facts
        made = bank.write_item(self.bank(), None, draft, clock.now(), None)
        bank.publish_item(made, clock.now(), None)
        session.commit()
        self.items[code] = made
        return made

    def picture(self, width: int = 8, height: int = 4, alt: str = "a blue bar") -> str:
        """A picture that is taken in, as a text shows it."""
        made = pictures.checked(png(width, height), pictures.QUESTION)
        files.keep(current_app.config["SETTINGS"].media, made.name, made.data)
        media.store(made, "bar.png", clock.now(), self.person("ann").id)
        session.commit()
        return html.code(made.name, alt)

    def all_kinds(self) -> list[Item]:
        """A published item of each kind; essays are worth 10 points."""
        points = {"essay": "10"}
        return [self.item(k, f"all-{k.replace('_', '-')}", points=points.get(k, "2")) for k in kinds()]

    def exam(
        self, items: Sequence[Item] | None = None, *, graders: Sequence[str] = ("mia", "max", "zoe"), **terms: Any
    ) -> Exam:
        """A published exam with the items as fixed slots (default: one of each kind)."""
        slots = tuple(plans.FixedSlot(item.id) for item in (items if items is not None else self.all_kinds()))
        marking = plans.MarkingPolicy(**terms.pop("marking", {}))
        plan = plans.Plan(plans.Terms(marking=marking, **terms), (plans.Section("Part 1", slots),))
        return self.exam_of(plan, graders)

    def exam_of(self, plan: plans.Plan, graders: Sequence[str] = ("mia", "max", "zoe")) -> Exam:
        """A published exam of a plan."""
        now = clock.now()
        exam = exams.add_exam("November test", now, self.person("ann").id, plan)
        duties = {"grader": [self.person(g).id for g in graders], "lead": [self.person("ada").id]}
        exams.set_duties(exam, duties, now, None)
        exams.publish_exam(exam, now, self.person("ann").id)
        session.commit()
        return exam

    def sitting(self, exam: Exam | None = None, people: Sequence[str] = ("cem",), **facts: Any) -> Sitting:
        """An open sitting with these candidates; `hours` until the close, `opens` as timedelta from now."""
        now = clock.now()
        opens = now + facts.pop("opens", timedelta(minutes=-1))
        close = opens + timedelta(hours=facts.pop("hours", 24))
        last = facts.pop("last_start", close)
        made = exams.plan_sitting(
            exam or self.exam(),
            facts.pop("title", "November sitting"),
            opens,
            last,
            close,
            now,
            self.person("kim").id,
            person_ids=[self.person(name).id for name in people],
            invigilator_ids=[self.person("kim").id],
            **facts,
        )
        session.commit()
        return made

    def start(self, sitting: Sitting, name: str = "cem", holder: str = "") -> Attempt:
        """An attempt begun now."""
        person_id, sitting_id, code = self.person(name).id, sitting.id, sitting.access_code
        session.commit()  # a start commits itself, on a connection of its own
        attempt_id = starting.start(sitting_id, person_id, code, holder, clock.now())
        return attempts.get_attempt(attempt_id)

    def token(self, attempt: Attempt, name: str = "cem") -> Token:
        """The attempt's token as of now."""
        person = self.person(name)
        made = Token(attempt.id, person.id, person.session_version, attempt.epoch, len(attempt.paper["slots"]))
        session.rollback()
        return made

    def save(
        self, token: Token, seq: int, entries: list[dict[str, Any]], *, age: int = 0, now: datetime | None = None
    ) -> Saved:
        """A save through the hot path."""
        session.rollback()  # on SQLite an open writing transaction of the test would keep the save waiting
        return save_answers(hot(), token, seq, dumps(entries).encode(), age, now or clock.now())

    def answers(self, attempt: Attempt, right: bool = True) -> dict[int, Any]:
        """Raw values by slot that are right (or wrong) for every item made of example data."""
        found: dict[int, Any] = {}
        for slot, shown in attempts.present(attempt.paper):
            example = kinds()[shown.presentation.kind].examples()
            raw = example.right if right else example.wrong
            place = {original: position for position, original in enumerate(slot.order)}
            if shown.presentation.shape == "choice":
                raw = place.get(raw, raw)
            elif shown.presentation.shape == "choices":
                raw = sorted(place[pick] for pick in raw)
            found[slot.slot] = raw
        session.rollback()
        return found

    def answer_all(self, attempt: Attempt, right: bool = True, name: str = "cem") -> dict[int, Any]:
        """Save answers to everything, as one save."""
        values = self.answers(attempt, right)
        entries = [{"slot": slot, "t": slot, "value": value} for slot, value in values.items()]
        self.save(self.token(attempt, name), 1, entries)
        return values

    def submit(self, attempt: Attempt, values: dict[int, Any], name: str = "cem") -> Attempt:
        """Hand in and score."""
        from examengine.grading import actions as grading

        token = self.token(attempt, name)
        made = delivery.submit(token, journal.digest(values), clock.now()).attempt
        session.commit()
        grading.score_closed(made.id, clock.now())
        session.commit()
        return made

    def sat(self, sitting: Sitting, name: str = "cem", right: bool = True) -> Attempt:
        """An attempt begun, answered and handed in."""
        attempt = self.start(sitting, name)
        return self.submit(attempt, self.answer_all(attempt, right, name), name)


def _hash() -> str:
    from examengine.accounts import passwords

    if PASSWORD not in _HASHES:
        _HASHES[PASSWORD] = passwords.hashed(PASSWORD)
    return _HASHES[PASSWORD]


def csrf_of(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


def log_in(client: FlaskClient, name: str, password: str = PASSWORD) -> None:
    """Log in through the page."""
    page = client.get("/login").get_data(as_text=True)
    answer = client.post("/login", data={"csrf_token": csrf_of(page), "username": name, "password": password})
    assert answer.status_code == 302, answer.get_data(as_text=True)[:500]


def post(client: FlaskClient, page: str, action: str, **fields: Any) -> Any:
    """POST a form whose CSRF token stands on `page`."""
    token = csrf_of(client.get(page).get_data(as_text=True))
    return client.post(action, data={"csrf_token": token, **fields})


def block_of(page: str) -> dict[str, Any]:
    """The JSON block of an exam page."""
    found = re.search(r'<script type="application/json" id="attempt">(.*?)</script>', page, re.DOTALL)
    assert found, "no exam page"
    block: dict[str, Any] = json.loads(found.group(1))
    return block


def zone() -> Any:
    """The company's time zone."""
    return current_app.config["SETTINGS"].zone
