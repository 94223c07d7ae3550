"""Reads of exams, sittings and enrolments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, Text, and_, func, or_, select, type_coerce
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from examengine.accounts.models import Person, PersonRole
from examengine.bank.models import ItemVersion
from examengine.core.db import session, to_micro
from examengine.core.errors import Missing
from examengine.core.pages import Page, paged
from examengine.exams import plans
from examengine.exams.assembly import Pool
from examengine.exams.models import (
    Enrolment,
    Exam,
    ExamDuty,
    ExamRevision,
    RevisionItem,
    Sitting,
    SittingInvigilator,
    SittingTeam,
)


@dataclass(frozen=True)
class Deal:
    """A revision as starting an attempt needs it, kept by the process: revisions never change."""

    revision_id: int
    exam_id: int
    title: str
    plan: plans.Plan
    pools: tuple[Pool, ...]
    points: tuple[int, ...]
    """By rule, in 10⁻⁶."""
    movable: Mapping[int, str]
    """By item version that has parts: which of them may be shuffled (assembly.arrange)."""


_deals: dict[int, Deal] = {}
LARGEST_CACHE = 500


def get_deal(revision_id: int) -> Deal:
    """The revision's plan and pools, read once a process. Raises Missing."""
    if revision_id not in _deals:
        query = select(
            ExamRevision.id, ExamRevision.exam_id, ExamRevision.title, ExamRevision.plan, ExamRevision.pools
        ).where(ExamRevision.id == revision_id)
        row = session.execute(query).one_or_none()
        if row is None:
            raise Missing
        if len(_deals) > LARGEST_CACHE:
            _deals.clear()
        pools = tuple(Pool(tuple(pool["versions"]), pool["count"]) for pool in row.pools)
        points = tuple(to_micro(Decimal(pool["points"])) for pool in row.pools)
        marks = (pair for pool in row.pools for pair in zip(pool["versions"], pool["movable"], strict=True))
        movable = {version: mark for version, mark in marks if mark}
        _deals[revision_id] = Deal(row.id, row.exam_id, row.title, plans.load(row.plan), pools, points, movable)
    return _deals[revision_id]


def find_kept(revision_id: int) -> Deal | None:
    """The revision if this process has read it before."""
    return _deals.get(revision_id)


def get_exam(exam_id: int) -> Exam:
    """Raises Missing."""
    found = session.get(Exam, exam_id)
    if found is None:
        raise Missing
    return found


def hold_exams(exam_ids: Collection[int]) -> None:
    """Whoever publishes, plans or withdraws something of these exams waits for the others in the same order."""
    session.execute(select(Exam.id).where(Exam.id.in_(exam_ids)).order_by(Exam.id).with_for_update())


def last_numbers(exam_ids: Collection[int]) -> Mapping[int, int]:
    """By exam: the number of its latest revision."""
    query = select(ExamRevision.exam_id, func.max(ExamRevision.number)).where(ExamRevision.exam_id.in_(exam_ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(ExamRevision.exam_id))}


def find_exams(page: int = 1, excluded: Collection[int] = ()) -> Page[Exam]:
    """Exams, newest first."""
    query = select(Exam).order_by(Exam.id.desc())
    if excluded:
        query = query.where(Exam.id.not_in(excluded))
    return paged(query, page)


def find_titled(title: str, excluded: Collection[int] = ()) -> Exam | None:
    """The newest exam of this title that is not withdrawn."""
    query = select(Exam).where(Exam.title == title, Exam.state != "withdrawn")
    if excluded:
        query = query.where(Exam.id.not_in(excluded))
    return session.scalar(query.order_by(Exam.id.desc()).limit(1))


def is_behind(exam: Exam) -> bool:
    """Whether the working copy says something else than the published revision."""
    published = exam.revision
    if published is None:
        return False
    return exam.title != published.title or plans.load(exam.plan) != plans.load(published.plan)


