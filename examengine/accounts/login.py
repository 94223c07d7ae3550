"""flask-login's loader and the check of a name with its password."""

from __future__ import annotations

from sqlalchemy import select

from examengine.accounts import passwords
from examengine.accounts.models import Person
from examengine.core.db import session


def load_person(session_id: str) -> Person | None:
    """The person of a session's identifier, if the session is of her present version and she is active."""
    person_id, _, version = session_id.partition(".")
    if not (person_id.isdecimal() and version.isdecimal()):
        return None
    query = select(Person).where(Person.id == int(person_id), Person.session_version == int(version), Person.active)
    return session.scalar(query)


def check(username: str, password: str) -> Person | None:
    """The active person whose name and password these are; equally long for unknown names."""
    person = session.scalar(select(Person).where(Person.username == username))
    fits = passwords.matches(person.password_hash if person and person.active else None, password)
    return person if person and fits else None
