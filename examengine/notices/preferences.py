"""What a person wants to be told, where; the links that switch a kind of mail off; the address of her calendar."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from examengine.core import audit, codes
from examengine.core.db import session
from examengine.core.errors import Forbidden, Missing
from examengine.notices.kinds import AUDIENCES, KINDS
from examengine.notices.models import CalendarFeed, NoticePreference

CHANNELS = ("app", "mail")
Off = frozenset[tuple[str, str]]
"""(kind, channel) pairs that are switched off."""


def offered(roles: Collection[str]) -> list[str]:
    """Kinds that somebody with these roles is asked about."""
    return [
        name for name, kind in KINDS.items() if kind.label and (name not in AUDIENCES or AUDIENCES[name] & set(roles))
    ]


def find_off(person_ids: Collection[int]) -> Mapping[int, Off]:
    """By person: what she has switched off."""
    query = select(NoticePreference).where(NoticePreference.person_id.in_(person_ids), ~NoticePreference.wanted)
    found: dict[int, set[tuple[str, str]]] = {}
    for row in session.scalars(query):
        found.setdefault(row.person_id, set()).add((row.kind, row.channel))
    return {person: frozenset(pairs) for person, pairs in found.items()}


def may_switch(kind: str, channel: str) -> bool:
    """Whether a kind may be switched off in a channel: what one must know stays in the app."""
    known = KINDS.get(kind)
    return (
        known is not None and bool(known.label) and channel in CHANNELS and not (channel == "app" and known.must_know)
    )


def set_off(person_id: int, roles: Collection[str], off: Collection[tuple[str, str]], now: datetime) -> None:
    """Keep what the person has switched off among the kinds that she is offered."""
    kinds = offered(roles)
    before = sorted(pair for pair in find_off([person_id]).get(person_id, ()) if pair[0] in kinds)
    after = sorted(pair for pair in set(off) if pair[0] in kinds and may_switch(*pair))
    if before == after:
        return
    session.execute(
        delete(NoticePreference).where(NoticePreference.person_id == person_id, NoticePreference.kind.in_(kinds))
    )
    rows = [{"person_id": person_id, "kind": kind, "channel": channel, "wanted": False} for kind, channel in after]
    if rows:
        session.execute(insert(NoticePreference), rows)
    audit.record(now, person_id, "person.notices", "person", person_id, before=_told(before), after=_told(after))


def _told(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{kind} {channel}" for kind, channel in pairs]


def off_token(key: str, person_id: int, kind: str) -> str:
    """What a mail's link carries: it switches this kind of mail off for this person and does nothing else."""
    return f"{person_id}-{kind}-{codes.signature(key, f'no mail {person_id} {kind}')}"


def read_off_token(keys: Sequence[str], token: str) -> tuple[int, str]:
    """Person and kind of a link. Raises Forbidden."""
    person, _, rest = token.partition("-")
    kind, _, given = rest.partition("-")
    plain = person.isascii() and person.isdecimal() and len(person) < 19
    if not plain or not may_switch(kind, "mail"):
        raise Forbidden
    if not codes.signed_by(keys, f"no mail {int(person)} {kind}", given):
        raise Forbidden
    return int(person), kind


def switch_mail_off(person_id: int, kind: str, now: datetime) -> bool:
    """No more mails of this kind. Returns whether that is new."""
    if (kind, "mail") in find_off([person_id]).get(person_id, ()):
        return False
    session.merge(NoticePreference(person_id=person_id, kind=kind, channel="mail", wanted=False))
    session.flush()
    audit.record(now, None, "person.notices", "person", person_id, "link in a mail", after=[f"{kind} mail"])
    return True


def find_feed(person_id: int) -> CalendarFeed | None:
    """The person's calendar, if it is open."""
    found = session.get(CalendarFeed, person_id)
    return found if found is not None and found.open else None


def open_feed(person_id: int, now: datetime) -> CalendarFeed:
    """A calendar under a new address; the one before is worthless from now on."""
    found = session.get(CalendarFeed, person_id)
    if found is None:
        found = CalendarFeed(person_id=person_id, number=0, open=True, changed_at=now)
        session.add(found)
    found.number, found.open, found.changed_at = found.number + 1, True, now
    session.flush()
    audit.record(now, person_id, "person.calendar", "person", person_id, open=True)
    return found


def close_feed(person_id: int, now: datetime) -> None:
    """The calendar's address is worthless from now on."""
    found = find_feed(person_id)
    if found is None:
        return
    found.open, found.changed_at = False, now
    session.flush()
    audit.record(now, person_id, "person.calendar", "person", person_id, open=False)


def feed_token(key: str, feed: CalendarFeed) -> str:
    """The secret part of the calendar's address."""
    return f"{feed.person_id}-{feed.number}-{codes.signature(key, f'calendar {feed.person_id} {feed.number}')}"


def read_feed_token(keys: Sequence[str], token: str) -> int:
    """Whose calendar it is. Raises Missing."""
    person, _, rest = token.partition("-")
    number, _, given = rest.partition("-")
    plain = all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (person, number))
    if not plain or not codes.signed_by(keys, f"calendar {int(person)} {int(number)}", given):
        raise Missing
    feed = find_feed(int(person))
    if feed is None or feed.number != int(number):
        raise Missing
    return int(person)
