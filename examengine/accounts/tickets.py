"""Log-ins whose outcome is told a little later: it is kept in a row, so that no worker waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from examengine.accounts.models import LoginTicket, Person
from examengine.accounts.waits import DELAY
from examengine.core import codes
from examengine.core.db import session

LIFE = timedelta(minutes=1)


@dataclass(frozen=True)
class Outcome:
    """What a ticket says."""

    known: bool = True
    """Whether it is a ticket of this browser that is not out of date."""
    early: timedelta = timedelta(0)
    """It is too early: ask again in so long."""
    person: Person | None = None
    """Who may come in; None: nobody."""


def make(person: Person | None, browser: str, now: datetime) -> str:
    """The token of a ticket for what a check found."""
    token = codes.token()
    session.add(
        LoginTicket(
            digest=codes.sha256(token),
            person_id=person.id if person else None,
            session_version=person.session_version if person else None,
            browser=browser,
            ready_at=now + DELAY,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return token


def take(token: str, browser: str, now: datetime) -> Outcome:
    """What the ticket of this browser says, once."""
    ticket = session.scalar(select(LoginTicket).where(LoginTicket.digest == codes.sha256(token)))
    if ticket is None or ticket.expires_at <= now or not codes.same(ticket.browser, browser):
        return Outcome(known=False)
    if now < ticket.ready_at:
        return Outcome(early=ticket.ready_at - now)
    person_id, version = ticket.person_id, ticket.session_version
    taken = session.execute(delete(LoginTicket).where(LoginTicket.id == ticket.id).returning(LoginTicket.id)).first()
    if taken is None:  # asked for twice at once
        return Outcome(known=False)
    if person_id is None:
        return Outcome()
    query = select(Person).where(Person.id == person_id, Person.session_version == version, Person.active)
    return Outcome(person=session.scalar(query))


def find_old(now: datetime) -> Sequence[int]:
    """Something when there are tickets that are out of date."""
    return session.scalars(select(LoginTicket.id).where(LoginTicket.expires_at <= now).limit(1)).all()


def purge(_one: int, now: datetime) -> int:
    """Delete all of them."""
    gone = delete(LoginTicket).where(LoginTicket.expires_at <= now).returning(LoginTicket.id)
    return len(session.execute(gone).all())
