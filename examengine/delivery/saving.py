"""The save: one guarded statement into the append-only journal, committed at once (docs/save-protocol.md).

No session, no ORM, no second round trip when it succeeds. What failed is looked up only after nothing was inserted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from examengine.core import db
from examengine.core.errors import Conflict, Locked, Missing, Problem, SignedOut, TooMany, Unavailable
from examengine.core.i18n import N_
from examengine.delivery import journal, timing
from examengine.delivery.tokens import Token

# The newest row tells how many saves and bytes the attempt has; one look into the primary key.
_NEWEST = "coalesce((SELECT s.{} FROM save s WHERE s.attempt_id = a.id ORDER BY s.epoch DESC, s.seq DESC LIMIT 1), 0)"
_SAVES, _BYTES = _NEWEST.format("ordinal"), _NEWEST.format("total_bytes")
_GUARDED = f"""
INSERT INTO save (attempt_id, epoch, seq, body, sha256, received_at, late, ordinal, total_bytes)
SELECT a.id, a.epoch, :seq, :body, :sha256, :now, :now > a.deadline_at,
       {_SAVES} + 1,
       {_BYTES} + :size
FROM attempt a JOIN person p ON p.id = a.person_id
WHERE a.id = :attempt AND a.person_id = :person AND a.state = 'in_progress' AND a.epoch = :epoch
  AND p.session_version = :session_version AND p.active
  AND (:now <= a.deadline_at OR (:slack <= a.deadline_at AND :made <= a.deadline_at))
  AND {_SAVES} < :most_saves
  AND {_BYTES} + :size <= :most_bytes
"""  # noqa: S608 (made of this module's constants)
_ANSWER = """
ON CONFLICT (attempt_id, epoch, seq) DO NOTHING
RETURNING late, (SELECT deadline_at FROM attempt WHERE id = save.attempt_id)
"""
SQLITE = _GUARDED + _ANSWER
# On PostgreSQL the attempt's row is locked against whoever closes, takes over, pauses or gives time: a save is in the
# fold or refused, never acknowledged and missing.
POSTGRESQL = _GUARDED + "FOR SHARE OF a\n" + _ANSWER
IMPATIENT = _GUARDED + "FOR SHARE OF a NOWAIT\n" + _ANSWER

_FIRST = "SELECT sha256, received_at, late FROM save WHERE attempt_id = :attempt AND epoch = :epoch AND seq = :seq"
_STATE = """
SELECT a.state, a.epoch, a.deadline_at, p.session_version, p.active,
       (SELECT s.ordinal FROM save s WHERE s.attempt_id = a.id ORDER BY s.epoch DESC, s.seq DESC LIMIT 1)
