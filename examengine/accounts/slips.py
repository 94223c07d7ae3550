"""Verbs on first passwords that are to be printed: kept sealed, for an hour at most (docs/decisions/0080)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from examengine.accounts.models import Person, Team
from examengine.accounts.staging import Slip, SlipList
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.i18n import N_

LIFE = timedelta(hours=1)


def add_list(address: str, now: datetime, by: int | None) -> SlipList:
    """A list without slips yet."""
    found = SlipList(by_id=by, created_at=now, expires_at=now + LIFE, address=address[:300])
    session.add(found)
    session.flush()
    return found


def find_list(list_id: int | None, now: datetime) -> SlipList | None:
    """The list, unless its time is over or it was downloaded."""
    found = session.get(SlipList, list_id) if list_id is not None else None
    return found if found is not None and found.expires_at > now else None


def get_list(list_id: int, now: datetime, by: int | None) -> SlipList:
    """The list, for who asked for it. Raises Missing for anybody else, and once it is over."""
    found = find_list(list_id, now)
    if found is None or found.by_id != by:
        raise Missing(
            N_("This slip list is gone: it can be downloaded once, within an hour. Give new first passwords instead.")
        )
    return found


def put_slips(found: SlipList, secrets: Mapping[int, str], now: datetime) -> None:
    """Keep sealed first passwords by person; the hour begins anew."""
    session.execute(delete(Slip).where(Slip.person_id.in_(secrets)))
    session.add_all(Slip(person_id=key, list_id=found.id, secret=secret) for key, secret in secrets.items())
    found.expires_at = now + LIFE
    session.flush()


def find_slips(list_id: int) -> Sequence[tuple[str, str, str, str]]:
    """Name, team, employee number and sealed password of each slip: team by team, as they are handed out."""
    query = (
        select(Person.name, func.coalesce(Team.name, ""), Person.username, Slip.secret)
        .join(Slip, Slip.person_id == Person.id)
        .outerjoin(Team, Team.id == Person.team_id)
        .where(Slip.list_id == list_id)
    )
    rows = session.execute(query.order_by(func.coalesce(Team.name, ""), Person.username))
    return [(name, team, username, secret) for name, team, username, secret in rows]


def count_slips(list_id: int) -> int:
    """How many first passwords are still to be printed."""
    return session.scalar(select(func.count()).select_from(Slip).where(Slip.list_id == list_id)) or 0


def find_holders(list_id: int) -> frozenset[int]:
    """Ids of the people who have a slip on the list."""
    return frozenset(session.scalars(select(Slip.person_id).where(Slip.list_id == list_id)))


def keep_printed(found: SlipList, content: str, count: int, unprintable: Sequence[str], now: datetime) -> None:
    """The printed list, sealed, in place of the single passwords."""
    found.content, found.count, found.unprintable, found.expires_at = content, count, list(unprintable), now + LIFE
    session.execute(delete(Slip).where(Slip.list_id == found.id))
    session.flush()


def hand_over(found: SlipList, now: datetime, by: int | None) -> str | None:
    """The printed list, sealed, for the one download; nothing of it is left. None when it is not printed yet."""
    content = found.content
    if content is not None:
        audit.record(now, by, "slips.download", "slip_list", found.id, slips=found.count)
        drop_list(found.id)
    return content


def drop_list(list_id: int) -> None:
    """Drop a list with all that is on it."""
    session.execute(delete(Slip).where(Slip.list_id == list_id))
    session.execute(delete(SlipList).where(SlipList.id == list_id))


def find_expired(now: datetime, limit: int) -> Sequence[int]:
    """Lists whose hour is over."""
    return session.scalars(select(SlipList.id).where(SlipList.expires_at <= now).limit(limit)).all()
