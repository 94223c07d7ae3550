"""Reminding the enrolled who have not begun, a day and an hour before a sitting opens and before its last start."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from examengine.core.db import session
from examengine.exams.models import Enrolment, Reminder, Sitting
from examengine.notices import actions as notices

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Due:
    """A reminder whose time has come: of which moment, and how long before."""

    kind: str
    moment: datetime
    ahead: timedelta

    @property
    def since(self) -> datetime:
        """When it came to be due: who is enrolled, or was told of new times, after that needs none."""
        return self.moment - self.ahead


def due(opens_at: datetime, last_start_at: datetime, now: datetime) -> list[Due]:
    """The reminders to give now; none is made up for once the next, or the moment itself, has come.

    Of the last start only where the sitting has been open for long by then: else the opening was reminded of just now.
    """
    found = []
    for kind, moment in (("sitting.opens_soon", opens_at), ("sitting.last_chance", last_start_at)):
        for ahead, until in ((DAY, moment - HOUR), (HOUR, moment)):
            if kind == "sitting.last_chance" and moment - ahead - opens_at < ahead:
                continue
            if moment - ahead <= now < until:
                found.append(Due(kind, moment, ahead))
    return found


def remind(sitting: Sitting, now: datetime, begun: Collection[int]) -> int:
    """Give each of the enrolled but `begun` the reminders that are due, once. Returns how many."""
    count = 0
    if sitting.state != "planned":
        return 0
    session.execute(select(Sitting.id).where(Sitting.id == sitting.id).with_for_update())  # one loop at a time
    for one in due(sitting.opens_at, sitting.last_start_at, now):
        if sitting.moved_at is not None and sitting.moved_at > one.since:
            continue
        count += _give(sitting, one, now, begun)
    return count


def _give(sitting: Sitting, one: Due, now: datetime, begun: Collection[int]) -> int:
    seconds = int(one.ahead.total_seconds())
    reminded = select(Reminder.enrolment_id).where(
        Reminder.enrolment_id == Enrolment.id, Reminder.moment == one.moment, Reminder.ahead_s == seconds
    )
    query = select(Enrolment.id, Enrolment.person_id).where(
        Enrolment.sitting_id == sitting.id,
        Enrolment.state == "enrolled",
        Enrolment.created_at <= one.since,
        ~reminded.exists(),
    )
    people = [row for row in session.execute(query) if row.person_id not in begun]
    if not people:
        return 0
    session.execute(
        insert(Reminder), [{"enrolment_id": row.id, "moment": one.moment, "ahead_s": seconds} for row in people]
    )
    notices.tell([row.person_id for row in people], one.kind, now, sitting.id, title=sitting.title)
    return len(people)
