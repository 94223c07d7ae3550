"""Reads of people and teams."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from examengine.accounts.importing import Known
from examengine.accounts.models import OneTimeLink, Person, PersonRole, Team, TeamMembership
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
    """0: in no team."""
    active: bool | None = None
    never_in: bool = False
    """Who has never logged in."""


def _conditions(chosen: PeopleFilter) -> list[ColumnElement[bool]]:
    """What the filter asks of a person."""
    asked: list[ColumnElement[bool]] = []
    if chosen.words:
        asked.append(named(chosen.words))
    if chosen.role:
        asked.append(holds(chosen.role))
    if chosen.team_id is not None:
        asked.append(Person.team_id == (chosen.team_id or None))
    if chosen.active is not None:
        asked.append(Person.active.is_(chosen.active))
    if chosen.never_in:
        asked.append(Person.last_login_at.is_(None))
    return asked


def find_people_page(chosen: PeopleFilter, sort: str = "name", page: int = 1) -> Page[Person]:
    """A page of people with teams and roles; sorted by name, username, team or login ("-": descending)."""
    query = select(Person).outerjoin(Team, Team.id == Person.team_id).where(*_conditions(chosen))
    orders: dict[str, Any] = {"name": Person.name, "username": Person.username, "team": Team.name}
    orders["login"] = Person.last_login_at
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


def find_chosen(person_ids: Collection[int]) -> Sequence[Person]:
    """These people with teams and roles, by name."""
    query = select(Person).where(Person.id.in_(person_ids)).options(selectinload(Person.role_rows))
    return session.scalars(query.order_by(Person.name, Person.id)).all()


@dataclass(frozen=True)
class Sheet:
    """A person as a line of an exported list."""

    username: str
    name: str
    email: str | None
    language: str | None
    active: bool
    last_login_at: datetime | None
    created_at: datetime
    team: str
    roles: tuple[str, ...]


def find_sheet(chosen: PeopleFilter, limit: int) -> Sequence[Sheet]:
    """The chosen people for an export, by employee number."""
    facts = (Person.username, Person.name, Person.email, Person.language, Person.active, Person.last_login_at)
    query = select(Person.id, *facts, Person.created_at, func.coalesce(Team.name, ""))
    narrowed = query.outerjoin(Team, Team.id == Person.team_id).where(*_conditions(chosen))
    rows = session.execute(narrowed.order_by(Person.username).limit(limit)).all()
    roles = find_roles([row[0] for row in rows])
    return [Sheet(*row[1:], tuple(sorted(roles.get(row[0], ())))) for row in rows]


def find_roles(person_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
    """By person: the roles held."""
    query = select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(person_ids))
    found: dict[int, set[str]] = {}
    for person_id, role in session.execute(query):
        found.setdefault(person_id, set()).add(role)
    return {person_id: frozenset(held) for person_id, held in found.items()}


def find_known(usernames: Collection[str]) -> Mapping[str, Known]:
    """By employee number: the people that a file names."""
    found: dict[str, Known] = {}
    facts = (Person.id, Person.username, Person.name, Person.email, Person.language)
    query = select(*facts, func.coalesce(Team.name, ""), Person.active).outerjoin(Team, Team.id == Person.team_id)
    names = sorted(set(usernames))
    for start in range(0, len(names), 500):
        rows = session.execute(query.where(Person.username.in_(names[start : start + 500]))).all()
        roles = find_roles([row[0] for row in rows])
        for person_id, username, name, email, language, team, active in rows:
            held = roles.get(person_id, frozenset())
            found[username] = Known(person_id, username, name, email or "", language or "", team, held, active)
    return found


def count_administrators() -> int:
    """How many active administrators there are."""
    query = select(func.count()).select_from(Person).where(Person.active, holds("administrator"))
    return session.scalar(query) or 0


def find_memberships(person_id: int) -> Sequence[TeamMembership]:
    """The person's teams from when to when, latest first; a planned move before all."""
    query = select(TeamMembership).where(TeamMembership.person_id == person_id)
    return session.scalars(query.order_by(TeamMembership.since.desc(), TeamMembership.id.desc()).limit(100)).all()


def find_standing_membership(person_id: int) -> TeamMembership | None:
    """The membership that has not ended."""
    query = select(TeamMembership).where(TeamMembership.person_id == person_id, TeamMembership.until.is_(None))
    return session.scalar(query.where(~TeamMembership.planned))


def find_planned_move(person_id: int) -> TeamMembership | None:
    """The move that is still to come."""
    query = select(TeamMembership).where(TeamMembership.person_id == person_id, TeamMembership.planned)
    return session.scalar(query)


def find_due_moves(now: datetime, limit: int) -> Sequence[int]:
    """Planned moves whose day has come."""
    due = select(TeamMembership.id).where(TeamMembership.planned, TeamMembership.since <= now)
    return session.scalars(due.order_by(TeamMembership.since).limit(limit)).all()


def find_led_teams(person_id: int) -> Sequence[Team]:
    """The teams that the person leads."""
    return session.scalars(select(Team).where(Team.leader_id == person_id).order_by(Team.name)).all()
