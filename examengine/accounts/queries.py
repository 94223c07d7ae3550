"""Reads of people and teams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from examengine.accounts.models import OneTimeLink, Person, PersonRole, Team
from examengine.core import codes
from examengine.core.db import session
from examengine.core.errors import Missing


def find_person(username: str) -> Person | None:
    """The person with this login name."""
    return session.scalar(select(Person).where(Person.username == username))


def get_person(person_id: int) -> Person:
    """Raises Missing."""
    found = session.get(Person, person_id)
    if found is None:
        raise Missing
    return found


def find_people(*, role: str | None = None, team_id: int | None = None, active_only: bool = True) -> Sequence[Person]:
    """People by role and team, by name."""
    query = select(Person).order_by(Person.name, Person.id)
    if active_only:
        query = query.where(Person.active)
    if role is not None:
        query = query.join(PersonRole, PersonRole.person_id == Person.id).where(PersonRole.role == role)
    if team_id is not None:
        query = query.where(Person.team_id == team_id)
    return session.scalars(query).all()


def find_teams() -> Sequence[Team]:
    """All teams, by name."""
    return session.scalars(select(Team).order_by(Team.name)).all()


def count_people() -> int:
    """How many people there are."""
    return session.scalar(select(func.count()).select_from(Person)) or 0


def find_link(token: str, now: datetime) -> OneTimeLink | None:
    """The unused, unexpired one-time link of a token."""
    link = session.scalar(select(OneTimeLink).where(OneTimeLink.digest == codes.sha256(token)))
    return link if link and link.used_at is None and link.expires_at > now else None
