"""Who reads a page, for the frame around it, by one statement (hot path, docs/decisions/0009)."""

from __future__ import annotations

from dataclasses import dataclass

from examengine.core import db
from examengine.notices.queries import OPTIONAL


@dataclass(frozen=True)
class Reader:
    """A person whose session holds."""

    id: int
    name: str
    language: str | None
    theme: str
    roles: frozenset[str]
    unread: int
    """As queries.count_unread says."""


_READER = """
SELECT p.name, p.language, p.theme, r.role,
  (SELECT count(*) FROM notice n WHERE n.person_id = p.id AND n.read_at IS NULL
     AND (n.kind NOT IN ({optional}) OR n.kind NOT IN (
       SELECT o.kind FROM notice_preference o WHERE o.person_id = p.id AND o.channel = 'app' AND NOT o.wanted)))
FROM person p
LEFT JOIN person_role r ON r.person_id = p.id
WHERE p.id = :person AND p.active AND p.session_version = :session_version AND NOT p.must_change_password
"""
_NAMES, _VALUES = db.spread(OPTIONAL)
_SQL = _READER.format(optional=_NAMES)


def find_reader(person_id: int, session_version: int) -> Reader | None:
    """The person of a session; None when it has ended, or she has to choose a password first."""
    rows = db.hot().execute(_SQL, {**_VALUES, "person": person_id, "session_version": session_version})
    if not rows:
        return None
    name, language, theme, _, unread = rows[0]
    roles = frozenset(row[3] for row in rows if row[3])
    return Reader(person_id, name, language, theme, roles, int(unread))
