"""Verbs on people: add, change, let in, keep out."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from examengine.accounts import failures, passwords, queries, teams
from examengine.accounts.models import OneTimeCode, OneTimeLink, Person, PersonRole, Team
from examengine.accounts.permissions import ROLES
from examengine.core import audit, codes
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.core.settings import LANGUAGES

USERNAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
THEMES = ("auto", "light", "dark")


def add_team(name: str, now: datetime, by: int | None = None) -> Team:
    """The team called `name`, made when it is new, restored when it is retired. Raises Invalid for a bad name."""
    name = teams.checked(name)
    found = session.scalar(select(Team).where(Team.name == name))
    if found is not None and not found.active:
        teams.restore(found, now, by)
    if found is None:
        found = Team(name=name)
        session.add(found)
        session.flush()
        audit.record(now, by, "team.add", "team", found.id, name=name)
    return found


def add_person(
    username: str,
    name: str,
    roles: Collection[str],
    now: datetime,
    *,
    password: str | None = None,
    temporary: bool = False,
    team: Team | None = None,
    email: str | None = None,
    language: str | None = None,
    by: int | None = None,
) -> Person:
    """A new person; `temporary`: her password is known to others, so she changes it when she first logs in.

    Raises Invalid (name, roles, password) or Conflict (login name taken).
    """
    if not USERNAME.fullmatch(username):
        raise Invalid(
            Message(N_("The employee number “%(name)s” may have letters, digits, . _ and - only."), {"name": username})
        )
    if not name.strip() or len(name) > 80:
        raise Invalid(N_("A name of 1 to 80 characters is needed."))
    check_roles(roles)
    if queries.find_person(username):
        raise Conflict(Message(N_("The employee number %(name)s is taken."), {"name": username}))
    person = Person(
        username=username,
        name=name.strip(),
        email=email or None,
        password_hash=passwords.hashed(password) if password is not None else None,
        team_id=team.id if team else None,
        language=language if language in LANGUAGES else None,
        created_at=now,
        must_change_password=temporary,
        role_rows=[PersonRole(role=role) for role in sorted(set(roles))],
    )
    session.add(person)
    session.flush()
    audit.record(now, by, "person.add", "person", person.id, username=username, roles=sorted(set(roles)))
    return person


def check_roles(roles: Collection[str]) -> None:
    """Raises Invalid for a role that does not exist, or none."""
    for role in roles:
        if role not in ROLES:
            raise Invalid(Message(N_("There is no role “%(role)s”."), {"role": role}))
    if not roles:
        raise Invalid(N_("At least one role is needed."))


def set_password(
    person: Person, password: str, now: datetime, by: int | None = None, *, temporary: bool = False
) -> None:
    """A new password; all sessions of the person end. `temporary`: others know it, so the next login changes it."""
    set_hash(person, passwords.hashed(password), now, by, temporary=temporary)


def set_hash(person: Person, made: str, now: datetime, by: int | None = None, *, temporary: bool = False) -> None:
    """As set_password, for doors that hash before they hold the database's lock. Codes and waits of before are gone."""
    person.password_hash = made
    person.must_change_password = temporary
    session.execute(delete(OneTimeCode).where(OneTimeCode.person_id == person.id))
    failures.forget(person)
    end_sessions(person)
    audit.record(now, by, "person.password", "person", person.id)


def change_password(person: Person, old: str, new: str, now: datetime) -> None:
    """The person's own change. Raises Invalid when the old password is wrong, or the new one is no other."""
    if not passwords.matches(person.password_hash, old):
        raise Invalid(N_("The present password is not right."))
    if new == old:
        raise Invalid(passwords.NO_OTHER)
    set_password(person, new, now, by=person.id)


def end_sessions(person: Person) -> None:
    """Every session and every attempt token of the person stops working."""
    person.session_version += 1
    session.flush()


def end_all_sessions(connection: Connection) -> None:
    """Everybody logs in anew; within the open transaction of a connection apart from the session."""
    connection.execute(update(Person).values(session_version=Person.session_version + 1))


def set_preferences(person: Person, language: str | None, theme: str | None) -> None:
    """Language and theme; anything unknown is left as it was."""
    if language in LANGUAGES:
        person.language = language
    if theme in THEMES:
        person.theme = theme
    session.flush()


def deactivate(person: Person, now: datetime, by: int | None, reason: str = "") -> None:
    """Keep a person out; her rows stay."""
    person.active = False
    end_sessions(person)
    audit.record(now, by, "person.deactivate", "person", person.id, reason)


def reactivate(person: Person, now: datetime, by: int | None, reason: str = "") -> None:
    """Let a person in again."""
    person.active = True
    session.flush()
    audit.record(now, by, "person.reactivate", "person", person.id, reason)


def make_link(person: Person, now: datetime, hours: int = 48) -> str:
    """The token of a one-time link with which the person sets a password."""
    token = codes.token()
    session.add(OneTimeLink(person_id=person.id, digest=codes.sha256(token), expires_at=now + timedelta(hours=hours)))
    session.flush()
    return token


def use_link(token: str, password: str, now: datetime) -> Person:
    """Set the password of the link's person, once. Raises Missing when it is used or out of date."""
    link = queries.find_link(token, now)
    if link is None:
        raise Missing(N_("This link has been used or is out of date."))
    person = queries.get_person(link.person_id)
    set_password(person, password, now, by=person.id)
    link.used_at = now
    session.flush()
    return person
