"""What the exam page needs, by two statements at most (hot path, docs/decisions/0007): attempt and journal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from examengine.core import db
from examengine.delivery import journal, timing

_ATTEMPT = """
SELECT a.state, a.epoch, a.holder, a.paper, a.deadline_at, a.remaining_s, a.revision_id, s.title, p.language, p.theme,
       EXISTS (SELECT 1 FROM save j WHERE j.attempt_id = a.id)
FROM attempt a
JOIN sitting s ON s.id = a.sitting_id
JOIN person p ON p.id = a.person_id
WHERE a.id = :attempt AND a.person_id = :person AND p.active AND p.session_version = :session_version
  AND NOT p.must_change_password
"""
_JOURNAL = "SELECT epoch, seq, body, received_at FROM save WHERE attempt_id = :attempt ORDER BY epoch, seq"


@dataclass(frozen=True)
class Opened:
    """An attempt as its page shows it."""

    attempt: int
    person: int
    session_version: int
    state: str
    epoch: int
    holder: str
    paper: Any
    remaining_ms: int
    revision_id: int
    sitting: str
    language: str | None
    theme: str
    folded: journal.Folded
    seq: int
    """The last one in the journal for this epoch; 0: none."""
    saved_at: datetime | None


def open_attempt(attempt_id: int, person_id: int, session_version: int, now: datetime) -> Opened | None:
    """The person's own attempt; None for anybody else's, and when her session has ended."""
    hot = db.hot()
    values = {"attempt": attempt_id, "person": person_id, "session_version": session_version}
    rows = hot.execute(_ATTEMPT, values)
    if not rows:
        return None
    state, epoch, holder, paper, deadline_at, remaining_s, revision_id, sitting, language, theme, saved = rows[0]
    saves = hot.execute(_JOURNAL, {"attempt": attempt_id}) if saved else ()
    left = 1000 * (remaining_s or 0)
    if state == "in_progress":
        left = timing.remaining_ms(db.moment(deadline_at), now)
    return Opened(
        attempt_id,
        person_id,
        session_version,
        state,
        epoch,
        holder,
        json.loads(paper),
        left,
        revision_id,
        sitting,
        language,
        theme,
        journal.fold_bodies([row[2] for row in saves]),
        max((row[1] for row in saves if row[0] == epoch), default=0),
        db.moment(saves[-1][3]) if saves else None,
    )
