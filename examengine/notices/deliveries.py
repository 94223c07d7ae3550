"""From notices to mails: what is to be sent, who tries, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, text, update

from examengine.accounts.models import Person
from examengine.core import audit, mail
from examengine.core.db import session
from examengine.core.errors import Conflict, Missing
from examengine.core.i18n import N_
from examengine.core.pages import Page, paged
from examengine.notices import preferences
from examengine.notices.kinds import KINDS
from examengine.notices.models import Delivery, Notice

BATCH = 200
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""After the first, second … failure; then it has failed."""
HELD = timedelta(minutes=10)
"""How long a try may take at the most: a worker that is silent for longer was killed."""
QUEUED = timedelta(minutes=5)
"""How long the queue may keep a number; then it is put in again."""
REASONS = {
    "inactive": N_("the person is deactivated"),
    "no address": N_("no e-mail address"),
    "bad address": N_("the e-mail address is not valid"),
    "off": N_("switched off by the person"),
    "unknown": N_("a kind of notice that is not known here"),
    "too old": N_("it would have come too late"),
    "refused": N_("the mail server refuses it for good"),
    "later": N_("the mail server asks to try later"),
    "login": N_("the mail server does not accept our name and password"),
    "encryption": N_("no safe connection to the mail server"),
    "connection": N_("the mail server cannot be reached"),
    "outbox": N_("the folder outbox cannot be written"),
    "failed": N_("something unforeseen; the log says more"),
}
STATES = ("waiting", "sent", "failed", "dropped")


_UNPLANNED = text("NOT notice.planned")
"""As the partial index has it: SQLAlchemy would write "planned = 0" for SQLite, which finds no such index."""


def find_unplanned() -> Sequence[int]:
    """The first notice whose deliveries are not decided: plan() takes it and those behind it."""
    return session.scalars(select(Notice.id).where(_UNPLANNED).order_by(Notice.id).limit(1)).all()


def plan(first: int, now: datetime) -> int:
    """Decide the deliveries of a batch of notices. Returns how many notices it was."""
    query = select(Notice).where(_UNPLANNED, Notice.id >= first).order_by(Notice.id).limit(BATCH)
    notices = session.scalars(query.with_for_update(skip_locked=True)).all()
    if not notices:
        return 0
    people = {row.id: row for row in _people({notice.person_id for notice in notices})}
    off = preferences.find_off(people)
    rows = []
    for notice in notices:
        person = people[notice.person_id]
        why = reason_to_drop(notice, person.active, person.email, off.get(notice.person_id, frozenset()), now)
        rows.append(
            {
                "notice_id": notice.id,
                "channel": "mail",
                "state": "dropped" if why else "waiting",
                "error": why,
                "next_try_at": now,
                "created_at": now,
                "ended_at": now if why else None,
            }
        )
    session.execute(insert(Delivery), rows)
    session.execute(update(Notice).where(Notice.id.in_([notice.id for notice in notices])).values(planned=True))
    return len(notices)


def _people(ids: Collection[int]) -> Sequence[Row[int, bool, str | None]]:
    return session.execute(select(Person.id, Person.active, Person.email).where(Person.id.in_(ids))).all()


def reason_to_drop(notice: Notice, active: bool, email: str | None, off: preferences.Off, now: datetime) -> str:
    """Why the notice is not to be mailed, a word of REASONS; nothing: it is."""
    kind = KINDS.get(notice.kind)
    if kind is None:
        return "unknown"
    if not active:
        return "inactive"
    if not email:
        return "no address"
    if not mail.is_address(email):
        return "bad address"
    if (notice.kind, "mail") in off:
        return "off"
    return "too old" if now - notice.created_at > kind.fresh else ""


def find_due(now: datetime, limit: int) -> Sequence[int]:
    """Deliveries that are to be tried now."""
    query = select(Delivery.id).where(Delivery.state == "waiting", Delivery.next_try_at <= now)
    return session.scalars(query.order_by(Delivery.next_try_at, Delivery.id).limit(limit)).all()


