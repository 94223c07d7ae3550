"""Verbs on exams and sittings: write, publish, plan, enrol, give extra time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select

from examengine import itemtypes
from examengine.accounts.models import Person
from examengine.bank import queries as bank
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.exams import assembly, plans, queries
from examengine.exams.models import (
    Accommodation,
    Enrolment,
    Exam,
    ExamDuty,
    ExamRevision,
    RevisionItem,
    Sitting,
    SittingInvigilator,
    SittingTeam,
)
from examengine.notices import actions as notices

DUTIES = ("grader", "lead", "deputy")


def add_exam(title: str, now: datetime, by: int | None, plan: plans.Plan | None = None) -> Exam:
    """A new draft exam. Raises Invalid."""
    exam = Exam(title=_title(title), plan=plans.dump(plan or plans.Plan()), created_at=now, author_id=by)
    session.add(exam)
    session.flush()
    audit.record(now, by, "exam.add", "exam", exam.id, title=exam.title)
    return exam


def _title(title: str) -> str:
    title = title.strip()
    if not 1 <= len(title) <= 200:
        raise Invalid(N_("A title of 1 to 200 characters is needed."))
    return title


def write_exam(exam: Exam, title: str, plan: plans.Plan, now: datetime, by: int | None) -> None:
    """Save the working copy; what is published stays as it is until it is published again. Raises Invalid."""
    plans.check_terms(plan.terms)
    exam.title = _title(title)
    exam.plan = plans.dump(plan)
    session.flush()
    audit.record(now, by, "exam.write", "exam", exam.id, plan=exam.plan)


def set_duties(exam: Exam, duties: Mapping[str, Collection[int]], now: datetime, by: int | None) -> None:
    """Who grades, leads and deputises. Open tasks of those who leave return by grading's sweep."""
    session.execute(delete(ExamDuty).where(ExamDuty.exam_id == exam.id))
    rows = [{"exam_id": exam.id, "person_id": p, "duty": d} for d in DUTIES for p in sorted(set(duties.get(d, ())))]
    if rows:
        session.execute(insert(ExamDuty), rows)
    session.expire(exam, ["duties"])
    audit.record(now, by, "exam.duties", "exam", exam.id, duties={d: sorted(set(duties.get(d, ()))) for d in DUTIES})


@dataclass(frozen=True)
class Taken:
    """What one slot rule may take when its plan is published now."""

    versions: Sequence[bank.Pooled]
    count: int
    points: Decimal

    def dump(self) -> dict[str, Any]:
        """As ExamRevision.pools keeps it."""
        return {
            "versions": [version.id for version in self.versions],
            "movable": [version.movable for version in self.versions],
            "count": self.count,
            "points": str(self.points),
        }


def pools(plan: plans.Plan) -> list[Taken]:
    """The pool of each slot rule as it is now. Raises Invalid for a fixed item that cannot be used."""
    found: list[Taken] = []
    for number, (_, rule) in enumerate(plan.rules(), 1):
        if isinstance(rule, plans.FixedSlot):
            published = bank.find_published(rule.item)
            if published is None:
                text = N_("Slot %(n)s: the item is not published, or it is retired.")
                raise Invalid(Message(text, {"n": number}))
            points = rule.points if rule.points is not None else published.points
            found.append(Taken([published], 1, points))
        else:
            taken = bank.find_pool(rule.bank, rule.competencies, rule.kind, rule.language, rule.difficulty)
            found.append(Taken(taken, rule.count, rule.points))
    return found


def feasibility(plan: plans.Plan) -> list[Message]:
    """What keeps the plan from being drawn: rules named with what they lack, all solved together."""
    try:
        return _shortages(pools(plan))
    except Invalid as error:
        return list(error.problems) or [error.detail or Message(str(error))]


def _shortages(taken: Sequence[Taken]) -> list[Message]:
    found = assembly.shortages([assembly.Pool([v.id for v in one.versions], one.count) for one in taken])
    text = N_("Slot %(n)s cannot be filled: %(missing)s more fitting questions are needed.")
    return [Message(text, {"n": s.rule + 1, "missing": s.missing}) for s in found]


