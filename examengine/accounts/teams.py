"""Verbs on teams: rename, name a leader, retire an empty one, restore it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from examengine.accounts.models import Person, Team
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_, Message

LONGEST = 80


def checked(name: str) -> str:
    """The name as it is kept: spaces tidied. Raises Invalid."""
    kept = " ".join(name.split())
    if not 0 < len(kept) <= LONGEST:
        raise Invalid(Message(N_("A team's name has 1 to %(n)s characters."), {"n": LONGEST}))
    return kept


def rename(team: Team, name: str, now: datetime, by: int) -> None:
    """Another name. Raises Invalid, Conflict when another team has it."""
    kept, before = checked(name), team.name
    if kept == before:
        return
    if session.scalar(select(Team.id).where(Team.name == kept)):
        raise Conflict(Message(N_("There is a team “%(name)s” already."), {"name": kept}))
    team.name = kept
    session.flush()
    audit.record(now, by, "team.rename", "team", team.id, name=[before, kept])


def set_leader(team: Team, person_id: int | None, now: datetime, by: int) -> None:
    """Who leads the team; None: nobody. Raises Invalid for somebody who cannot log in."""
    before = team.leader_id
    if person_id == before:
        return
    if person_id is not None and not session.scalar(select(Person.id).where(Person.id == person_id, Person.active)):
        raise Invalid(N_("The leader must be somebody who may log in."))
    team.leader_id = person_id
    session.flush()
    audit.record(now, by, "team.leader", "team", team.id, leader=[before, person_id])


def retire(team: Team, now: datetime, by: int) -> None:
    """Offer the team no more. Raises Conflict while somebody active is in it."""
    if session.scalar(select(Person.id).where(Person.team_id == team.id, Person.active).limit(1)):
        raise Conflict(N_("Somebody is in this team still; move its members to another one first."))
    if team.active:
        team.active = False
        session.flush()
        audit.record(now, by, "team.retire", "team", team.id, name=team.name)


def restore(team: Team, now: datetime, by: int | None) -> None:
    """Offer the team again."""
    if not team.active:
        team.active = True
        session.flush()
        audit.record(now, by, "team.restore", "team", team.id, name=team.name)