def note_queued(delivery_id: int, now: datetime) -> bool:
    """The queue has it from now on. Returns whether it was still due."""
    due = update(Delivery).where(Delivery.id == delivery_id, Delivery.state == "waiting", Delivery.next_try_at <= now)
    return session.scalar(due.values(next_try_at=now + QUEUED).returning(Delivery.id)) is not None


def claim(delivery_id: int, now: datetime) -> Delivery | None:
    """Take the delivery for a try; None: it is somebody else's, is over, or its back-off runs."""
    free = or_(Delivery.held_until.is_(None), Delivery.held_until <= now)
    held = update(Delivery).where(Delivery.id == delivery_id, Delivery.state == "waiting", free)
    taken = held.values(held_until=now + HELD, next_try_at=now + HELD, tries=Delivery.tries + 1)
    if session.scalar(taken.returning(Delivery.id)) is None:
        return None
    return session.get(Delivery, delivery_id, populate_existing=True)


def get(delivery_id: int) -> Delivery:
    """As it is now. Raises Missing."""
    found = session.get(Delivery, delivery_id, populate_existing=True)
    if found is None:
        raise Missing
    return found


def note_sent(delivery_id: int, now: datetime, answer: str) -> None:
    """The mail server, or the outbox, has it."""
    _end(delivery_id, now, "sent", "", answer)


def drop(delivery_id: int, now: datetime, reason: str) -> None:
    """It is not to be sent any more."""
    _end(delivery_id, now, "dropped", reason, "")


def _end(delivery_id: int, now: datetime, state: str, error: str, answer: str) -> None:
    values = {"state": state, "ended_at": now, "error": error, "answer": answer[:200], "held_until": None}
    session.execute(update(Delivery).where(Delivery.id == delivery_id).values(**values))


def note_failure(delivery: Delivery, now: datetime, fault: mail.MailFault) -> None:
    """Try again later, or never."""
    if fault.for_good or delivery.tries > len(BACK_OFF):
        _end(delivery.id, now, "failed", fault.kind, fault.answer)
        return
    later = now + BACK_OFF[delivery.tries - 1]
    values = {"next_try_at": later, "held_until": later, "error": fault.kind, "answer": fault.answer[:200]}
    session.execute(update(Delivery).where(Delivery.id == delivery.id).values(**values))


def count_by_state() -> Mapping[str, int]:
    """How many deliveries there are in each state."""
    rows = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Line:
    """A delivery in a list."""

    delivery: Delivery
    name: str
    email: str


def find_page(state: str, page: int) -> Page[Delivery]:
    """A page of deliveries, latest first, of one state or all."""
    query = select(Delivery).order_by(Delivery.id.desc())
    if state:
        query = query.where(Delivery.state == state)
    return paged(query, page)


def with_people(rows: Sequence[Delivery]) -> list[Line]:
    """The deliveries with names and addresses."""
    ids = {row.notice.person_id for row in rows}
    people = {
        row.id: row for row in session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(ids)))
    }
    return [Line(row, people[row.notice.person_id].name, people[row.notice.person_id].email or "") for row in rows]


def retry(delivery_id: int, now: datetime, by: int) -> None:
    """Try a failed delivery once more, from the beginning. Raises Missing, Conflict."""
    found = session.get(Delivery, delivery_id)
    if found is None:
        raise Missing
    if not _again(Delivery.id == delivery_id, now):
        raise Conflict(N_("Only mails that have failed can be tried again."))
    audit.record(now, by, "mail.retry", "person", found.notice.person_id, delivery=delivery_id)


def retry_all(now: datetime, by: int) -> int:
    """Try every failed delivery once more. Returns how many."""
    count = _again(None, now)
    if count:
        audit.record(now, by, "mail.retry", "instance", None, count=count)
    return count


def _again(which: ColumnElement[bool] | None, now: datetime) -> int:
    failed = update(Delivery).where(Delivery.state == "failed")
    if which is not None:
        failed = failed.where(which)
    values = {"state": "waiting", "tries": 0, "next_try_at": now, "held_until": None, "ended_at": None}
    return len(session.scalars(failed.values(**values).returning(Delivery.id)).all())
