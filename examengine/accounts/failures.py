"""Failed tries at a log-in or an access code: kept, counted, forgotten. What follows of them says waits.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, text

from examengine.accounts import waits
from examengine.accounts.models import LoginFailure, Person
from examengine.accounts.waits import Standing
from examengine.core import audit, codes
from examengine.core.db import session
from examengine.core.errors import TooMany
from examengine.core.i18n import N_, Message

LOGIN = "login"
KEPT = timedelta(hours=1)
"""A run of failures is remembered for half an hour at most (its last wait and the window after it)."""
SWEPT = 1_000
MOST_SHOWN = 200


@dataclass(frozen=True)
class Try:
    """Somebody at a gate."""

    gate: str
    account: str
    """A digest: who mixes up the fields leaves no password here."""
    address: str
    known: bool = False
    """Whoever tries is logged in: nobody else can make her wait, so her failures count wherever she is."""


def at_login(name: str, remote: str | None) -> Try:
    """A try at the log-in, with the name as typed."""
    return Try(LOGIN, _account(name), waits.place_of(remote))


def at_sitting(sitting_id: int, person_id: int, remote: str | None) -> Try:
    """A try at a sitting's access code."""
    return Try(_sitting(sitting_id), _account(f"#{person_id}"), waits.place_of(remote), known=True)


def _account(name: str) -> str:
    return codes.sha256(name.strip().casefold())


def _sitting(sitting_id: int) -> str:
    return f"sitting {sitting_id}"


def look(this: Try, now: datetime) -> Standing:
    """How the try stands, one at a time for an account and address. Raises TooMany while a wait runs."""
    if session.get_bind().dialect.name == "postgresql":  # on SQLite a writing transaction is alone anyway
        where = f"{this.gate} {this.account} {'' if this.known else this.address}"
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:where, 0))"), {"where": where})
    standing = _standing(this, now)
    until = waits.refused_until(standing, now)
    if until is not None:
        seconds = waits.whole_seconds(until - now)
        words = Message(N_("Too many tries have failed. Try again in %(time)s."), {"time": waits.in_words(seconds)})
        raise TooMany(words, code="wait", retry_after=seconds)
    return standing


def note(this: Try, standing: Standing, now: datetime) -> None:
    """The try has failed."""
    wait = waits.wait_after(standing, now).seconds
    session.add(LoginFailure(gate=this.gate, account=this.account, address=this.address, at=now, wait_s=wait))
    session.flush()


def clear(this: Try) -> None:
    """The try has succeeded: what failed before, from there, is forgotten."""
    session.execute(delete(LoginFailure).where(_own(this)))


def _own(this: Try) -> ColumnElement[bool]:
    own = and_(LoginFailure.gate == this.gate, LoginFailure.account == this.account)
    return own if this.known else and_(own, LoginFailure.address == this.address)


def _standing(this: Try, now: datetime) -> Standing:
    row, since = LoginFailure, now - waits.WINDOW
    own = select(row).where(_own(this))
    latest = own.order_by(row.at.desc(), row.id.desc()).limit(1)
    account = select(row.id).where(row.gate == this.gate, row.account == this.account, row.at > since)
    address = select(row.at).where(row.gate == this.gate, row.address == this.address, row.at > since)
    found = session.execute(
        select(
            own.with_only_columns(func.count()).where(row.at > since).scalar_subquery(),
            latest.with_only_columns(row.at).scalar_subquery(),
            latest.with_only_columns(row.wait_s).scalar_subquery(),
            select(func.count()).select_from(account.limit(waits.SLOWED_FROM).subquery()).scalar_subquery(),
            address.order_by(row.at.desc()).offset(waits.FULL - 1).limit(1).scalar_subquery(),
        )
    ).one()
    recent, last_at, last_wait, anywhere, full_at = found
    return Standing(recent, last_at, timedelta(seconds=last_wait or 0), anywhere, full_at)


@dataclass(frozen=True)
class Shown:
    """Failed log-ins of a person from one address, within the window."""

    address: str
    count: int
    last_at: datetime
    wait_s: int
    """Seconds that a wait runs still; 0: none."""


def find_recent(person: Person, now: datetime) -> Sequence[Shown]:
    """The person's failed log-ins of the last quarter of an hour by address, the latest first."""
    row = LoginFailure
    query = (
        select(row.address, row.at, row.wait_s)
        .where(row.gate == LOGIN, row.account == _account(person.username), row.at > now - waits.WINDOW)
        .order_by(row.at.desc(), row.id.desc())
        .limit(MOST_SHOWN)
    )
    found: dict[str, Shown] = {}
    for address, at, wait in session.execute(query):
        if address in found:
            seen = found[address]
            found[address] = Shown(address, seen.count + 1, seen.last_at, seen.wait_s)
        else:
            left = at + timedelta(seconds=wait) - now
            found[address] = Shown(address, 1, at, waits.whole_seconds(left) if left > timedelta(0) else 0)
    return list(found.values())


def has_failed_code(sitting_id: int, person_id: int, now: datetime) -> bool:
    """Whether the person has lately given a wrong access code of the sitting."""
    row, this = LoginFailure, at_sitting(sitting_id, person_id, None)
    query = select(row.id).where(_own(this), row.at > now - waits.WINDOW).limit(1)
    return session.scalar(query) is not None


def forget(person: Person) -> int:
    """All failures of the person at every gate are forgotten. How many there were."""
    accounts = (_account(person.username), _account(f"#{person.id}"))
    done = session.execute(delete(LoginFailure).where(LoginFailure.account.in_(accounts)).returning(LoginFailure.id))
    return len(done.all())


def clear_wait(person: Person, now: datetime, by: int | None, reason: str = "", **where: int) -> int:
    """Let the person try again at once. How many failures were forgotten."""
    forgotten = forget(person)
    audit.record(now, by, "person.wait", "person", person.id, reason, failures=forgotten, **where)
    return forgotten


def find_old(now: datetime) -> Sequence[int]:
    """Chunks of failures that nothing depends on any more."""
    old = select(LoginFailure.id).where(LoginFailure.at < now - KEPT).limit(20 * SWEPT).subquery()
    count = session.scalar(select(func.count()).select_from(old)) or 0
    return range(-(-count // SWEPT))


def purge(_chunk: int, now: datetime) -> int:
    """Delete a chunk of them."""
    old = select(LoginFailure.id).where(LoginFailure.at < now - KEPT).order_by(LoginFailure.at).limit(SWEPT)
    gone = delete(LoginFailure).where(LoginFailure.id.in_(old)).returning(LoginFailure.id)
    return len(session.execute(gone).all())


def clear_sitting(sitting_id: int, now: datetime, by: int, reason: str = "") -> int:
    """Let everybody try a sitting's access code again at once. How many failures were forgotten."""
    done = session.execute(
        delete(LoginFailure).where(LoginFailure.gate == _sitting(sitting_id)).returning(LoginFailure.id)
    )
    forgotten = len(done.all())
    audit.record(now, by, "sitting.waits", "sitting", sitting_id, reason, failures=forgotten)
    return forgotten


def clear_address(address: str, now: datetime, by: int | None) -> int:
    """Let an address try again at once. How many failures were forgotten."""
    place = waits.place_of(address)
    done = session.execute(delete(LoginFailure).where(LoginFailure.address == place).returning(LoginFailure.id))
    forgotten = len(done.all())
    audit.record(now, by, "address.wait", "address", None, address=place, failures=forgotten)
    return forgotten
