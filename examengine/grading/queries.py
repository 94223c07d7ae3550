"""Reads of scores, marking cases, tasks and marks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, union_all
from sqlalchemy import case as sql_case
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from examengine.accounts.models import Person
from examengine.bank import queries as bank
from examengine.bank.models import ItemVersion
from examengine.core import html
from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.pages import Page, paged
from examengine.delivery import queries as attempts
from examengine.delivery.conflicts import NOTHING, Hidden, find_hidden
from examengine.delivery.models import Attempt, ItemResponse
from examengine.exams.models import Exam, ExamDuty
from examengine.grading.allocation import OpenTask
from examengine.grading.models import Adjudication, Correction, GraderLeave, Mark, MarkingCase, MarkingTask, Score
from examengine.itemtypes.base import Criterion, Level, Line, Rubric


def find_unscored(limit: int) -> Sequence[int]:
    """Closed attempts that have not been scored."""
    query = select(Attempt.id).where(attempts.closed(), Attempt.scored_at.is_(None)).order_by(Attempt.id).limit(limit)
    return session.scalars(query).all()


def in_force(score: type[Score] = Score) -> ColumnElement[bool]:
    """A condition: the row belongs to no correction, or to one that is applied. Whoever reads scores asks for it."""
    applied = select(Correction.id).where(Correction.state == "applied")
    return or_(score.correction_id.is_(None), score.correction_id.in_(applied))


def stands() -> ColumnElement[bool]:
    """A condition: the row is in force and no later one is."""
    later = aliased(Score)
    same = and_(later.attempt_id == Score.attempt_id, later.slot == Score.slot, later.number > Score.number)
    return and_(in_force(), ~select(later.number).where(same, in_force(later)).exists())


def latest_scores(attempt_ids: Collection[int]) -> Mapping[int, Mapping[int, Score]]:
    """By attempt and slot: the score that stands."""
    found: dict[int, dict[int, Score]] = {}
    query = select(Score).where(Score.attempt_id.in_(attempt_ids), in_force()).order_by(Score.number)
    for score in session.scalars(query):
        found.setdefault(score.attempt_id, {})[score.slot] = score
    return found


class Standing(NamedTuple):
    """What a score that stands says, for whoever adds up."""

    points: Decimal
    maximum: Decimal
    source: str


def find_standing(attempt_ids: Collection[int]) -> Mapping[int, Mapping[int, Standing]]:
    """By attempt and slot: the points that stand."""
    found: dict[int, dict[int, Standing]] = {}
    query = select(Score.attempt_id, Score.slot, Score.points, Score.maximum, Score.source)
    query = query.where(Score.attempt_id.in_(attempt_ids), in_force()).order_by(Score.number)
    for attempt_id, slot, points, maximum, source in session.execute(query):
        found.setdefault(attempt_id, {})[slot] = Standing(points, maximum, source)
    return found


def find_cases(attempt_ids: Collection[int]) -> Sequence[MarkingCase]:
    """Marking cases of attempts with their marks."""
    query = select(MarkingCase).where(MarkingCase.attempt_id.in_(attempt_ids)).options(selectinload(MarkingCase.marks))
    return session.scalars(query.order_by(MarkingCase.attempt_id, MarkingCase.slot)).all()


def current_marks(case: MarkingCase) -> list[Mark]:
    """The marks of the present round that stand: those that no later mark of the same grader supersedes."""
    return [mark for mark in standing_marks(case) if mark.round == case.round]


def standing_marks(case: MarkingCase) -> list[Mark]:
    """The marks of the present round and of a fresh look that go on or are done: what the lead judges by."""
    superseded = {mark.supersedes_id for mark in case.marks}
    return [mark for mark in case.marks if mark.id not in superseded and mark.round >= case.round]


def get_case(case_id: int) -> MarkingCase:
    """Raises Missing."""
    found = session.get(MarkingCase, case_id)
    if found is None:
        raise Missing
    return found


def get_task(task_id: int, person_id: int) -> MarkingTask:
    """A task that the person holds or has done. Raises Missing for any other."""
    query = select(MarkingTask).where(MarkingTask.id == task_id, MarkingTask.holder_id == person_id)
    found = session.scalar(query)
    if found is None:
        raise Missing
    return found


def open_tasks(person_id: int, hidden: Hidden, version_id: int | None = None) -> list[OpenTask]:
    """Open tasks that the person may take: of exams that name her, not her own, none of a case she has a hand in."""
    query = (
        select(
            MarkingTask.id,
            MarkingTask.version_id,
            MarkingTask.created_at,
            MarkingTask.shuffle,
            MarkingTask.assigned_id.is_not(None),
        )
        .join(MarkingCase, MarkingCase.id == MarkingTask.case_id)
        .join(ExamDuty, and_(ExamDuty.exam_id == MarkingTask.exam_id, ExamDuty.person_id == person_id))
        .where(ExamDuty.duty == "grader", _open_for(person_id))
        .where(*hidden.leaves(MarkingTask.exam_id, MarkingTask.version_id))
        .limit(5_000)
    )
    if version_id is not None:
        query = query.where(MarkingTask.version_id == version_id)
    return [OpenTask(*row) for row in session.execute(query)]


MARKABLE = ("waiting", "appeal")
"""States of a case in which graders mark."""


def may_mark(person_id: int) -> ColumnElement[bool]:
    """A condition: the person may be given the task. Not her own answer, no second mark of hers in the same round, and
    a fresh look by nobody who marked or decided the answer, or asked for it."""
    other = aliased(MarkingTask)
    same = and_(other.case_id == MarkingTask.case_id, other.round == MarkingTask.round, other.id != MarkingTask.id)
    hand = select(other.id).where(same, other.holder_id == person_id).exists()
    marked = select(Mark.id).where(Mark.case_id == MarkingTask.case_id, Mark.marker_id == person_id).exists()
    decided = (
        select(Adjudication.id)
        .where(Adjudication.case_id == MarkingTask.case_id, Adjudication.lead_id == person_id)
        .exists()
    )
    asked = func.coalesce(MarkingTask.asked_by_id, 0) == person_id
    fresh = and_(MarkingCase.contested_round.is_not(None), MarkingTask.round == MarkingCase.contested_round)
    return and_(MarkingCase.candidate_id != person_id, ~hand, ~and_(fresh, or_(marked, decided, asked)))


def _open_for(person_id: int) -> ColumnElement[bool]:
    """A condition: the task waits for any grader or for this one, and she may take it."""
    return and_(
        MarkingTask.state == "open",
        MarkingCase.state.in_(MARKABLE),
        func.coalesce(MarkingTask.assigned_id, person_id) == person_id,
        may_mark(person_id),
    )


def find_away(person_id: int, now: datetime) -> Mapping[int, GraderLeave]:
    """By exam: the leave from marking that the person has now."""
    query = select(GraderLeave).where(GraderLeave.person_id == person_id)
    query = query.where(GraderLeave.from_at <= now, GraderLeave.until_at > now)
    return {leave.exam_id: leave for leave in session.scalars(query)}


def find_held(person_id: int, now: datetime) -> Sequence[MarkingTask]:
    """Tasks that the person holds under a lease that runs."""
    query = (
        select(MarkingTask)
        .where(MarkingTask.holder_id == person_id, MarkingTask.state == "claimed", MarkingTask.lease_until > now)
        .order_by(MarkingTask.id)
    )
    return session.scalars(query).all()


@dataclass(frozen=True)
class Pile:
    """What waits of one item for one grader."""

    exam_id: int
    exam_title: str
    version_id: int
    words: str
    kind: str
    open: int
    """Answers, not tasks: she marks each once."""
    done: int
    oldest: datetime | None
    assigned: int = 0
    """Of the open ones: given to her by name."""


def find_barred(person_id: int, now: datetime) -> Hidden:
    """What the person may not mark now: what is hidden from her, and exams from which she is on leave."""
    hidden = find_hidden(person_id, now)
    return replace(hidden, exams=hidden.exams | find_away(person_id, now).keys())


def find_piles(person_id: int, hidden: Hidden) -> list[Pile]:
    """The grader's queue: by item what is open for her and what she has done; hers by name first, then the oldest."""
    is_open = _open_for(person_id)
    is_done = and_(MarkingTask.state == "done", MarkingTask.holder_id == person_id)
    is_held = and_(MarkingTask.state == "claimed", MarkingTask.holder_id == person_id)
    available = or_(is_open, is_held)
    oldest = func.min(sql_case((available, MarkingTask.created_at)))
    query = (
        select(
            Exam.id,
            Exam.title,
            MarkingTask.version_id,
            ItemVersion.words,
            ItemVersion.kind,
            func.count(sql_case((available, MarkingTask.case_id)).distinct()),
            func.sum(sql_case((is_done, 1), else_=0)),
            oldest,
            func.sum(sql_case((and_(is_open, MarkingTask.assigned_id.is_not(None)), 1), else_=0)),
        )
        .join(MarkingCase, MarkingCase.id == MarkingTask.case_id)
        .join(Exam, Exam.id == MarkingTask.exam_id)
        .join(ItemVersion, ItemVersion.id == MarkingTask.version_id)
        .join(ExamDuty, and_(ExamDuty.exam_id == MarkingTask.exam_id, ExamDuty.person_id == person_id))
        .where(ExamDuty.duty == "grader", or_(available, is_done))
        .where(*hidden.leaves(MarkingTask.exam_id, MarkingTask.version_id))
        .group_by(Exam.id, Exam.title, MarkingTask.version_id, ItemVersion.words, ItemVersion.kind)
    )
    piles = [Pile(*row) for row in session.execute(query)]
    return sorted(piles, key=lambda p: (p.open == 0, not p.assigned, p.oldest is None, p.oldest, p.version_id))


