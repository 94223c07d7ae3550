"""The ground of a benchmark: people, banks of any size, exams, sittings and attempts, written in bulk."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, insert, select, update

from benchmarks.servers import ROOT, Database
from examengine.accounts.models import Person, PersonRole
from examengine.accounts.passwords import hashed
from examengine.app import create_app
from examengine.bank import actions as bank_actions
from examengine.bank import competencies
from examengine.bank.models import Item, ItemVersion, VersionCompetency
from examengine.cli.instance import prepare_folder, upgrade_database
from examengine.core import clock, html, logs, settings, setup
from examengine.core.db import session
from examengine.delivery import starting
from examengine.delivery.tokens import Token
from examengine.exams import actions, plans
from examengine.exams.models import Enrolment, Sitting
from examengine.formats import bank_yaml
from examengine.formats.base import ItemDraft

BROWSER = "a-browser-of-the-bench"
CSRF = "0123456789abcdef0123456789abcdef01234567"
PASSWORD = "correct horse battery"  # of everybody who logs in for the measurement
CHUNK = 5_000


def application(database: Database) -> Flask:
    """The engine's application on the database, migrated."""
    environment = database.environment()
    import os

    os.environ["EXAMENGINE_INSTANCE"] = environment["EXAMENGINE_INSTANCE"]
    prepare_folder()
    logs.set_up(logging.WARNING)  # standard output is for the lines
    app = create_app(settings.load(environment))
    with app.app_context():
        upgrade_database()
    return app


@cache
def models() -> list[ItemDraft]:
    """Real questions of all kinds, in both languages: what the made ones are copies of."""
    folder = ROOT / "question_banks" / "complaint_handling"
    return [item.draft for item in bank_yaml.read_folder(folder).items]


def add_competencies() -> None:
    """The tree that the models are tagged with."""
    tree = bank_yaml.read_competencies(ROOT / "question_banks" / "competencies.yaml")
    competencies.load_tree(tree, clock.now(), None)
    setup.finish(clock.now(), None)
    session.commit()


def fill_bank(code: str, count: int, kinds: Sequence[str] = ()) -> int:
    """A bank of `count` published items; `kinds`: of these only. Returns its id."""
    now = clock.now()
    bank = bank_actions.add_bank(code, {"en": code, "zh": code}, {}, now, None)
    drafts = [draft for draft in models() if not kinds or draft.kind in kinds]
    first_item = 1 + (session.scalar(select(func.max(Item.id))) or 0)
    first_version = 1 + (session.scalar(select(func.max(ItemVersion.id))) or 0)
    for begin in range(0, count, CHUNK):
        rows = [(n, drafts[n % len(drafts)]) for n in range(begin, min(begin + CHUNK, count))]
        items = [
            {"id": first_item + n, "bank_id": bank.id, "code": f"{code}-{n:06}", "state": "active", "use": "exam"}
            for n, _ in rows
        ]
        session.execute(insert(Item), items)
        session.execute(insert(ItemVersion), [_version(first_item + n, first_version + n, n, d, now) for n, d in rows])
        tags = [{"version_id": first_version + n, "code": tag} for n, d in rows for tag in d.competencies]
        session.execute(insert(VersionCompetency), tags)
        session.commit()
    shift = first_version - first_item
    session.execute(update(Item).where(Item.bank_id == bank.id).values(published_id=Item.id + shift))
    number = bank.id
    session.commit()
    follow("item", "item_version")
    return number


@cache
def _facts(code: str) -> tuple[str, str]:
    """The plain words and the movable parts of a model."""
    draft = next(draft for draft in models() if draft.code == code)
    return html.plain(draft.data["stem"]), bank_actions.marks(draft)


def _version(item_id: int, version_id: int, n: int, draft: ItemDraft, now: datetime) -> dict[str, Any]:
    words, movable = _facts(draft.code)
    data = {**draft.data, "stem": draft.data["stem"] + f"<p>({n})</p>"}
    return {
        "id": version_id,
        "item_id": item_id,
        "number": 1,
        "kind": draft.kind,
        "language": draft.language,
        "points": draft.points,
        "difficulty": draft.difficulty,
        "source": draft.source,
        "content": data,
        "movable": movable,
        "words": f"{words} ({n})",
        "sha256": f"{version_id:064x}",
        "created_at": now,
        "published_at": now,
    }


