"""The start of an attempt: one statement reads what it depends on, one inserts (hot path; docs/decisions/0007).

No ORM: a room full of candidates starts within the same minute.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from examengine.accounts import failures
from examengine.core import codes, db
from examengine.core.brief import WouldWait, would_wait
from examengine.core.errors import Conflict, Forbidden, Missing, TooMany
from examengine.core.i18n import N_
from examengine.delivery import timing
from examengine.exams import assembly
from examengine.exams import queries as exams
from examengine.exams.queries import Deal

_PLACE = """
SELECT e.id, e.extra_attempts, s.revision_id, s.opens_at, s.last_start_at, s.hard_close_at, s.access_code,
       s.state, x.state,
       (SELECT count(*) FROM attempt a WHERE a.enrolment_id = e.id AND a.state <> 'void'),
       (SELECT max(a.number) FROM attempt a WHERE a.enrolment_id = e.id),
       (SELECT a.id FROM attempt a WHERE a.enrolment_id = e.id AND a.state IN ('in_progress', 'paused')),
       (SELECT sum(m.extra_s) FROM accommodation m WHERE m.enrolment_id = e.id),
       (SELECT sum(coalesce(m.extra_close_s, m.extra_s)) FROM accommodation m WHERE m.enrolment_id = e.id)
FROM enrolment e
JOIN sitting s ON s.id = e.sitting_id
JOIN exam x ON x.id = s.exam_id
JOIN person p ON p.id = e.person_id
WHERE e.sitting_id = :sitting AND e.person_id = :person AND e.state <> 'left' AND p.active
"""
_SIGNED_IN = "  AND p.session_version = :session_version AND NOT p.must_change_password\n"
_INSERT = """
INSERT INTO attempt (enrolment_id, sitting_id, person_id, revision_id, number, state, started_at, deadline_at, epoch,
                     holder, paper, rejected_late, void_reason)
