"""Verbs on uploads of people and their rows: stage, take over, drop; and their reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from examengine.accounts import actions, importing, queries
from examengine.accounts.importing import Change, Line, Register
from examengine.accounts.models import Person
from examengine.accounts.staging import PeopleImport, PeopleImportRow
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Missing, Problem
from examengine.core.i18n import N_, Message
from examengine.core.pages import Page, paged

KEPT = timedelta(days=1)
TAKEN = ("new", "changed", "stale")
"""Outcomes that may be taken over. stale: the person was changed after the preview; taken only when asked for again."""
OUTCOMES = (*importing.OUTCOMES, "stale", "done")


def add_import(content: bytes, file_name: str, now: datetime, by: int | None) -> PeopleImport:
    """An upload that is still to be read."""
    found = PeopleImport(by_id=by, created_at=now, file_name=file_name[:200], content=content, wishes={})
    session.add(found)
    session.flush()
    audit.record(now, by, "people.upload", "people_import", found.id, file=found.file_name, bytes=len(content))
    return found


def get_import(import_id: int) -> PeopleImport:
    """Raises Missing, also once it was dropped."""
    found = session.get(PeopleImport, import_id)
    if found is None or found.state == "dropped":
        raise Missing(N_("This upload is gone: it is kept for a day. Please upload the file again."))
    return found


def find_imports(limit: int = 20) -> Sequence[PeopleImport]:
    """The uploads that are kept, latest first."""
    kept = select(PeopleImport).where(PeopleImport.state != "dropped")
    return session.scalars(kept.order_by(PeopleImport.id.desc()).limit(limit)).all()


def read_again(found: PeopleImport, wishes: Mapping[str, Any]) -> None:
    """Read the file in another way. Raises Conflict once rows of it were taken over."""
    if found.content is None:
        raise Conflict(N_("Rows of this file were taken over already. To read it in another way, upload it again."))
    found.wishes, found.state = dict(wishes), "reading"
    session.flush()


def say_how_read(found: PeopleImport, state: str, facts: Mapping[str, Any], reasons: Sequence[Message] = ()) -> None:
    """What came of reading the file."""
    found.state, found.facts, found.reasons = state, dict(facts), [reason.kept() for reason in reasons]
    session.flush()


def drop_rows(import_id: int, limit: int) -> int:
    """Drop some of the rows. Returns how many."""
    few = select(PeopleImportRow.id).where(PeopleImportRow.import_id == import_id).limit(limit)
    done = session.execute(delete(PeopleImportRow).where(PeopleImportRow.id.in_(few)).returning(PeopleImportRow.id))
    return len(done.all())


def drop_import(import_id: int, limit: int = 2_000) -> bool:
    """Drop an upload, some rows at a time. True while there is more to drop."""
    if drop_rows(import_id, limit) == limit:
        return True
    session.execute(delete(PeopleImport).where(PeopleImport.id == import_id))
    return False


def give_up(found: PeopleImport, now: datetime, by: int | None) -> None:
    """Nobody wants the upload any more: gone at once, swept away soon."""
    found.state, found.content = "dropped", None
    session.flush()
    audit.record(now, by, "people.give_up", "people_import", found.id, file=found.file_name)


def find_old_imports(now: datetime, limit: int) -> Sequence[int]:
    """Uploads that have been kept long enough."""
    old = select(PeopleImport.id).where(or_(PeopleImport.created_at < now - KEPT, PeopleImport.state == "dropped"))
    return session.scalars(old.order_by(PeopleImport.created_at).limit(limit)).all()


def stage(import_id: int, lines: Sequence[tuple[Line, Mapping[str, str]]]) -> None:
    """Keep compared rows, each with what the file says."""
    rows = [
        {
            "import_id": import_id,
            "row": line.row,
            "outcome": line.outcome,
            "username": line.username[:80],
            "name": line.name[:80],
            "person_id": line.person_id,
            "values": dict(said),
            **_compared(line),
        }
        for line, said in lines
    ]
    if rows:
        session.execute(insert(PeopleImportRow), rows)


def _compared(line: Line) -> dict[str, Any]:
    changes = [[change.field, change.old, change.new] for change in line.changes]
    return {"changes": changes, "reasons": [reason.kept() for reason in line.reasons]}


def count_outcomes(import_id: int) -> Mapping[str, int]:
    """How many rows there are of each outcome."""
    query = select(PeopleImportRow.outcome, func.count()).where(PeopleImportRow.import_id == import_id)
    return {row[0]: row[1] for row in session.execute(query.group_by(PeopleImportRow.outcome))}


def find_rows(import_id: int, outcome: str = "", page: int = 1, words: str = "") -> Page[PeopleImportRow]:
    """The rows of an outcome (or all), as they stand in the file."""
    query = select(PeopleImportRow).where(PeopleImportRow.import_id == import_id)
    if outcome:
        query = query.where(PeopleImportRow.outcome == outcome)
    if words:
        name = PeopleImportRow.name.icontains(words, autoescape=True)
        query = query.where(or_(name, PeopleImportRow.username.istartswith(words, autoescape=True)))
    return paged(query.order_by(PeopleImportRow.row, PeopleImportRow.id), page)


def find_refused(import_id: int, limit: int) -> Sequence[PeopleImportRow]:
    """The refused rows, as they stand in the file."""
    refused = (PeopleImportRow.import_id == import_id, PeopleImportRow.outcome == "refused")
    return session.scalars(select(PeopleImportRow).where(*refused).order_by(PeopleImportRow.row).limit(limit)).all()


def find_absent(import_id: int, page: int = 1) -> Page[Person]:
    """Active people whom no row of the file names."""
    named = select(PeopleImportRow.id).where(PeopleImportRow.import_id == import_id)
    query = select(Person).where(Person.active, ~named.where(PeopleImportRow.username == Person.username).exists())
    return paged(query.order_by(Person.name, Person.id), page)


def count_absent(import_id: int) -> int:
    """How many active people no row of the file names."""
    named = select(PeopleImportRow.id).where(PeopleImportRow.import_id == import_id)
    absent = Person.active & ~named.where(PeopleImportRow.username == Person.username).exists()
    return session.scalar(select(func.count()).select_from(Person).where(absent)) or 0


@dataclass(frozen=True)
class Waiting:
    """A row that is to be taken over, as it was shown."""

    id: int
    row: int
    outcome: str
    username: str
    values: Mapping[str, str]
    changes: tuple[Change, ...]

    @property
    def is_new(self) -> bool:
        """Whether it was to make somebody new."""
        return all(not change.old for change in self.changes) and any(c.field == "name" for c in self.changes)


def _waiting(import_id: int, outcomes: Collection[str], ids: Collection[int] | None, query: Select[Any]) -> Select[Any]:
    query = query.where(PeopleImportRow.import_id == import_id, PeopleImportRow.outcome.in_(set(outcomes) & {*TAKEN}))
    return query if ids is None else query.where(PeopleImportRow.id.in_(ids))


def count_waiting(import_id: int, outcomes: Collection[str], ids: Collection[int] | None = None) -> int:
    """How many rows are to be taken over."""
    return session.scalar(_waiting(import_id, outcomes, ids, select(func.count(PeopleImportRow.id)))) or 0


def find_waiting(
    import_id: int, outcomes: Collection[str], ids: Collection[int] | None, after: int, limit: int
) -> Sequence[Waiting]:
    """Some of the rows that are to be taken over, those after a row's number."""
    row = PeopleImportRow
    facts = select(row.id, row.row, row.outcome, row.username, row.values, row.changes).where(row.row > after)
    rows = session.execute(_waiting(import_id, outcomes, ids, facts).order_by(row.row).limit(limit))
    return [
        Waiting(key, number, outcome, username, said, tuple(Change(*change) for change in changes))
        for key, number, outcome, username, said, changes in rows
    ]