def follow(*tables: str) -> None:
    """Let PostgreSQL's sequences go on after ids that were given."""
    if session.get_bind().dialect.name != "postgresql":
        return
    from sqlalchemy import text

    for table in tables:
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"))
    session.commit()


def fill_people(
    count: int, prefix: str = "p", roles: Sequence[str] = ("operator",), team_id: int | None = None
) -> list[int]:
    """So many people, all with PASSWORD. Returns their ids."""
    first = 1 + (session.scalar(select(func.max(Person.id))) or 0)
    password, now = hashed(PASSWORD), clock.now()
    rows = [
        {
            "id": first + n,
            "username": f"{prefix}{n:05}",
            "name": f"Person {n:05}",
            "password_hash": password,
            "session_version": 1,
            "active": True,
            "language": "en",
            "theme": "auto",
            "team_id": team_id,
            "created_at": now,
        }
        for n in range(count)
    ]
    for begin in range(0, count, CHUNK):
        session.execute(insert(Person), rows[begin : begin + CHUNK])
        session.execute(
            insert(PersonRole),
            [{"person_id": row["id"], "role": r} for row in rows[begin : begin + CHUNK] for r in roles],
        )
    session.commit()
    follow("person")
    return list(range(first, first + count))


def exam(title: str, counts: Mapping[str, int], bank_id: int, *, graders: Sequence[int] = (), **terms: Any) -> int:
    """A published exam that draws so many items of each kind. Returns its id."""
    rules = tuple(plans.DrawRule(bank_id, count, Decimal(2), kind=kind) for kind, count in counts.items() if count)
    made = plans.Plan(plans.Terms(**{"time_limit_s": 4 * 3600, **terms}), (plans.Section("Part one", rules),))
    now = clock.now()
    found = actions.add_exam(title, now, None, made)
    if graders:
        actions.set_duties(found, {"grader": graders, "lead": graders[:1]}, now, None)
    actions.publish_exam(found, now, None)
    number = found.id
    session.commit()
    return number


def sitting(exam_id: int, people: Sequence[int], title: str = "Sitting") -> int:
    """An open sitting with these people enrolled. Returns its id."""
    from examengine.exams.queries import get_exam

    now = clock.now()
    close = now + timedelta(hours=12)
    made = actions.plan_sitting(get_exam(exam_id), title, now - timedelta(hours=1), close, close, now, None)
    enrol(made, people, now)
    number = made.id
    session.commit()
    return number


def enrol(made: Sitting, people: Sequence[int], now: datetime) -> None:
    """Enrolments in bulk, without notices."""
    rows = [
        {
            "sitting_id": made.id,
            "person_id": p,
            "source": "person",
            "state": "enrolled",
            "extra_attempts": 0,
            "created_at": now,
        }
        for p in people
    ]
    for begin in range(0, len(rows), CHUNK):
        session.execute(insert(Enrolment), rows[begin : begin + CHUNK])


@dataclass(frozen=True)
class Passport:
    """What a browser of a person carries."""

    cookie: str
    csrf: str


def passport(app: Flask, person_id: int) -> Passport:
    """A session as a log-in would leave it (log-in is measured apart)."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    facts = {
        "_fresh": True,
        "_permanent": True,
        "_user_id": f"{person_id}.1",
        "browser": BROWSER,
        "csrf_token": CSRF,
    }
    form = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF)  # type: ignore[arg-type]
    return Passport(f"examengine={signer.dumps(facts)}", str(form))


def begin(sitting_id: int, people: Sequence[int]) -> list[int]:
    """An open attempt for each of the people, held by BROWSER. Returns their ids."""
    session.rollback()  # a start commits itself, on a connection of its own
    return [starting.start(sitting_id, person, "", BROWSER, clock.now()) for person in people]


def token(app: Flask, attempt: int, person: int, slots: int) -> str:
    """The attempt's token, as its page carries it."""
    return Token(attempt, person, 1, 1, slots).sign(app.config["SETTINGS"].secret_key)


def body(slot: int, clock_ms: int, size: int = 120) -> bytes:
    """A save of one answer, `size` bytes long."""
    entry = {"slot": slot, "t": clock_ms, "value": ""}
    room = size - len(json.dumps([entry], separators=(",", ":")))
    return json.dumps([{**entry, "value": "x" * room}], separators=(",", ":")).encode()


def forever(values: Sequence[Any]) -> Iterator[Any]:
    """The values again and again."""
    return itertools.cycle(values)