def find_duties(exam_id: int) -> Mapping[str, Sequence[Person]]:
    """Who is grader, lead and deputy of an exam."""
    query = select(ExamDuty).where(ExamDuty.exam_id == exam_id).join(Person).order_by(Person.name)
    found: dict[str, list[Person]] = {"grader": [], "lead": [], "deputy": []}
    for duty in session.scalars(query):
        found[duty.duty].append(duty.person)
    return found


def find_exams_of_duty(person_id: int, duties: Collection[str]) -> Sequence[int]:
    """Ids of the exams that name the person for one of `duties`."""
    query = select(ExamDuty.exam_id).where(ExamDuty.person_id == person_id, ExamDuty.duty.in_(duties)).distinct()
    return session.scalars(query).all()


def find_conflicts(person_id: int, now: datetime) -> frozenset[int]:
    """Exams that she is enrolled in while a sitting of theirs is not over; delivery.conflicts asks more."""
    mine = (
        select(Sitting.exam_id)
        .join(Enrolment, Enrolment.sitting_id == Sitting.id)
        .where(Enrolment.person_id == person_id, Enrolment.state != "left", Sitting.state != "withdrawn")
    )
    query = (
        select(Sitting.exam_id)
        .where(Sitting.exam_id.in_(mine), Sitting.state != "withdrawn", Sitting.hard_close_at > now)
        .distinct()
    )
    return frozenset(session.scalars(query))


def find_in_conflict(exam_id: int, now: datetime) -> frozenset[int]:
    """People who are enrolled in the exam while a sitting of it is not over: find_conflicts of them all has it."""
    sittings = select(Sitting.id).where(Sitting.exam_id == exam_id, Sitting.state != "withdrawn")
    enrolled = select(Enrolment.person_id).where(Enrolment.sitting_id.in_(sittings), Enrolment.state != "left")
    return frozenset(session.scalars(enrolled.where(sittings.where(Sitting.hard_close_at > now).exists())))


def find_items(exam_ids: Collection[int]) -> frozenset[int]:
    """Items that any revision of these exams may show."""
    query = (
        select(ItemVersion.item_id)
        .join(RevisionItem, RevisionItem.version_id == ItemVersion.id)
        .join(ExamRevision, ExamRevision.id == RevisionItem.revision_id)
        .where(ExamRevision.exam_id.in_(exam_ids))
        .distinct()
    )
    return frozenset(session.scalars(query))


def get_sitting(sitting_id: int) -> Sitting:
    """With its exam. Raises Missing."""
    query = select(Sitting).where(Sitting.id == sitting_id).options(joinedload(Sitting.exam, innerjoin=True))
    found = session.scalar(query)
    if found is None:
        raise Missing
    return found


def find_sittings(
    page: int = 1, exam_id: int | None = None, excluded: Collection[int] = (), size: int = 50
) -> Page[Sitting]:
    """Sittings, latest opening first, with their exams."""
    query = select(Sitting).options(joinedload(Sitting.exam, innerjoin=True))
    if exam_id is not None:
        query = query.where(Sitting.exam_id == exam_id)
    if excluded:
        query = query.where(Sitting.exam_id.not_in(excluded))
    return paged(query.order_by(Sitting.opens_at.desc(), Sitting.id.desc()), page, size)


def find_sitting_teams(sitting_id: int) -> Sequence[int]:
    """Ids of the sitting's teams."""
    return session.scalars(select(SittingTeam.team_id).where(SittingTeam.sitting_id == sitting_id)).all()


def find_invigilators(sitting_id: int) -> Sequence[Person]:
    """Who watches over the sitting."""
    query = select(Person).join(SittingInvigilator, SittingInvigilator.person_id == Person.id)
    return session.scalars(query.where(SittingInvigilator.sitting_id == sitting_id).order_by(Person.name)).all()


def is_invigilator(sitting_id: int, person_id: int) -> bool:
    """Whether the sitting names the person as invigilator."""
    return session.get(SittingInvigilator, (sitting_id, person_id)) is not None


def find_watched(person_id: int) -> Sequence[Sitting]:
    """Sittings that the person watches over, latest first."""
    query = (
        select(Sitting)
        .join(SittingInvigilator, SittingInvigilator.sitting_id == Sitting.id)
        .where(SittingInvigilator.person_id == person_id)
        .order_by(Sitting.opens_at.desc())
        .limit(100)
    )
    return session.scalars(query).all()