FROM attempt a JOIN person p ON p.id = a.person_id WHERE a.id = :attempt AND a.person_id = :person
"""
_REJECT = """
INSERT INTO rejected_save (attempt_id, epoch, seq, body, received_at)
SELECT :attempt, :epoch, :seq, :body, :now
WHERE (SELECT count(*) FROM rejected_save r WHERE r.attempt_id = :attempt) < :kept
ON CONFLICT (attempt_id, epoch, seq) DO NOTHING
"""
_COUNT_REJECTED = "UPDATE attempt SET rejected_late = rejected_late + 1 WHERE id = :attempt"
_NOTE_LIMIT = """
INSERT INTO attempt_event (attempt_id, at, kind, reason, details)
SELECT :attempt, :now, 'limit', '', '{}'
WHERE NOT EXISTS (SELECT 1 FROM attempt_event WHERE attempt_id = :attempt AND kind = 'limit')
"""


@dataclass(frozen=True)
class Saved:
    """The acknowledgement: given only after the commit."""

    seq: int
    sha256: str
    saved_at: datetime
    late: bool
    remaining_ms: int


def save_answers(
    hot: db.Hot, token: Token, seq: int, body: bytes, age_of: int, now: datetime, *, steady: bool = True
) -> Saved:
    """Check the body and put it into the journal; it commits itself, and the journal is its audit.

    `age_of` is the page's clock at sending (ms); an entry's age is that less its own time. While the server's clock is
    not `steady`, nothing is turned away for coming late: the page is asked to try again. Raises what
    docs/save-protocol.md lists.
    """
    values = _values(token, seq, body, age_of, now)
    return _kept(hot, values) or _why_not(hot, token, values, steady)


def try_save(
    hot: db.Hot, token: Token, seq: int, body: bytes, age_of: int, now: datetime, *, wait: bool = True
) -> Saved | None:
    """As save_answers, if the attempt is open and all is new; None, and nothing done, where more has to be asked.

    Not to `wait` for who has the attempt's row locked on PostgreSQL: the driver's LockNotAvailable is raised then.
    """
    return _kept(hot, _values(token, seq, body, age_of, now), wait)


def _values(token: Token, seq: int, body: bytes, age_of: int, now: datetime) -> dict[str, Any]:
    entries = journal.parse(body, token.slots)
    made = now - timedelta(milliseconds=max(0, age_of - journal.newest(entries))) if age_of else now
    digest = hashlib.sha256(body).digest()
    return {
        "attempt": token.attempt,
        "person": token.person,
        "epoch": token.epoch,
        "session_version": token.session_version,
        "seq": seq,
        "body": body.decode(),
        "sha256": digest,
        "size": len(body),
        "now": now,
        "made": made,
        "slack": now - timing.SLACK,
        "most_saves": journal.MOST_SAVES,
        "most_bytes": journal.MOST_TOTAL,
    }


def _kept(hot: db.Hot, values: dict[str, Any], wait: bool = True) -> Saved | None:
    rows = hot.execute((POSTGRESQL if wait else IMPATIENT) if hot.postgres else SQLITE, values)
    if not rows:
        return None
    late, deadline_at = rows[0]
    now = values["now"]
    return Saved(values["seq"], values["sha256"].hex(), now, bool(late), _remaining(deadline_at, now))


def _remaining(deadline_at: Any, now: datetime) -> int:
    return 0 if deadline_at is None else timing.remaining_ms(db.moment(deadline_at), now)


def _why_not(hot: db.Hot, token: Token, values: dict[str, Any], steady: bool) -> Saved:
    """The first answer for a repeated save; else raises what kept the statement from inserting."""
    now: datetime = values["now"]
    state = hot.execute(_STATE, values)
    if not state:
        raise Missing
    status, epoch, deadline_at, session_version, active, ordinal = state[0]
    first = hot.execute(_FIRST, values)
    if first:
        if bytes(first[0][0]) != values["sha256"]:
            raise Conflict(N_("This save number was used for other answers."), code="key-reused")
        saved_at, late = db.moment(first[0][1]), bool(first[0][2])
        return Saved(values["seq"], values["sha256"].hex(), saved_at, late, _remaining(deadline_at, now))
    if not active or session_version != token.session_version:
        raise SignedOut(N_("You have been logged out. Your unsent answers are kept in this browser."))
    if status in ("submitted", "void"):
        raise Conflict(N_("This attempt is closed."), code="closed")
    if epoch != token.epoch:
        raise Locked(N_("This exam goes on in another window or on another device."), code="taken-over")
    if status == "paused":
        raise Locked(N_("The invigilator has paused this attempt."), code="paused")
    if status == "in_progress" and timing.counts(now, values["made"], db.moment(deadline_at)):
        if not ordinal or (ordinal < journal.MOST_SAVES):
            return _again_or_full(hot, values)
        raise _full(hot, values)
    if status == "in_progress" and not steady:
        raise Unavailable(
            N_("The server’s clock was changed. Your answers are kept in this browser and are sent again.")
        )
    _reject(hot, values)
    raise Conflict(N_("The time was over when this answer arrived."), code="too-late")


def _again_or_full(hot: db.Hot, values: dict[str, Any]) -> Saved:
    """Nothing stands in the way any more (a pause ended meanwhile, say), or the bytes are used up."""
    rows = hot.execute(POSTGRESQL if hot.postgres else SQLITE, values)
    if not rows:
        raise _full(hot, values)
    return Saved(
        values["seq"], values["sha256"].hex(), values["now"], bool(rows[0][0]), _remaining(rows[0][1], values["now"])
    )


def _full(hot: db.Hot, values: dict[str, Any]) -> Problem:
    hot.execute(_NOTE_LIMIT, values)
    return TooMany(N_("This attempt has reached the limit of saves. Please tell the invigilator."))


def _reject(hot: db.Hot, values: dict[str, Any]) -> None:
    hot.execute(_REJECT, values | {"kept": journal.KEPT_REJECTED})
    hot.execute(_COUNT_REJECTED, values)