def publish_exam(exam: Exam, now: datetime, by: int | None) -> ExamRevision:
    """Freeze the plan with its pools as a new revision. Raises Invalid, naming what cannot be met."""
    queries.hold_exams([exam.id])
    plan = plans.load(exam.plan)
    plans.check_terms(plan.terms)
    if not plan.count:
        raise Invalid(N_("The exam has no questions yet."))
    taken = pools(plan)
    problems = _shortages(taken)
    if problems:
        raise Invalid(problems=problems)
    if _needs_people(taken) and not queries.find_duties(exam.id)["grader"]:
        raise Invalid(N_("Some questions are marked by people: name the graders first."))
    number = 1 + queries.last_numbers([exam.id]).get(exam.id, 0)
    revision = ExamRevision(
        exam_id=exam.id,
        number=number,
        title=exam.title,
        plan=exam.plan,
        pools=[one.dump() for one in taken],
        published_at=now,
        publisher_id=by,
    )
    session.add(revision)
    session.flush()
    versions = sorted({version.id for one in taken for version in one.versions})
    session.execute(insert(RevisionItem), [{"revision_id": revision.id, "version_id": v} for v in versions])
    exam.revision, exam.state = revision, "published"
    session.flush()
    audit.record(now, by, "exam.publish", "exam", exam.id, revision=number)
    return revision


def _needs_people(taken: Sequence[Taken]) -> bool:
    kinds = {version.kind for one in taken for version in one.versions}
    return any(itemtypes.get(kind).marked_by != "machine" for kind in kinds)


def withdraw_exam(exam: Exam, now: datetime, by: int | None, reason: str) -> None:
    """No further starts in any sitting; attempts that have begun go on. Raises Invalid without a reason."""
    exam.state = "withdrawn"
    session.flush()
    audit.record(now, by, "exam.withdraw", "exam", exam.id, checked_reason(reason))


def checked_reason(reason: str) -> str:
    """The reason, trimmed. Raises Invalid when there is none."""
    reason = reason.strip()
    if not reason:
        raise Invalid(N_("A reason is needed."))
    return reason[:400]


def plan_sitting(
    exam: Exam,
    title: str,
    opens_at: datetime,
    last_start_at: datetime,
    hard_close_at: datetime,
    now: datetime,
    by: int | None,
    *,
    access_code: str = "",
    makeup_of_id: int | None = None,
    team_ids: Collection[int] = (),
    person_ids: Collection[int] = (),
    invigilator_ids: Collection[int] = (),
) -> Sitting:
    """A sitting of the exam's present revision, with its audience enrolled. Raises Invalid, Conflict."""
    if exam.revision_id is None or exam.state != "published":
        raise Conflict(N_("Publish the exam before planning a sitting."))
    sitting = Sitting(
        exam_id=exam.id,
        revision_id=exam.revision_id,
        title=_title(title),
        opens_at=opens_at,
        last_start_at=last_start_at,
        hard_close_at=hard_close_at,
        access_code=access_code.strip()[:40],
        created_at=now,
        makeup_of_id=makeup_of_id,
    )
    check_times(sitting)
    session.add(sitting)
    session.flush()
    audit.record(now, by, "sitting.plan", "sitting", sitting.id, title=sitting.title)
    set_audience(sitting, team_ids, person_ids, now, by)
    set_invigilators(sitting, invigilator_ids, now, by)
    return sitting


def check_times(sitting: Sitting) -> None:
    """Raises Invalid when a sitting's times do not fit each other."""
    if not sitting.opens_at < sitting.last_start_at <= sitting.hard_close_at:
        raise Invalid(N_("A sitting opens before its last start, and closes no earlier than its last start."))
    if sitting.hard_close_at - sitting.opens_at > timedelta(days=366):
        raise Invalid(N_("A sitting lasts a year at the most."))


def change_sitting(
    sitting: Sitting,
    title: str,
    opens_at: datetime,
    last_start_at: datetime,
    hard_close_at: datetime,
    access_code: str,
    now: datetime,
    by: int | None,
    *,
    has_begun: bool,
) -> None:
    """New times and title. Once somebody has begun, the close never moves earlier (§1). Raises Invalid."""
    if has_begun and hard_close_at < sitting.hard_close_at:
        raise Invalid(N_("Attempts have begun, so the close cannot be moved earlier."))
    times = (sitting.opens_at, sitting.last_start_at, sitting.hard_close_at)
    before = [str(moment) for moment in times]
    moved = times != (opens_at, last_start_at, hard_close_at)
    renamed = sitting.title != _title(title)
    sitting.title = _title(title)
    sitting.opens_at, sitting.last_start_at, sitting.hard_close_at = opens_at, last_start_at, hard_close_at
    sitting.roll_at = None
    sitting.access_code = access_code.strip()[:40]
    check_times(sitting)
    if not has_begun:
        exam = queries.get_exam(sitting.exam_id)
        sitting.revision_id = exam.revision_id or sitting.revision_id
    if moved or renamed:
        sitting.sequence += 1
    if moved:
        sitting.moved_at = now
        notices.tell(queries.find_enrolled(sitting.id), "sitting.changed", now, sitting.id, title=sitting.title)
    session.flush()
    after = [str(sitting.opens_at), str(sitting.last_start_at), str(sitting.hard_close_at)]
    audit.record(now, by, "sitting.change", "sitting", sitting.id, before=before, after=after)


