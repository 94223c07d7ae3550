"""A sitting that runs closes later: more time to start and to write, for everybody."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.exams.actions import check_times, checked_reason
from examengine.exams.models import Enrolment, Sitting
from examengine.notices import actions as notices


def extend_sitting(
    sitting_id: int, last_start_at: datetime, hard_close_at: datetime, now: datetime, by: int | None, reason: str
) -> list[int]:
    """Later last start and close; absent people may begin again. Gives the enrolments that were absent.

    Deadlines follow by delivery.actions.refresh_deadlines. Raises Invalid (earlier, or nothing later), Conflict.
    """
    reason = checked_reason(reason)
    query = select(Sitting).where(Sitting.id == sitting_id).with_for_update(of=Sitting)
    sitting = session.scalars(query.execution_options(populate_existing=True)).one()
    if sitting.state == "withdrawn":
        raise Conflict(N_("This sitting has been withdrawn."))
    before = sitting.last_start_at, sitting.hard_close_at
    after = last_start_at, hard_close_at
    if after[0] < before[0] or after[1] < before[1]:
        raise Invalid(N_("An extension moves last start and close later, never earlier."))
    if after == before or hard_close_at <= now:
        raise Invalid(N_("Move the last start or the close to a later time that is still to come."))
    (sitting.last_start_at, sitting.hard_close_at), sitting.roll_at = after, None
    sitting.sequence, sitting.moved_at = sitting.sequence + 1, now
    check_times(sitting)
    session.flush()
    audit.record(
        now,
        by,
        "sitting.extend",
        "sitting",
        sitting.id,
        reason,
        before=[str(moment) for moment in before],
        after=[str(moment) for moment in after],
    )
    back = readmit_absent(sitting, now, by, reason)
    told = session.scalars(
        select(Enrolment.person_id).where(Enrolment.sitting_id == sitting.id, Enrolment.state == "enrolled")
    ).all()
    notices.tell(told, "sitting.extended", now, sitting.id, title=sitting.title)
    return back


def readmit_absent(sitting: Sitting, now: datetime, by: int | None, reason: str = "") -> list[int]:
    """Who was absent is enrolled again when a start is possible again. Gives the enrolments."""
    if sitting.last_start_at <= now:
        return []
    query = (
        update(Enrolment)
        .where(Enrolment.sitting_id == sitting.id, Enrolment.state == "absent")
        .values(state="enrolled")
        .returning(Enrolment.id)
        .execution_options(synchronize_session="fetch")
    )
    back = sorted(session.scalars(query))
    audit.record_all(now, by, "enrolment.return", "enrolment", {key: {} for key in back}, reason)
    return back