@dataclass(frozen=True)
class Script:
    """One answer as a grader sees it: blind."""

    code: str
    stem: str
    lines: tuple[Line, ...]
    key: tuple[str, ...]
    model_answer: str
    rubric: Rubric
    maximum: Decimal
    step: Decimal
    language: str


def get_script(case: MarkingCase) -> Script:
    """What a grader may see of a case: question, answer, rubric; no name and no other mark."""
    version = version_in_force(case.version_id)
    frozen = bank.frozen([version])[version]
    response = session.get(ItemResponse, (case.attempt_id, case.slot))
    if response is None:
        raise Missing
    restored = frozen.kind.restore(response.value)
    return Script(
        case.code,
        frozen.content.stem,
        frozen.kind.summarise(frozen.content, restored),
        frozen.kind.key(frozen.content),
        getattr(frozen.content, "model_answer", ""),
        rubric_of(case),
        case.maximum,
        case.step,
        frozen.language,
    )


def check_picture(case: MarkingCase, name: str) -> None:
    """Whether a grader's page of the case shows the picture. Raises Missing."""
    script = get_script(case)
    texts = [script.stem, script.model_answer, *(line.text for line in script.lines if line.rich)]
    if not any(shown.name == name for text in texts for shown in html.pictures(text)):
        raise Missing