def withdraw_sitting(sitting: Sitting, now: datetime, by: int | None, reason: str) -> None:
    """No further starts; attempts that have begun go on. Raises Invalid without a reason."""
    sitting.state = "withdrawn"
    sitting.sequence += 1
    session.flush()
    if now <= sitting.last_start_at:
        notices.tell(queries.find_enrolled(sitting.id), "sitting.withdrawn", now, sitting.id, title=sitting.title)
    audit.record(now, by, "sitting.withdraw", "sitting", sitting.id, checked_reason(reason))


def set_invigilators(sitting: Sitting, person_ids: Collection[int], now: datetime, by: int | None) -> None:
    """Who watches over the sitting."""
    session.execute(delete(SittingInvigilator).where(SittingInvigilator.sitting_id == sitting.id))
    rows = [{"sitting_id": sitting.id, "person_id": p} for p in sorted(set(person_ids))]
    if rows:
        session.execute(insert(SittingInvigilator), rows)
    audit.record(now, by, "sitting.invigilators", "sitting", sitting.id, people=sorted(set(person_ids)))


def set_audience(
    sitting: Sitting,
    team_ids: Collection[int],
    person_ids: Collection[int],
    now: datetime,
    by: int | None,
    started: Collection[int] = (),
) -> None:
    """The teams and single people of the sitting; enrolments follow. `started`: people who have begun and so stay."""
    session.execute(delete(SittingTeam).where(SittingTeam.sitting_id == sitting.id))
    rows = [{"sitting_id": sitting.id, "team_id": t} for t in sorted(set(team_ids))]
    if rows:
        session.execute(insert(SittingTeam), rows)
    _enrol(sitting, person_ids, "person", now)
    audit.record(
        now, by, "sitting.audience", "sitting", sitting.id, teams=sorted(set(team_ids)), people=sorted(set(person_ids))
    )
    keep = set(person_ids)
    gone = []
    for enrolment in session.scalars(select(Enrolment).where(Enrolment.sitting_id == sitting.id)):
        alone = enrolment.source == "person" and enrolment.state != "left"
        if alone and enrolment.person_id not in keep and enrolment.person_id not in started:
            enrolment.state = "left"
            gone.append(enrolment)
    session.flush()
    sync_enrolments(sitting, now, started)
    _tell_left(sitting, gone, now)


def sync_enrolments(sitting: Sitting, now: datetime, started: Collection[int]) -> int:
    """Enrol who joined a team, drop who left and has not begun; until the last start. Returns the changes."""
    if now > sitting.last_start_at or sitting.state == "withdrawn":
        return 0
    members = set(
        session.scalars(
            select(Person.id)
            .join(SittingTeam, SittingTeam.team_id == Person.team_id)
            .where(SittingTeam.sitting_id == sitting.id, Person.active)
        )
    )
    changed = _enrol(sitting, members, "team", now)
    gone = []
    for enrolment in session.scalars(select(Enrolment).where(Enrolment.sitting_id == sitting.id)):
        left = enrolment.source == "team" and enrolment.person_id not in members and enrolment.state == "enrolled"
        if left and enrolment.person_id not in started:
            enrolment.state = "left"
            gone.append(enrolment)
    session.flush()
    _tell_left(sitting, gone, now)
    return changed + len(gone)


def _tell_left(sitting: Sitting, gone: Collection[Enrolment], now: datetime) -> None:
    """Tell who has no place in the sitting any more, while it still matters."""
    if now <= sitting.last_start_at and sitting.state == "planned":
        left = [enrolment.person_id for enrolment in gone if enrolment.state == "left"]
        notices.tell(left, "sitting.left", now, sitting.id, title=sitting.title)