SELECT :enrolment, s.id, :person, s.revision_id, :number, 'in_progress', :now, :deadline, 1, :holder, :paper, 0, ''
FROM sitting s WHERE s.id = :sitting AND s.revision_id = :revision AND s.hard_close_at = :close
"""
_ANSWER = "ON CONFLICT DO NOTHING RETURNING id"
SQLITE = _INSERT + _ANSWER
# On PostgreSQL whoever moves the sitting's close or revision waits for starts at hand, and they for her.
POSTGRESQL = _INSERT + "FOR SHARE OF s\n" + _ANSWER
IMPATIENT = _INSERT + "FOR SHARE OF s NOWAIT\n" + _ANSWER


@dataclass(frozen=True)
class _Place:
    """All that a start depends on."""

    enrolment_id: int
    extra_attempts: int
    revision_id: int
    opens_at: datetime
    last_start_at: datetime
    hard_close_at: datetime
    access_code: str
    state: str
    exam_state: str
    used: int
    last: int
    open_id: int | None
    extra_s: int
    extra_close_s: int


def start(
    sitting_id: int,
    person_id: int,
    code: str,
    holder: str,
    now: datetime,
    *,
    session_version: int | None = None,
    address: str | None = None,
    wait: bool = True,
) -> int:
    """The id of the person's open attempt in the sitting, dealt and committed now if there is none.

    `session_version`: of the session that asks; None where none does. Raises Missing (not enrolled, or the session has
    ended), Conflict (not open, over, withdrawn, attempts used up), Forbidden (access-code; it counts), TooMany (wait:
    after too many wrong codes, from `address` or by the person), WouldWait (not to `wait` for anybody's lock).
    """
    hot = db.hot()
    place = _find(hot, sitting_id, person_id, session_version)
    if place.open_id is not None:
        return place.open_id
    deal = exams.find_kept(place.revision_id) or _read_deal(place.revision_id)
    _check(place, deal, now)
    if place.access_code:
        if not wait:
            raise WouldWait
        _check_code(place.access_code, code, failures.at_sitting(sitting_id, person_id, address), now)
    limit = deal.plan.terms.time_limit_s
    values = {
        "enrolment": place.enrolment_id,
        "sitting": sitting_id,
        "person": person_id,
        "revision": deal.revision_id,
        "number": place.last + 1,
        "now": now,
        "deadline": timing.deadline(
            now, limit, place.extra_s, place.hard_close_at, place.extra_close_s, timing.paused((), now)
        ),
        "holder": holder,
        "paper": db.dumps(deal_paper(deal, codes.token(12))),
        "close": place.hard_close_at,
    }
    rows = _insert(hot, values, wait)
    if rows:
        return int(rows[0][0])
    # Another window started at the same moment: its attempt is the one. Or the sitting was changed: by its new terms.
    return start(sitting_id, person_id, code, holder, now, session_version=session_version, address=address, wait=wait)


def _insert(hot: db.Hot, values: dict[str, Any], wait: bool) -> Sequence[tuple[Any, ...]]:
    try:
        return hot.execute((POSTGRESQL if wait else IMPATIENT) if hot.postgres else SQLITE, values)
    except Exception as error:
        if not wait and would_wait(error):
            raise WouldWait from None
        raise


def _read_deal(revision_id: int) -> Deal:
    """The revision, for the first start of this process: without SQLite's write lock, and with no transaction left."""
    with db.reading():
        deal = exams.get_deal(revision_id)
        db.session.rollback()
    return deal


def _find(hot: db.Hot, sitting_id: int, person_id: int, session_version: int | None) -> _Place:
    values = {"sitting": sitting_id, "person": person_id}
    if session_version is None:
        rows = hot.execute(_PLACE, values)
    else:
        rows = hot.execute(_PLACE + _SIGNED_IN, values | {"session_version": session_version})
    if not rows:
        raise Missing
    enrolment, extra, revision, opens, last_start, close, code, state, exam_state, used, last, open_id, more, later = (
        rows[0]
    )
    times = (db.moment(opens), db.moment(last_start), db.moment(close))
    counts = (int(used), int(last or 0), open_id, int(more or 0), int(later or 0))
    return _Place(enrolment, extra, revision, *times, code, state, exam_state, *counts)


def _check(place: _Place, deal: Deal, now: datetime) -> None:
    if "withdrawn" in (place.state, place.exam_state):
        raise Conflict(N_("This exam has been withdrawn."), code="withdrawn")
    if now < place.opens_at:
        raise Conflict(N_("This sitting is not open yet."), code="not-open")
    if now > place.last_start_at:
        raise Conflict(N_("The last moment to start has passed."), code="start-over")
    if place.used >= deal.plan.terms.attempts + place.extra_attempts:
        raise Conflict(N_("You have used all your attempts."), code="attempts-used")


def _check_code(wanted: str, given: str, this: failures.Try, now: datetime) -> None:
    """The one step that writes with the session; committed at once: a wrong code counts, and nothing stays locked."""
    try:
        standing = failures.look(this, now)
        right = codes.same(wanted.casefold(), given.strip().casefold())
        if not right:
            failures.note(this, standing, now)
        elif standing.last_at:
            failures.clear(this)
        db.session.commit()
    except TooMany:
        db.session.rollback()
        raise
    if not right:
        raise Forbidden(N_("The access code is not right."), code="access-code")


def deal_paper(deal: Deal, seed: str) -> dict[str, Any]:
    """Draw and shuffle a paper; what it holds is fixed for ever. Its cost grows with the paper, not with the pools."""
    rng = random.Random(seed)  # noqa: S311 (the seed itself is secret and random)
    terms = deal.plan.terms
    sections: list[list[dict[str, Any]]] = [[] for _ in deal.plan.sections]
    rules = zip(deal.plan.rules(), assembly.draw(deal.pools, rng), deal.points, strict=True)
    for (section, _), versions, points in rules:
        sections[section] += [_slot(deal, section, version, points, terms.shuffle_options, rng) for version in versions]
    order = list(range(len(sections)))
    if terms.shuffle_sections:
        assembly.shuffle(order, rng)
    if terms.shuffle_items:
        for section_slots in sections:
            assembly.shuffle(section_slots, rng)
    return {"seed": seed, "slots": [slot for index in order for slot in sections[index]]}


def _slot(deal: Deal, section: int, version: int, points: int, shuffle: bool, rng: random.Random) -> dict[str, Any]:
    movable = deal.movable.get(version, "")
    order = assembly.arrange(movable, rng) if shuffle else list(range(len(movable)))
    return {"section": section, "version": version, "points": points, "order": order}
