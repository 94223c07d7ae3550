"""How everybody of a sitting stands now: lines for the table, from a fixed number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from examengine.core.i18n import N_
from examengine.delivery import journal, queries, states
from examengine.delivery.models import Attempt
from examengine.exams import accommodations
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, Sitting

WORDS = {"waiting": N_("Not started"), **states.WORDS, "absent": N_("Absent")}
TONES = {
    "waiting": "neutral",
    "in_progress": "info",
    "paused": "warn",
    "submitted": "ok",
    "expired": "ok",
    "void": "bad",
    "absent": "warn",
}


@dataclass(frozen=True)
class Line:
    """One person's line: her latest attempt and what is unusual about it."""

    enrolment: Enrolment
    attempts: tuple[Attempt, ...]
    saves: int
    saved_at: datetime | None
    remaining_s: int | None
    late: int
    """Saves that came too late and may be admitted."""
    dropped: int
    """Late saves that were only counted."""
    limited: bool
    extra_s: int
    may_start: bool
    """Whether an attempt (one more) may be started now or later."""

    @property
    def attempt(self) -> Attempt | None:
        """The latest."""
        return self.attempts[-1] if self.attempts else None

    @property
    def state(self) -> str:
        """A key of WORDS."""
        if self.attempt:
            return self.attempt.state
        return "absent" if self.enrolment.state == "absent" else "waiting"

    @property
    def is_open(self) -> bool:
        """Whether an attempt goes on."""
        return self.state in states.OPEN


def lines(sitting: Sitting, enrolments: Sequence[Enrolment], attempts: Iterable[Attempt], now: datetime) -> list[Line]:
    """A line for each enrolment."""
    own: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        own.setdefault(attempt.enrolment_id, []).append(attempt)
    ids = [attempt.id for several in own.values() for attempt in several]
    saves, late, limited = queries.count_saves(ids), queries.count_rejected(ids), queries.find_limited(ids)
    allowed = exams.get_deal(sitting.revision_id).plan.terms.attempts
    startable = now <= sitting.last_start_at and sitting.state != "withdrawn"
    found = []
    for enrolment in enrolments:
        mine = tuple(own.get(enrolment.id, ()))
        last = mine[-1] if mine else None
        count, saved_at = saves.get(last.id, (0, None)) if last else (0, None)
        waiting = sum(late.get(attempt.id, 0) for attempt in mine)
        used = sum(attempt.state != "void" for attempt in mine)
        found.append(
            Line(
                enrolment,
                mine,
                count,
                saved_at,
                queries.remaining_ms(last, now) // 1000 if last and last.is_open else None,
                waiting,
                sum(max(0, attempt.rejected_late - journal.KEPT_REJECTED) for attempt in mine),
                bool(limited & {attempt.id for attempt in mine}),
                accommodations.total((row.extra_s, row.extra_close_s) for row in enrolment.accommodations).limit_s,
                startable and used < allowed + enrolment.extra_attempts,
            )
        )
    return found


def of_sitting(sitting: Sitting, now: datetime) -> list[Line]:
    """Everybody, by name."""
    return lines(sitting, exams.find_enrolments(sitting.id), queries.watch(sitting.id), now)


def of_person(enrolment: Enrolment, now: datetime) -> Line:
    """One person."""
    own = queries.find_own_attempts(enrolment.person_id, [enrolment.sitting_id])
    return lines(enrolment.sitting, [enrolment], own, now)[0]


def counted(found: Iterable[Line]) -> Counter[str]:
    """How many people are in each state."""
    return Counter(line.state for line in found)