def rubric_of(case: MarkingCase) -> Rubric:
    """The item's rubric; an item without one is judged as a whole, in mark steps."""
    frozen = bank.frozen([case.version_id])[case.version_id]
    found = frozen.kind.rubric(frozen.content)
    if found:
        return found
    steps = int(case.maximum / case.step)
    shown = range(steps + 1) if steps <= 12 else [round(steps * n / 10) for n in range(11)]
    return (Criterion("", tuple(Level(case.step * n, "") for n in shown)),)


def may_lead(exam_id: int, person_id: int) -> bool:
    """Whether the exam names the person as lead or deputy."""
    query = select(ExamDuty.duty).where(ExamDuty.exam_id == exam_id, ExamDuty.person_id == person_id)
    return bool({"lead", "deputy"} & set(session.scalars(query)))


def find_desk(person_id: int, hidden: Hidden) -> Sequence[MarkingCase]:
    """Cases that wait for the person's decision as lead or deputy, oldest first."""
    leads = select(ExamDuty.exam_id).where(ExamDuty.person_id == person_id, ExamDuty.duty.in_(("lead", "deputy")))
    query = (
        select(MarkingCase)
        .where(MarkingCase.state == "lead", MarkingCase.exam_id.in_(leads), MarkingCase.candidate_id != person_id)
        .where(*hidden.leaves(MarkingCase.exam_id, MarkingCase.version_id))
        .order_by(MarkingCase.created_at, MarkingCase.id)
        .options(selectinload(MarkingCase.marks))
        .limit(200)
    )
    return session.scalars(query).all()


def find_expired_leases(now: datetime, limit: int) -> Sequence[int]:
    """Claimed tasks whose lease has run out."""
    query = (
        select(MarkingTask.id)
        .where(MarkingTask.state == "claimed", MarkingTask.lease_until < now)
        .order_by(MarkingTask.lease_until)
        .limit(limit)
    )
    return session.scalars(query).all()


