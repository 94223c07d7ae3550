"""One-time codes: read out on the spot to somebody who cannot log in, who sets a new password with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from examengine.accounts import failures, passwords
from examengine.accounts.models import OneTimeCode, Person
from examengine.core import audit
from examengine.core.codes import readable
from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.core.i18n import N_

LENGTH = 8
LIFE = timedelta(minutes=30)


def give_code(person: Person, now: datetime, by: int, reason: str = "", **where: int) -> str:
    """A new code as it is read out; older ones are dead, and waits are cleared. Raises Conflict (deactivated)."""
    if not person.active:
        raise Conflict(N_("This person is deactivated and cannot log in."))
    code = readable(LENGTH)
    session.execute(delete(OneTimeCode).where(OneTimeCode.person_id == person.id))
    session.add(OneTimeCode(person_id=person.id, digest=passwords.hashed(code), expires_at=now + LIFE))
    failures.forget(person)
    session.flush()
    audit.record(now, by, "person.code", "person", person.id, reason, **where)
    return f"{code[:4]}-{code[4:]}"


def plain(typed: str) -> str:
    """A code as it was made, however it was typed."""
    return "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalnum())


@dataclass(frozen=True)
class Found:
    """A code that was right when it was checked."""

    person_id: int
    digest: str
    password_hash: str | None
    """The password that is to be replaced."""


def check(username: str, typed: str, now: datetime) -> Found | None:
    """The active person's code that this is; equally long for whoever has none and for unknown names."""
    query = (
        select(OneTimeCode.person_id, OneTimeCode.digest, Person.password_hash)
        .join(Person, Person.id == OneTimeCode.person_id)
        .where(Person.username == username, Person.active, OneTimeCode.expires_at > now)
    )
    row = session.execute(query).one_or_none()
    found = Found(*row) if row else None
    return found if passwords.matches(found.digest if found else None, plain(typed)) else None


def use_code(found: Found, now: datetime) -> bool:
    """Spend the code that was checked; whether it was still there to be spent."""
    same = (OneTimeCode.person_id == found.person_id) & (OneTimeCode.digest == found.digest)
    spent = session.execute(delete(OneTimeCode).where(same).returning(OneTimeCode.person_id)).first()
    if spent:
        audit.record(now, found.person_id, "person.code.use", "person", found.person_id)
    return spent is not None


def find_old(now: datetime) -> Sequence[int]:
    """Something when there are codes that are out of date."""
    return session.scalars(select(OneTimeCode.person_id).where(OneTimeCode.expires_at <= now).limit(1)).all()


def purge(_one: int, now: datetime) -> int:
    """Delete all of them."""
    gone = delete(OneTimeCode).where(OneTimeCode.expires_at <= now).returning(OneTimeCode.person_id)
    return len(session.execute(gone).all())
