"""A make-up sitting: the same exam once more for who missed it, planned once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from examengine.core import audit, codes
from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.exams import actions, queries
from examengine.exams.models import Enrolment, Sitting

FRIDAY = 5


def proposed(sitting: Sitting, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime, datetime]:
    """Opening, last start and close: the next working day after now at the hour of the old one, as long as that."""
    old = sitting.opens_at.astimezone(zone)
    day = now.astimezone(zone).date() + timedelta(days=1)
    while day.isoweekday() > FRIDAY:
        day += timedelta(days=1)
    opens = datetime.combine(day, old.time(), zone).astimezone(sitting.opens_at.tzinfo)
    return (
        opens,
        opens + (sitting.last_start_at - sitting.opens_at),
        opens + (sitting.hard_close_at - sitting.opens_at),
    )


def find_makeups(sitting_id: int) -> list[Sitting]:
    """The make-up sittings of a sitting, latest first."""
    query = select(Sitting).where(Sitting.makeup_of_id == sitting_id, Sitting.state != "withdrawn")
    return list(session.scalars(query.order_by(Sitting.id.desc())))


def find_served(sitting_id: int) -> frozenset[int]:
    """People whom a make-up of the sitting has enrolled already."""
    query = (
        select(Enrolment.person_id)
        .join(Sitting, Sitting.id == Enrolment.sitting_id)
        .where(Sitting.makeup_of_id == sitting_id, Sitting.state != "withdrawn", Enrolment.state != "left")
    )
    return frozenset(session.scalars(query))


def plan_makeup(
    sitting: Sitting,
    missed: Collection[int],
    title: str,
    opens_at: datetime,
    last_start_at: datetime,
    hard_close_at: datetime,
    now: datetime,
    by: int,
) -> Sitting:
    """A make-up for those of `missed` who have none yet; asked for again, the one there is.

    Raises Conflict (nobody needs one, the exam is not published), Invalid.
    """
    queries.hold_exams([sitting.exam_id])
    people = sorted(set(missed) - find_served(sitting.id))
    if not people:
        planned = find_makeups(sitting.id)
        if planned:
            return planned[0]
        raise Conflict(N_("Nobody of this sitting needs a make-up sitting."))
    made = actions.plan_sitting(
        queries.get_exam(sitting.exam_id),
        title,
        opens_at,
        last_start_at,
        hard_close_at,
        now,
        by,
        access_code=codes.readable(6) if sitting.access_code else "",
        makeup_of_id=sitting.id,
        person_ids=people,
        invigilator_ids=[person.id for person in queries.find_invigilators(sitting.id)],
    )
    audit.record(now, by, "sitting.makeup", "sitting", sitting.id, makeup=made.id, people=people)
    return made