def holder_still_grades() -> ColumnElement[bool]:
    """A condition: the task's holder is an active grader of its exam."""
    return (
        select(ExamDuty.person_id)
        .join(Person, Person.id == ExamDuty.person_id)
        .where(ExamDuty.exam_id == MarkingTask.exam_id, ExamDuty.person_id == MarkingTask.holder_id)
        .where(ExamDuty.duty == "grader", Person.active)
        .exists()
    )


def find_left_graders(limit: int) -> Sequence[int]:
    """Claimed tasks whose holders are graders of the exam no longer, or are inactive."""
    query = select(MarkingTask.id).where(MarkingTask.state == "claimed", ~holder_still_grades()).limit(limit)
    return session.scalars(query).all()


def find_stranded(now: datetime, limit: int, task_id: int | None = None) -> Sequence[int]:
    """Tasks that wait for, or lie with, somebody who is on leave; or wait for one who grades the exam no longer.

    `task_id`: only whether this one is among them.
    """
    hers = func.coalesce(MarkingTask.holder_id, MarkingTask.assigned_id)
    away = (
        select(GraderLeave.id)
        .where(GraderLeave.exam_id == MarkingTask.exam_id, GraderLeave.person_id == hers)
        .where(GraderLeave.from_at <= now, GraderLeave.until_at > now)
        .exists()
    )
    grades = (
        select(ExamDuty.person_id)
        .join(Person, Person.id == ExamDuty.person_id)
        .where(ExamDuty.exam_id == MarkingTask.exam_id, ExamDuty.person_id == MarkingTask.assigned_id)
        .where(ExamDuty.duty == "grader", Person.active)
        .exists()
    )
    claimed = MarkingTask.state == literal_column("'claimed'")  # written out: partial indexes are found by it
    assigned = and_(MarkingTask.state == literal_column("'open'"), MarkingTask.assigned_id.is_not(None))
    parts = [select(MarkingTask.id).where(claimed, away), select(MarkingTask.id).where(assigned, or_(away, ~grades))]
    if task_id is not None:
        parts = [part.where(MarkingTask.id == task_id) for part in parts]
    return session.scalars(union_all(*parts).limit(limit)).all()


@dataclass(frozen=True)
class Progress:
    """How far the marking of a sitting or exam is."""

    waiting: int
    lead: int
    resolved: int
    marks: int
    wanted: int
    appeal: int = 0
    """Decided ones that a fresh grader looks at after an appeal."""

    @property
    def cases(self) -> int:
        """All cases."""
        return self.waiting + self.lead + self.resolved + self.appeal


def progress(exam_id: int, sitting_id: int | None = None) -> Progress:
    """Counts of cases by state, and of marks given and wanted."""
    cases = select(MarkingCase.state, func.count()).where(MarkingCase.exam_id == exam_id)
    tasks = (
        select(MarkingTask.state, func.count())
        .join(MarkingCase, MarkingCase.id == MarkingTask.case_id)
        .where(MarkingTask.exam_id == exam_id, MarkingCase.state != "void")
    )
    if sitting_id is not None:
        own = select(Attempt.id).where(Attempt.sitting_id == sitting_id)
        cases = cases.where(MarkingCase.attempt_id.in_(own))
        tasks = tasks.where(MarkingCase.attempt_id.in_(own))
    by_state = {row[0]: row[1] for row in session.execute(cases.group_by(MarkingCase.state))}
    by_task = {row[0]: row[1] for row in session.execute(tasks.group_by(MarkingTask.state))}
    return Progress(
        by_state.get("waiting", 0),
        by_state.get("lead", 0),
        by_state.get("resolved", 0),
        by_task.get("done", 0),
        sum(by_task.get(state, 0) for state in ("open", "claimed", "done")),
        by_state.get("appeal", 0),
    )


@dataclass(frozen=True)
class MarkerLine:
    """What one grader has done of an exam."""

    person_id: int
    name: str
    marks: int
    held: int
    mean: float | None
    """Mean share of the maximum, for a glance at severity."""
    assigned: int = 0
    """Open tasks that wait for her by name."""