def get_enrolment(enrolment_id: int) -> Enrolment:
    """With sitting, person and accommodations. Raises Missing."""
    query = select(Enrolment).where(Enrolment.id == enrolment_id).options(*_ENROLMENT)
    found = session.scalar(query)
    if found is None:
        raise Missing
    return found


_ENROLMENT = (
    joinedload(Enrolment.sitting, innerjoin=True).joinedload(Sitting.exam, innerjoin=True),
    joinedload(Enrolment.person, innerjoin=True),
    selectinload(Enrolment.accommodations),
)


def find_enrolment(sitting_id: int, person_id: int) -> Enrolment | None:
    """The person's enrolment in the sitting, unless she left it."""
    query = select(Enrolment).where(
        Enrolment.sitting_id == sitting_id, Enrolment.person_id == person_id, Enrolment.state != "left"
    )
    return session.scalar(query.options(*_ENROLMENT))


def find_enrolments(sitting_id: int) -> Sequence[Enrolment]:
    """All enrolments of a sitting by name, with people and accommodations."""
    query = (
        select(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.sitting_id == sitting_id, Enrolment.state != "left")
        .order_by(Person.name, Person.id)
        .options(joinedload(Enrolment.person, innerjoin=True), selectinload(Enrolment.accommodations))
    )
    return session.scalars(query).all()


def find_enrolled(sitting_id: int) -> Sequence[int]:
    """Ids of the people who have a place in the sitting."""
    query = select(Enrolment.person_id).where(Enrolment.sitting_id == sitting_id, Enrolment.state != "left")
    return session.scalars(query.order_by(Enrolment.person_id)).all()


def _startable(now: datetime) -> ColumnElement[bool]:
    # Whoever may start is not past the close either: that is what the index is on.
    return and_(Sitting.state == "planned", Sitting.last_start_at > now, Sitting.hard_close_at > now)


def find_joinable(now: datetime) -> Sequence[int]:
    """Planned sittings that may still be started: who joins a team meanwhile is enrolled."""
    return session.scalars(select(Sitting.id).where(_startable(now)).order_by(Sitting.last_start_at)).all()


def find_remindable(now: datetime, ahead: timedelta, limit: int) -> Sequence[int]:
    """Sittings that open, or whose last start comes, within `ahead`."""
    soon = or_(Sitting.opens_at.between(now, now + ahead), Sitting.last_start_at <= now + ahead)
    query = select(Sitting.id).where(_startable(now), soon).order_by(Sitting.last_start_at).limit(limit)
    return session.scalars(query).all()


def find_unrolled(now: datetime, limit: int) -> Sequence[int]:
    """Sittings that are over and whose absent people have not all been put down yet."""
    query = select(Sitting.id).where(
        Sitting.roll_at.is_(None), Sitting.hard_close_at < now, Sitting.state != "withdrawn"
    )
    return session.scalars(query.order_by(Sitting.hard_close_at).limit(limit)).all()


def find_own_enrolments(person_id: int, now: datetime) -> Sequence[Enrolment]:
    """The person's enrolments whose sittings are not over, next first."""
    query = (
        select(Enrolment)
        .join(Sitting, Sitting.id == Enrolment.sitting_id)
        .where(Enrolment.person_id == person_id, Enrolment.state != "left", Sitting.state != "withdrawn")
        .where(Sitting.hard_close_at > now)
        .order_by(Sitting.opens_at)
        .options(*_ENROLMENT)
    )
    return session.scalars(query).all()


def find_calendar(person_id: int, now: datetime, limit: int = 200) -> Sequence[Enrolment]:
    """The person's enrolments for her calendar, withdrawn sittings too, from ninety days ago on."""
    query = (
        select(Enrolment)
        .join(Sitting, Sitting.id == Enrolment.sitting_id)
        .where(Enrolment.person_id == person_id, Enrolment.state != "left")
        .where(Sitting.hard_close_at > now - timedelta(days=90))
        .order_by(Sitting.opens_at)
        .limit(limit)
        .options(*_ENROLMENT)
    )
    return session.scalars(query).all()