def _enrol(sitting: Sitting, person_ids: Collection[int], source: str, now: datetime) -> int:
    known = {e.person_id: e for e in session.scalars(select(Enrolment).where(Enrolment.sitting_id == sitting.id))}
    fresh = [p for p in sorted(set(person_ids)) if p not in known]
    back = [known[p] for p in set(person_ids) if p in known and known[p].state == "left"]
    for enrolment in back:
        enrolment.state, enrolment.source = "enrolled", source
    session.add_all(Enrolment(sitting_id=sitting.id, person_id=p, source=source, created_at=now) for p in fresh)
    if fresh or back:
        sitting.roll_at = None
    session.flush()
    told = [*fresh, *(e.person_id for e in back)]
    notices.tell(told, "sitting.planned", now, sitting.id, title=sitting.title)
    return len(told)


def add_extra_time(
    enrolment: Enrolment, extra_s: int, now: datetime, by: int | None, reason: str, extra_close_s: int | None = None
) -> Accommodation:
    """Extra time in the ledger; the deadline follows by delivery.actions.refresh_deadline. Raises Invalid."""
    if not 0 < extra_s <= 24 * 3600:
        raise Invalid(N_("Extra time is between 1 second and 24 hours."))
    row = Accommodation(
        enrolment_id=enrolment.id,
        extra_s=extra_s,
        extra_close_s=extra_close_s,
        by_id=by,
        at=now,
        reason=checked_reason(reason),
    )
    session.add(row)
    session.flush()
    session.expire(enrolment, ["accommodations"])
    audit.record(now, by, "enrolment.extra", "enrolment", enrolment.id, reason, seconds=extra_s)
    return row


def readmit(enrolment: Enrolment, now: datetime, by: int | None, reason: str) -> None:
    """Allow one attempt more than the plan. Raises Invalid without a reason."""
    enrolment.extra_attempts += 1
    enrolment.state = "enrolled"
    session.flush()
    audit.record(now, by, "enrolment.readmit", "enrolment", enrolment.id, checked_reason(reason))


def close_roll(sitting: Sitting, now: datetime) -> None:
    """Nobody is left to be put down as absent."""
    sitting.roll_at = now
    session.flush()


def mark_absent(enrolment_id: int, now: datetime) -> None:
    """The sitting is over and the person never began."""
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None:
        raise Missing
    if enrolment.state == "absent":
        return  # another loop was faster
    enrolment.state = "absent"
    session.flush()
    audit.record(now, None, "enrolment.absent", "enrolment", enrolment.id)


def renew_sittings(exam: Exam, begun: Collection[int], now: datetime, by: int | None) -> int:
    """Give the exam's present revision to its sittings not begun (`begun`: ids of the others). Returns how many."""
    behind = [
        sitting
        for sitting in queries.find_planned(exam.id, now)
        if sitting.id not in begun and sitting.revision_id != exam.revision_id
    ]
    for sitting in behind:
        sitting.revision_id = exam.revision_id or sitting.revision_id
        audit.record(now, by, "sitting.renew", "sitting", sitting.id, revision=sitting.revision_id)
    session.flush()
    return len(behind)


def add_extra_time_to_all(
    enrolments: Collection[Enrolment], extra_s: int, now: datetime, by: int | None, reason: str
) -> None:
    """The same extra time for several people at once (delivery.actions.refresh_deadlines follows). Raises Invalid."""
    reason = checked_reason(reason)
    if not 0 < extra_s <= 24 * 3600:
        raise Invalid(N_("Extra time is between 1 second and 24 hours."))
    ids = [enrolment.id for enrolment in enrolments]
    if ids:
        rows = [{"enrolment_id": key, "extra_s": extra_s, "by_id": by, "at": now, "reason": reason} for key in ids]
        session.execute(insert(Accommodation), rows)
    audit.record_all(now, by, "enrolment.extra", "enrolment", {key: {"seconds": extra_s} for key in ids}, reason)
    for enrolment in enrolments:
        session.expire(enrolment, ["accommodations"])


def leave_sittings(person_id: int, now: datetime, by: int | None, begun: Collection[int], reason: str = "") -> int:
    """Take a person out of the sittings that she could still start but has not (`begun`: ids of those she has)."""
    left = queries.find_open_enrolments(person_id, now, begun)
    for enrolment in left:
        enrolment.state = "left"
    session.flush()
    facts = {row.id: {"sitting": row.sitting_id, "before": "enrolled", "after": "left"} for row in left}
    audit.record_all(now, by, "enrolment.leave", "enrolment", facts, reason)
    return len(left)