def marker_lines(exam_id: int) -> list[MarkerLine]:
    """Every grader of the exam with her counts."""
    done = func.sum(sql_case((MarkingTask.state == "done", 1), else_=0))
    held = func.sum(sql_case((MarkingTask.state == "claimed", 1), else_=0))
    counts = (
        select(MarkingTask.holder_id, done.label("done"), held.label("held"))
        .where(MarkingTask.exam_id == exam_id, MarkingTask.holder_id.is_not(None))
        .group_by(MarkingTask.holder_id)
        .subquery()
    )
    later = aliased(Mark)
    current = ~select(later.id).where(later.supersedes_id == Mark.id).exists()
    shares = (
        select(Mark.marker_id, func.sum(Mark.total).label("points"), func.sum(MarkingCase.maximum).label("maximum"))
        .join(MarkingCase, MarkingCase.id == Mark.case_id)
        .where(MarkingCase.exam_id == exam_id, current)
        .group_by(Mark.marker_id)
        .subquery()
    )
    named = (
        select(MarkingTask.assigned_id, func.count().label("tasks"))
        .where(MarkingTask.exam_id == exam_id, MarkingTask.state == "open", MarkingTask.assigned_id.is_not(None))
        .group_by(MarkingTask.assigned_id)
        .subquery()
    )
    graders = select(ExamDuty.person_id).where(ExamDuty.exam_id == exam_id, ExamDuty.duty == "grader")
    query = (
        select(Person.id, Person.name, counts.c.done, counts.c.held, shares.c.points, shares.c.maximum, named.c.tasks)
        .outerjoin(counts, counts.c.holder_id == Person.id)
        .outerjoin(named, named.c.assigned_id == Person.id)
        .outerjoin(shares, shares.c.marker_id == Person.id)
        .where(or_(Person.id.in_(graders), counts.c.done > 0))
        .order_by(Person.name)
    )
    return [
        MarkerLine(row[0], row[1], row[2] or 0, row[3] or 0, float(row[4] / row[5]) if row[5] else None, row[6] or 0)
        for row in session.execute(query)
    ]


def find_adjudication(case_id: int) -> Adjudication | None:
    """The lead's latest decision of a case; that of a fresh look not before it counts."""
    return find_adjudications([case_id]).get(case_id)


def marker_names(case: MarkingCase) -> Mapping[int, str]:
    """Names of a case's graders: for the lead only, and every look is logged."""
    ids = {mark.marker_id for mark in case.marks}
    return {p.id: p.name for p in session.scalars(select(Person).where(Person.id.in_(ids)))}


def load_case(case_id: int) -> MarkingCase:
    """A case with its marks and tasks. Raises Missing."""
    query = select(MarkingCase).where(MarkingCase.id == case_id)
    found = session.scalar(query.options(selectinload(MarkingCase.marks), joinedload(MarkingCase.tasks)))
    if found is None:
        raise Missing
    return found


def find_adjudications(case_ids: Collection[int]) -> Mapping[int, Adjudication]:
    """By case: the lead's latest decision that counts."""
    query = (
        select(Adjudication)
        .join(MarkingCase, MarkingCase.id == Adjudication.case_id)
        .where(Adjudication.case_id.in_(case_ids), Adjudication.round <= MarkingCase.round)
        .order_by(Adjudication.id)
    )
    return {row.case_id: row for row in session.scalars(query)}


@dataclass(frozen=True)
class ItemProgress:
    """How far the marking of one item of an exam is."""

    version_id: int
    words: str
    kind: str
    waiting: int
    lead: int
    resolved: int
    oldest: datetime | None
    """When the longest-waiting answer came."""


def item_progress(exam_id: int, hidden_items: Collection[int] = ()) -> list[ItemProgress]:
    """By item, hidden ones apart: its cases by state; what waits longest comes first."""
    waits = MarkingCase.state.in_(("waiting", "lead"))
    query = (
        select(
            MarkingCase.version_id,
            ItemVersion.words,
            ItemVersion.kind,
            func.sum(sql_case((MarkingCase.state == "waiting", 1), else_=0)),
            func.sum(sql_case((MarkingCase.state == "lead", 1), else_=0)),
            func.sum(sql_case((MarkingCase.state.in_(("resolved", "appeal")), 1), else_=0)),
            func.min(sql_case((waits, MarkingCase.created_at))),
        )
        .join(ItemVersion, ItemVersion.id == MarkingCase.version_id)
        .where(MarkingCase.exam_id == exam_id, MarkingCase.state != "void", ItemVersion.item_id.not_in(hidden_items))
        .group_by(MarkingCase.version_id, ItemVersion.words, ItemVersion.kind)
    )
    rows = [ItemProgress(*row) for row in session.execute(query)]
    return sorted(rows, key=lambda row: (row.oldest is None, row.oldest, row.version_id))