def count_enrolled(sitting_ids: Collection[int]) -> Mapping[int, int]:
    """How many people are enrolled in each sitting."""
    query = (
        select(Enrolment.sitting_id, func.count())
        .where(Enrolment.sitting_id.in_(sitting_ids), Enrolment.state != "left")
        .group_by(Enrolment.sitting_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


EXAM_SORTS = {"title": Exam.title, "state": Exam.state, "created": Exam.id}


def find_exam_list(words: str, state: str, page: int, sort: str, excluded: Collection[int] = ()) -> Page[Exam]:
    """Exams with their revisions, by words of the title and state, sorted by a name of EXAM_SORTS ('-': descending)."""
    query = select(Exam).options(joinedload(Exam.revision))
    if words:
        query = query.where(Exam.title.icontains(words, autoescape=True))
    if state:
        query = query.where(Exam.state == state)
    if excluded:
        query = query.where(Exam.id.not_in(excluded))
    column = EXAM_SORTS.get(sort.removeprefix("-"), Exam.id)
    return paged(query.order_by(column.desc() if sort.startswith("-") else column.asc(), Exam.id.desc()), page)


def find_every_exam() -> Sequence[Exam]:
    """All exams with their revisions, newest first (for the console)."""
    return session.scalars(select(Exam).options(joinedload(Exam.revision)).order_by(Exam.id.desc())).all()


def count_sittings(exam_ids: Collection[int]) -> Mapping[int, int]:
    """How many sittings, withdrawn ones apart, each exam has."""
    query = (
        select(Sitting.exam_id, func.count())
        .where(Sitting.exam_id.in_(exam_ids), Sitting.state != "withdrawn")
        .group_by(Sitting.exam_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def find_exams_using(item_id: int, excluded: Collection[int] = (), limit: int = 50) -> Sequence[Exam]:
    """Exams whose present revision may show the item, newest first."""
    query = (
        select(Exam)
        .join(RevisionItem, RevisionItem.revision_id == Exam.revision_id)
        .join(ItemVersion, ItemVersion.id == RevisionItem.version_id)
        .where(ItemVersion.item_id == item_id)
        .distinct()
    )
    if excluded:
        query = query.where(Exam.id.not_in(excluded))
    return session.scalars(query.order_by(Exam.id.desc()).limit(limit)).all()


def find_planned(exam_id: int, now: datetime) -> Sequence[Sitting]:
    """The exam's sittings that somebody may still start, latest opening first."""
    query = select(Sitting).where(Sitting.exam_id == exam_id, Sitting.state != "withdrawn")
    query = query.where(Sitting.last_start_at >= now)
    return session.scalars(query.order_by(Sitting.opens_at.desc())).all()


def find_published(excluded: Collection[int] = ()) -> Sequence[tuple[int, str]]:
    """Id and title of the exams that a sitting may be planned of, newest first."""
    query = select(Exam.id, Exam.title).where(Exam.state == "published", Exam.revision_id.is_not(None))
    if excluded:
        query = query.where(Exam.id.not_in(excluded))
    return [(row[0], row[1]) for row in session.execute(query.order_by(Exam.id.desc()))]


def find_twin(exam_id: int, title: str, opens_at: datetime) -> Sitting | None:
    """The sitting that a form sent twice has planned already; the exam's row is held, so that none is missed."""
    hold_exams([exam_id])
    query = select(Sitting).where(Sitting.exam_id == exam_id, Sitting.title == title, Sitting.opens_at == opens_at)
    return session.scalar(query.where(Sitting.state != "withdrawn").limit(1))


def find_single_people(sitting_id: int) -> Sequence[int]:
    """Ids of the people who are enrolled by themselves, not by a team."""
    query = select(Enrolment.person_id).where(Enrolment.sitting_id == sitting_id, Enrolment.source == "person")
    return session.scalars(query.where(Enrolment.state != "left")).all()


def find_enrolled_with_duty(sitting: Sitting) -> Sequence[Person]:
    """Who is enrolled although a duty (grader, lead, deputy, author, invigilator) or a role would show her the exam."""
    duties = select(ExamDuty.person_id).where(ExamDuty.exam_id == sitting.exam_id)
    authors = select(Exam.author_id).where(Exam.id == sitting.exam_id, Exam.author_id.is_not(None))
    watchers = select(SittingInvigilator.person_id).where(SittingInvigilator.sitting_id == sitting.id)
    staff = select(PersonRole.person_id).where(PersonRole.role.in_(("trainer", "manager", "administrator")))
    query = (
        select(Person)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Enrolment.sitting_id == sitting.id, Enrolment.state != "left")
        .where(or_(*(Person.id.in_(several) for several in (duties, authors, watchers, staff))))
        .order_by(Person.name)
    )
    return session.scalars(query).all()


def count_exams() -> Mapping[str, int]:
    """By state: how many exams there are."""
    return {row[0]: row[1] for row in session.execute(select(Exam.state, func.count()).group_by(Exam.state))}


def count_all_sittings() -> int:
    """How many sittings there are."""
    return session.scalar(select(func.count()).select_from(Sitting)) or 0


def names_competency(code: str) -> bool:
    """Whether the rules of any exam, or of a revision of one, name the competency."""
    quoted = f'"{code}"'
    for plan in (Exam.plan, ExamRevision.plan):
        found = select(plan.class_.id).where(type_coerce(plan, Text).contains(quoted, autoescape=True)).limit(1)
        if session.scalar(found) is not None:
            return True
    return False


def enrolments_of(person_ids: Collection[int]) -> Select[int]:
    """A query of the ids of these people's enrolments."""
    return select(Enrolment.id).where(Enrolment.person_id.in_(person_ids))


def find_open_enrolments(person_id: int, now: datetime, begun: Collection[int] = ()) -> Sequence[Enrolment]:
    """The person's enrolments that she could still start; `begun`: ids of the sittings that she has begun."""
    query = (
        select(Enrolment)
        .join(Sitting, Sitting.id == Enrolment.sitting_id)
        .where(Enrolment.person_id == person_id, Enrolment.state == "enrolled")
        .where(Sitting.last_start_at > now, Sitting.state == "planned")
        .order_by(Sitting.opens_at)
        .options(contains_eager(Enrolment.sitting))
    )
    return [row for row in session.scalars(query) if row.sitting_id not in begun]


def find_duties_of(person_id: int) -> Sequence[tuple[Exam, Sequence[str]]]:
    """Exams that name the person, with what for, newest first; withdrawn ones apart."""
    query = (
        select(Exam, ExamDuty.duty)
        .join(ExamDuty, ExamDuty.exam_id == Exam.id)
        .where(ExamDuty.person_id == person_id, Exam.state != "withdrawn")
        .order_by(Exam.id.desc(), ExamDuty.duty)
    )
    found: dict[Exam, list[str]] = {}
    for exam, duty in session.execute(query.limit(300)):
        found.setdefault(exam, []).append(duty)
    return list(found.items())


def find_watches_ahead(person_id: int, now: datetime) -> Sequence[Sitting]:
    """Sittings that the person watches over and that are not over, next first."""
    query = select(Sitting).join(SittingInvigilator, SittingInvigilator.sitting_id == Sitting.id)
    ahead = query.where(SittingInvigilator.person_id == person_id, Sitting.hard_close_at > now)
    return session.scalars(ahead.where(Sitting.state == "planned").order_by(Sitting.opens_at).limit(100)).all()


def uses_item(exam_id: int, item_id: int) -> bool:
    """Whether a revision of the exam may show the item."""
    query = (
        select(RevisionItem.revision_id)
        .join(ExamRevision, ExamRevision.id == RevisionItem.revision_id)
        .join(ItemVersion, ItemVersion.id == RevisionItem.version_id)
        .where(ExamRevision.exam_id == exam_id, ItemVersion.item_id == item_id)
    )
    return session.scalar(query.limit(1)) is not None