def take_over(
    waiting: Sequence[Waiting], hashes: Mapping[int, str], now: datetime, by: int | None, own: str, reason: str
) -> tuple[dict[int, int], int]:
    """Write rows whose people are still as the preview showed them; the others are shown anew as stale.

    `hashes`: of first passwords, by row id. Returns the new people's ids by row id, and how many rows were taken over.
    """
    known = queries.find_known([row.username for row in waiting])
    register = Register(known, queries.count_administrators(), own)
    made: dict[int, int] = {}
    taken = 0
    for row, line in zip(waiting, importing.compare([(r.row, r.values) for r in waiting], register), strict=True):
        if line.changes != row.changes or line.outcome == "refused":
            _mark(row.id, "stale" if line.outcome in TAKEN else line.outcome, line)
            continue
        try:
            with session.begin_nested():
                person_id = write(line, now, by, reason, hashes.get(row.id))
        except IntegrityError:  # somebody else was faster with this number
            _mark(row.id, "stale", line)
        except Problem as problem:
            text = problem.detail or Message(problem.title)
            values: dict[str, Any] = {"outcome": "refused", "reasons": [text.kept()]}
            session.execute(update(PeopleImportRow).where(PeopleImportRow.id == row.id).values(values))
        else:
            _mark(row.id, "done", line, person_id)
            taken += 1
            if line.outcome == "new":
                made[row.id] = person_id
    return made, taken


def _mark(row_id: int, outcome: str, line: Line, person_id: int | None = None) -> None:
    values = {"outcome": outcome, "person_id": person_id or line.person_id, **_compared(line)}
    session.execute(update(PeopleImportRow).where(PeopleImportRow.id == row_id).values(values))


def write(line: Line, now: datetime, by: int | None, reason: str, password_hash: str | None = None) -> int:
    """Add or change the person of a compared row. Returns her id. Raises Invalid, Conflict.

    A first password counts as known to others.
    """
    wanted = line.wanted
    team = actions.add_team(wanted["team"], now, by) if wanted.get("team") else None
    if line.person_id is None:
        person = actions.add_person(
            line.username,
            wanted["name"],
            wanted["roles"].split(),
            now,
            password_hash=password_hash,
            temporary=password_hash is not None,
            team=team,
            email=wanted.get("email"),
            language=wanted.get("language"),
            by=by,
            reason=reason,
        )
        return person.id
    person = queries.get_person(line.person_id)
    details = {field: wanted[field] for field in ("name", "email", "language") if field in wanted}
    actions.set_details(person, now, by, reason, **details)
    if "roles" in wanted:
        actions.set_roles(person, wanted["roles"].split(), now, by, reason)
    if team is not None:
        actions.move_person(person, team, now, by, reason)
    return person.id