def find_lead_cases(
    exam_id: int, hidden_items: Collection[int] = (), limit: int = 100
) -> Sequence[tuple[MarkingCase, str]]:
    """An exam's cases on the lead's desk with the words of their items, hidden ones apart, oldest first."""
    query = (
        select(MarkingCase, ItemVersion.words)
        .join(ItemVersion, ItemVersion.id == MarkingCase.version_id)
        .where(MarkingCase.exam_id == exam_id, MarkingCase.state == "lead", ItemVersion.item_id.not_in(hidden_items))
        .order_by(MarkingCase.created_at, MarkingCase.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def find_pace(exam_id: int, since: datetime) -> tuple[int, datetime | None]:
    """How many marks an exam was given since then, and when the first of them was."""
    query = (
        select(func.count(), func.min(Mark.created_at))
        .join(MarkingCase, MarkingCase.id == Mark.case_id)
        .where(MarkingCase.exam_id == exam_id, Mark.created_at >= since, Mark.supersedes_id.is_(None))
    )
    row = session.execute(query).one()
    return row[0], row[1]


def find_task(task_id: int) -> MarkingTask:
    """Any task, whoever holds it: for telling what became of it. Raises Missing."""
    found = session.get(MarkingTask, task_id, populate_existing=True)
    if found is None:
        raise Missing
    return found


def name_cases(cases: Iterable[MarkingCase]) -> Mapping[int, tuple[str, str]]:
    """By case: the exam's title and the question's plain words."""
    query = (
        select(MarkingCase.id, Exam.title, ItemVersion.words)
        .join(Exam, Exam.id == MarkingCase.exam_id)
        .join(ItemVersion, ItemVersion.id == MarkingCase.version_id)
        .where(MarkingCase.id.in_([case.id for case in cases]))
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def _standing(person_id: int) -> Select[Mark]:
    later = aliased(Mark)
    superseded = select(later.id).where(later.supersedes_id == Mark.id).exists()
    return select(Mark).where(Mark.marker_id == person_id, ~superseded)


def find_standing_mark(task_id: int, person_id: int) -> Mark | None:
    """The grader's own mark of a task that she has done."""
    return session.scalar(_standing(person_id).where(Mark.task_id == task_id).limit(1))


def find_own_marks(
    person_id: int, exam_ids: Collection[int], page: int, size: int = 25, hidden: Hidden = NOTHING
) -> Page[Mark]:
    """The grader's own marks that stand, latest first, with their cases."""
    query = (
        _standing(person_id)
        .join(MarkingCase, MarkingCase.id == Mark.case_id)
        .where(MarkingCase.exam_id.in_(exam_ids), MarkingCase.state != "void")
        .where(*hidden.leaves(MarkingCase.exam_id, MarkingCase.version_id))
        .options(contains_eager(Mark.case))
    )
    return paged(query.order_by(Mark.id.desc()), page, size)


def find_mark_times(person_id: int, version_id: int, since: datetime) -> Sequence[datetime]:
    """When the grader marked answers to one question for the first time, in order: her pace."""
    query = (
        select(Mark.created_at)
        .join(MarkingCase, MarkingCase.id == Mark.case_id)
        .where(Mark.marker_id == person_id, MarkingCase.version_id == version_id)
        .where(Mark.created_at >= since, Mark.supersedes_id.is_(None))
        .order_by(Mark.created_at)
        .limit(500)
    )
    return session.scalars(query).all()


def find_holding(person_id: int) -> Sequence[int]:
    """Ids of the tasks that the person holds."""
    query = select(MarkingTask.id).where(MarkingTask.holder_id == person_id, MarkingTask.state == "claimed")
    return session.scalars(query).all()


def version_in_force(version_id: int) -> int:
    """The version by which answers to a dealt version are judged at present: itself, or its correction."""
    item_id = bank.frozen([version_id])[version_id].item_id
    query = select(Correction).where(Correction.item_id == item_id, Correction.state == "applied")
    keys = session.scalars(query.where(Correction.kind == "key").order_by(Correction.applied_at, Correction.id))
    mine = [key.version_id for key in keys if key.version_id and version_id in key.before["versions"]]
    return mine[-1] if mine else version_id
