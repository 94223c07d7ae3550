"""Reads of people and teams."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from examengine.accounts.models import OneTimeLink, Person, PersonRole, Team
from examengine.core import codes
from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.pages import Page, paged


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
    """All teams that are not retired, by name."""
    return session.scalars(select(Team).where(Team.active).order_by(Team.name)).all()


def get_team(team_id: int) -> Team:
    """Raises Missing."""
    found = session.get(Team, team_id)
    if found is None:
        raise Missing
    return found


def find_team_page(page: int, retired: bool = False) -> Page[Team]:
    """A page of teams, by name."""
    return paged(select(Team).where(Team.active.is_not(retired)).order_by(Team.name, Team.id), page)


def find_members(team_id: int) -> Sequence[int]:
    """Ids of a team's active members."""
    return session.scalars(select(Person.id).where(Person.team_id == team_id, Person.active)).all()


def is_held(role: str) -> bool:
    """Whether anybody active holds the role."""
    query = select(PersonRole.person_id).join(Person, Person.id == PersonRole.person_id)
    return session.scalar(query.where(PersonRole.role == role, Person.active).limit(1)) is not None


def count_people() -> int:
    """How many people there are."""
    return session.scalar(select(func.count()).select_from(Person)) or 0


def find_link(token: str, now: datetime) -> OneTimeLink | None:
    """The unused, unexpired one-time link of a token."""
    link = session.scalar(select(OneTimeLink).where(OneTimeLink.digest == codes.sha256(token)))
    return link if link and link.used_at is None and link.expires_at > now else None


def find_names(person_ids: Collection[int]) -> Mapping[int, str]:
    """Names by id."""
    if not person_ids:
        return {}
    return {row[0]: row[1] for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))}


def named(words: str) -> ColumnElement[bool]:
    """A condition: the name has `words` in it, or the employee number begins with them."""
    return or_(Person.name.icontains(words, autoescape=True), Person.username.istartswith(words, autoescape=True))


def holds(role: str) -> ColumnElement[bool]:
    """A condition: the person holds the role."""
    return select(PersonRole.role).where(PersonRole.person_id == Person.id, PersonRole.role == role).exists()


@dataclass(frozen=True)
class PeopleFilter:
    """Which people a list shows."""

    words: str = ""
    role: str = ""
    team_id: int | None = None
    active: bool | None = None


def find_people_page(chosen: PeopleFilter, sort: str = "name", page: int = 1) -> Page[Person]:
    """A page of people with teams and roles; sorted by name, username or team ("-": descending)."""
    query = select(Person).outerjoin(Team, Team.id == Person.team_id)
    if chosen.words:
        query = query.where(named(chosen.words))
    if chosen.role:
        query = query.where(holds(chosen.role))
    if chosen.team_id is not None:
        query = query.where(Person.team_id == chosen.team_id)
    if chosen.active is not None:
        query = query.where(Person.active.is_(chosen.active))
    orders = {"name": Person.name, "username": Person.username, "team": Team.name}
    column = orders.get(sort.removeprefix("-"), Person.name)
    order = column.desc() if sort.startswith("-") else column.asc()
    loaded = query.options(contains_eager(Person.team), selectinload(Person.role_rows))
    return paged(loaded.order_by(order.nulls_last(), Person.name, Person.id), page)


@dataclass(frozen=True)
class Choice:
    """A person as a form offers her."""

    id: int
    username: str
    name: str
    team: str


def find_choices(also: Collection[int] = (), staff_only: bool = False) -> Sequence[Choice]:
    """Active people for a form's list, by name; `also`: who is chosen already. Staff hold a role beside operator."""
    staff = select(PersonRole.role).where(PersonRole.person_id == Person.id, PersonRole.role != "operator").exists()
    offered = (Person.active & staff) if staff_only else Person.active
    query = (
        select(Person.id, Person.username, Person.name, func.coalesce(Team.name, ""))
        .outerjoin(Team, Team.id == Person.team_id)
        .where(or_(offered, Person.id.in_(also)))
        .order_by(Person.name, Person.id)
    )
    return [Choice(*row) for row in session.execute(query)]


def count_members() -> Mapping[int, int]:
    """By team: how many active members it has."""
    query = select(Team.id, func.count()).join(Person, Person.team_id == Team.id).where(Person.active)
    return {row[0]: row[1] for row in session.execute(query.group_by(Team.id))}


def find_named(words: str, limit: int = 500) -> Sequence[int]:
    """Ids of the people whom `words` name."""
    return session.scalars(select(Person.id).where(named(words)).limit(limit)).all()
