"""Verbs on people: add, change, let in, keep out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from examengine.accounts import details, failures, passwords, queries, teams
from examengine.accounts.models import OneTimeCode, OneTimeLink, Person, PersonRole, Team, TeamMembership
from examengine.core import audit, codes
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.core.settings import LANGUAGES

LOGIN_NOTED = timedelta(hours=1)
"""How exactly the last login is known."""
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
    password_hash: str | None = None,
    temporary: bool = False,
    team: Team | None = None,
    email: str | None = None,
    language: str | None = None,
    by: int | None = None,
    reason: str = "",
) -> Person:
    """A new person; `temporary`: her password is known to others, so she changes it when she first logs in.

    `password_hash` instead of `password`: hashed before, so that no writer waits while it is.
    Raises Invalid (name, roles, password) or Conflict (login name taken).
    """
    if problem := details.username_problem(username) or details.name_problem(name):
        raise Invalid(problem)
    check_roles(roles)
    if queries.find_person(username):
        raise Conflict(Message(N_("The employee number %(name)s is taken."), {"name": username}))
    person = Person(
        username=username,
        name=name.strip(),
        email=email or None,
        password_hash=passwords.hashed(password) if password is not None else password_hash,
        team_id=team.id if team else None,
        language=language if language in LANGUAGES else None,
        created_at=now,
        must_change_password=temporary,
        role_rows=[PersonRole(role=role) for role in sorted(set(roles))],
    )
    session.add(person)
    session.flush()
    if team is not None:
        session.add(TeamMembership(person_id=person.id, team_id=team.id, since=now))
    audit.record(now, by, "person.add", "person", person.id, reason, username=username, roles=sorted(set(roles)))
    return person


def check_roles(roles: Collection[str]) -> None:
    """Raises Invalid for a role that does not exist, or none."""
    if problem := details.roles_problem(roles):
        raise Invalid(problem)


def set_password(
    person: Person,
    password: str,
    now: datetime,
    by: int | None = None,
    *,
    temporary: bool = False,
    password_hash: str | None = None,
) -> None:
    """A new password; all sessions of the person end. `temporary`: others know it, so the next login changes it.

    `password_hash`: of this password, made before, so that no writer waits while it is.
    """
    set_hash(person, password_hash or passwords.hashed(password), now, by, temporary=temporary)


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


def note_login(person: Person, now: datetime) -> None:
    """She has logged in."""
    person.last_login_at = now
    session.flush()


def is_login_due(person: Person, now: datetime) -> bool:
    """Whether the last login that is known is too long ago to be left so."""
    return person.last_login_at is None or person.last_login_at < now - LOGIN_NOTED


def set_details(person: Person, now: datetime, by: int | None, reason: str = "", **wanted: Any) -> bool:
    """New username, name, email or language (those given). Returns whether anything changed.

    Raises Invalid, Conflict (employee number taken).
    """
    wanted = {field: (value or "").strip() or None for field, value in wanted.items()}
    for field, check in _CHECKS.items():
        needed = field in ("username", "name")
        if field in wanted and (wanted[field] or needed) and (problem := check(wanted[field] or "")):
            raise Invalid(problem)
    changed = {field: value for field, value in wanted.items() if getattr(person, field) != value}
    if changed.get("username") and queries.find_person(changed["username"]):
        raise Conflict(Message(N_("The employee number %(name)s is taken."), {"name": changed["username"]}))
    before = {field: getattr(person, field) for field in changed}
    for field, value in changed.items():
        setattr(person, field, value)
    session.flush()
    if changed:
        audit.record(now, by, "person.change", "person", person.id, reason, before=before, after=changed)
    return bool(changed)


def _language_problem(language: str) -> Message | None:
    return None if language in LANGUAGES else Message(N_("This language is not one of ours."))


_CHECKS = {
    "username": details.username_problem,
    "name": details.name_problem,
    "email": details.email_problem,
    "language": _language_problem,
}


def set_roles(person: Person, roles: Collection[str], now: datetime, by: int | None, reason: str = "") -> bool:
    """The roles that the person holds from now on. Returns whether anything changed.

    Raises Invalid, Conflict (her own administrator's role, or that of the last active administrator).
    """
    check_roles(roles)
    before, after = person.roles, frozenset(roles)
    if before == after:
        return False
    if "administrator" in before - after:
        if person.id == by:
            raise Conflict(N_("Nobody takes the administrator's role from herself; another administrator does it."))
        if person.active:
            keep_an_administrator(person)
    person.role_rows = [
        *(row for row in person.role_rows if row.role in after),
        *(PersonRole(role=role) for role in sorted(after - before)),
    ]
    session.flush()
    audit.record(now, by, "person.roles", "person", person.id, reason, before=sorted(before), after=sorted(after))
    return True


def keep_an_administrator(leaving: Person) -> None:
    """Raises Conflict when there is no active administrator but `leaving`; holds their rows until the commit."""
    # A join, so that both rows are locked: whoever waited here sees what the other has done to either.
    held = select(PersonRole.person_id).join(Person, Person.id == PersonRole.person_id)
    active = held.where(PersonRole.role == "administrator", Person.active).order_by(PersonRole.person_id)
    if set(session.scalars(active.with_for_update())) <= {leaving.id}:
        raise Conflict(N_("This is the last active administrator; the role stays."))


def move_person(
    person: Person, team: Team | None, now: datetime, by: int | None, reason: str = "", since: datetime | None = None
) -> bool:
    """Into another team (or none): now, or from `since` on, by the job loop. Returns whether anything changed.

    A move planned before gives way. Raises Invalid for a day that is over.
    """
    if since is not None and since <= now:
        raise Invalid(N_("A move is planned for a day to come; without a day it is done now."))
    before, after = person.team.name if person.team else None, team.name if team else None
    planned = queries.find_planned_move(person.id)
    if since is None and before == after and planned is None:
        return False
    if planned is not None:
        session.delete(planned)
        session.flush()
    if since is not None:
        session.add(TeamMembership(person_id=person.id, team_id=team.id if team else None, since=since, planned=True))
        facts: dict[str, Any] = {"before": before, "after": after, "since": since.isoformat()}
        audit.record(now, by, "person.plan_move", "person", person.id, reason, **facts)
    elif before != after:
        _join(person, team, now)
        audit.record(now, by, "person.move", "person", person.id, reason, before=before, after=after)
    session.flush()
    return True


def _join(person: Person, team: Team | None, since: datetime) -> None:
    """Close the membership that stands and begin another."""
    stands = queries.find_standing_membership(person.id)
    if stands is not None:
        stands.until = since
        session.flush()
    if team is not None or stands is not None:
        session.add(TeamMembership(person_id=person.id, team_id=team.id if team else None, since=since))
    person.team = team
    session.flush()


def cancel_move(person: Person, now: datetime, by: int | None) -> None:
    """The planned move does not take place. Raises Conflict when there is none."""
    planned = queries.find_planned_move(person.id)
    if planned is None:
        raise Conflict(N_("No move is planned any more."))
    facts: dict[str, Any] = {
        "after": planned.team.name if planned.team else None,
        "since": planned.since.isoformat(),
    }
    session.delete(planned)
    session.flush()
    audit.record(now, by, "person.cancel_move", "person", person.id, **facts)


def carry_out_move(membership_id: int, now: datetime) -> bool:
    """The planned move whose day has come. False when somebody else was faster."""
    one = select(TeamMembership).where(TeamMembership.id == membership_id).with_for_update(of=TeamMembership)
    planned = session.scalar(one.execution_options(populate_existing=True))
    if planned is None or not planned.planned or planned.since > now:
        return False
    person, team, since = queries.get_person(planned.person_id), planned.team, planned.since
    before, after = person.team.name if person.team else None, team.name if team else None
    session.delete(planned)
    session.flush()
    if before != after:
        _join(person, team, since)
        audit.record(now, None, "person.move", "person", person.id, before=before, after=after)
    return True


def deactivate(person: Person, now: datetime, by: int | None, reason: str = "") -> None:
    """Keep a person out; her rows stay. Raises Conflict for the last active administrator."""
    if "administrator" in person.roles and person.active:
        keep_an_administrator(person)
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
