"""Reads of the result ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import aliased, contains_eager, joinedload

from examengine.accounts.models import Person, Team
from examengine.accounts.queries import holds, named
from examengine.bank import queries as bank
from examengine.core.db import session
from examengine.core.pages import SIZE, Page, paged
from examengine.delivery import queries as attempts
from examengine.delivery import states
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, Sitting
from examengine.grading import queries as grading
from examengine.grading.models import MarkingCase
from examengine.itemtypes.base import Line
from examengine.results import scale
from examengine.results.models import Release, Result


def present() -> ColumnElement[bool]:
    """A condition: no later revision takes the result's place."""
    later = aliased(Result)
    return ~select(later.id).where(later.attempt_id == Result.attempt_id, later.revision > Result.revision).exists()


def find_ripe(limit: int) -> Sequence[int]:
    """Scored attempts without a result whose cases are all decided."""
    undecided = (
        select(MarkingCase.id)
        .where(MarkingCase.attempt_id == Attempt.id, MarkingCase.state.in_(("waiting", "lead")))
        .exists()
    )
    query = (
        select(Attempt.id)
        .where(attempts.closed(), Attempt.scored_at.is_not(None), Attempt.result_at.is_(None), ~undecided)
        .order_by(Attempt.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def find_result(attempt_id: int) -> Result | None:
    """The latest result of an attempt."""
    query = select(Result).where(Result.attempt_id == attempt_id).order_by(Result.revision.desc()).limit(1)
    return session.scalar(query)


def find_released(attempt_id: int) -> Result | None:
    """The latest released result of an attempt."""
    query = (
        select(Result)
        .join(Release, Release.result_id == Result.id)
        .where(Result.attempt_id == attempt_id)
        .order_by(Result.revision.desc())
        .limit(1)
    )
    return session.scalar(query)


def find_own_released(person_id: int, limit: int = 20) -> Sequence[tuple[Result, Sitting]]:
    """The person's released results with their sittings, latest first."""
    query = (
        select(Result, Sitting)
        .join(Release, Release.result_id == Result.id)
        .join(Sitting, Sitting.id == Result.sitting_id)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .where(Result.person_id == person_id, Attempt.state != "void", present())
        .order_by(Result.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def find_due_releases(now: datetime, limit: int) -> Sequence[int]:
    """Sittings with results that are kept back and that the release policy lets out now."""
    query = (
        select(Sitting.id, Sitting.revision_id, Sitting.hard_close_at)
        .join(Result, Result.sitting_id == Sitting.id)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .where(Result.settled_at.is_(None), Attempt.state != "void")
        .distinct()
        .order_by(Sitting.id)
    )
    policies = {
        row.id: policy
        for row in session.execute(query)
        if lets_out(policy := exams.get_deal(row.revision_id).plan.terms.release, now > row.hard_close_at)
    }
    waiting = find_incomplete([sitting for sitting, policy in policies.items() if policy == "marked"])
    return [sitting for sitting in policies if sitting not in waiting][:limit]


def lets_out(policy: str, closed: bool) -> bool:
    """Whether a release policy may let results of a sitting out before it has closed, or after."""
    return policy == "complete" or (closed and policy != "hand")


def find_sitting_results(sitting_id: int) -> Mapping[int, Result]:
    """By attempt: the latest result of each attempt of a sitting."""
    query = select(Result).where(Result.sitting_id == sitting_id).order_by(Result.revision)
    return {result.attempt_id: result for result in session.scalars(query)}


@dataclass(frozen=True)
class SittingRow:
    """One person's line of the manager's sitting table."""

    person_id: int
    username: str
    name: str
    team: str
    enrolment_id: int
    enrolment_state: str
    attempt: Attempt | None
    """The attempt that counts, else the latest."""
    attempts: int
    result: Result | None
    waiting: int
    """Answers of the attempt that wait for people."""


def sitting_table(sitting: Sitting) -> list[SittingRow]:
    """Everybody enrolled with the attempt that counts, its result and what it waits for; five statements."""
    terms = exams.get_deal(sitting.revision_id).plan.terms
    people = (
        select(Enrolment, Person, Team.name)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(Team, Team.id == Person.team_id)
        .where(Enrolment.sitting_id == sitting.id, Enrolment.state != "left")
        .order_by(Person.name, Person.id)
    )
    own: dict[int, list[Attempt]] = {}
    for attempt in attempts.find_attempts(sitting.id):
        own.setdefault(attempt.person_id, []).append(attempt)
    results = find_sitting_results(sitting.id)
    waiting = _waiting(sitting.id)
    rows = []
    for enrolment, person, team in session.execute(people):
        mine = own.get(person.id, [])
        counted = _counted(mine, results, terms.counts)
        rows.append(
            SittingRow(
                person.id,
                person.username,
                person.name,
                team or "",
                enrolment.id,
                enrolment.state,
                counted,
                len(mine),
                results.get(counted.id) if counted else None,
                waiting.get(counted.id, 0) if counted else 0,
            )
        )
    return rows


def _counted(mine: Sequence[Attempt], results: Mapping[int, Result], counts: str) -> Attempt | None:
    valid = [a for a in mine if a.state != "void"]
    done = {a.number: a for a in valid if a.id in results}
    number = scale.official([(n, results[a.id].percent) for n, a in done.items()], counts)
    if number is not None:
        return done[number]
    known = valid or list(mine)
    return known[-1] if known else None


def _waiting(sitting_id: int) -> Mapping[int, int]:
    query = (
        select(MarkingCase.attempt_id, func.count())
        .join(Attempt, Attempt.id == MarkingCase.attempt_id)
        .where(Attempt.sitting_id == sitting_id, MarkingCase.state.in_(("waiting", "lead")))
        .group_by(MarkingCase.attempt_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def competency_titles(breakdown: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Titles by language of the competencies that a result is broken down by, by code."""
    return bank.find_titles([row["label"] for row in breakdown["competencies"]])


def find_incomplete(sitting_ids: Collection[int]) -> Mapping[int, int]:
    """By sitting: how many attempts are still open or have no result yet (void ones apart); complete ones left out."""
    if not sitting_ids:
        return {}
    query = (
        select(Attempt.sitting_id, func.count().label("attempts"))
        .where(Attempt.sitting_id.in_(sitting_ids), Attempt.state != "void", Attempt.result_at.is_(None))
        .group_by(Attempt.sitting_id)
    )
    return {row.sitting_id: row.attempts for row in session.execute(query)}


@dataclass(frozen=True)
class SittingLine:
    """A sitting in the manager's list with its counts."""

    sitting: Sitting
    enrolled: int
    begun: int
    waiting: int
    """Attempts handed in that have no result yet."""
    unreleased: int


_UNMARKED = (Attempt.state.in_(states.CLOSED), ~select(Result.id).where(Result.attempt_id == Attempt.id).exists())


def _unreleased() -> Select[int]:
    """Sitting ids of results that are not out, void attempts' apart."""
    return (
        select(Result.sitting_id)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .outerjoin(Release, Release.result_id == Result.id)
        .where(Release.result_id.is_(None), Attempt.state != "void", present())
    )


STAGES = ("open", "upcoming", "over", "withdrawn", "marking", "release")


def _at_stage(stage: str, now: datetime) -> ColumnElement[bool]:
    planned = Sitting.state == "planned"
    return {
        "open": and_(planned, Sitting.opens_at <= now, Sitting.hard_close_at > now),
        "upcoming": and_(planned, Sitting.opens_at > now),
        "over": and_(planned, Sitting.hard_close_at <= now),
        "withdrawn": Sitting.state == "withdrawn",
        "marking": Sitting.id.in_(select(Attempt.sitting_id).where(*_UNMARKED)),
        "release": Sitting.id.in_(_unreleased()),
    }[stage]


SITTING_SORTS = {"title": Sitting.title, "opens": Sitting.opens_at, "closes": Sitting.hard_close_at}


def find_sitting_lines(
    now: datetime,
    *,
    stage: str = "",
    words: str = "",
    exam_id: int | None = None,
    excluded: Collection[int] = (),
    sort: str = "-opens",
    page: int = 1,
) -> Page[SittingLine]:
    """A page of sittings, with their exams and counts, at one of STAGES; sorted by a name of SITTING_SORTS."""
    query = select(Sitting).join(Sitting.exam).options(contains_eager(Sitting.exam))
    if stage in STAGES:
        query = query.where(_at_stage(stage, now))
    if words:
        query = query.where(Sitting.title.icontains(words, autoescape=True))
    if exam_id is not None:
        query = query.where(Sitting.exam_id == exam_id)
    if excluded:
        query = query.where(Sitting.exam_id.not_in(excluded))
    column: Any = SITTING_SORTS.get(sort.removeprefix("-"), Sitting.opens_at)
    found = paged(query.order_by(column.desc() if sort.startswith("-") else column.asc(), Sitting.id.desc()), page)
    ids = [sitting.id for sitting in found.rows]
    enrolled, begun, waiting = exams.count_enrolled(ids), _count_attempts(ids), _count_attempts(ids, *_UNMARKED)
    out = _counts(_unreleased().where(Result.sitting_id.in_(ids)), Result.sitting_id)
    rows = [
        SittingLine(row, enrolled.get(row.id, 0), begun.get(row.id, 0), waiting.get(row.id, 0), out.get(row.id, 0))
        for row in found.rows
    ]
    return Page(rows, found.page, found.size, found.total)


def _count_attempts(sitting_ids: Collection[int], *conditions: ColumnElement[bool]) -> Mapping[int, int]:
    query = select(Attempt.sitting_id).where(Attempt.sitting_id.in_(sitting_ids), *conditions)
    return _counts(query, Attempt.sitting_id)


def _counts(query: Select[int], column: Any) -> Mapping[int, int]:
    return {row[0]: row[1] for row in session.execute(query.add_columns(func.count()).group_by(column))}


def count_unreleased(sitting_id: int) -> int:
    """How many complete results of a sitting are not out."""
    return _counts(_unreleased().where(Result.sitting_id == sitting_id), Result.sitting_id).get(sitting_id, 0)


@dataclass(frozen=True)
class SittingFigures:
    """What the manager's sittings need of her."""

    open: int
    """Sittings."""
    waiting: int
    """Attempts handed in without a result."""
    unreleased: int
    """Results."""


def sitting_figures(now: datetime, excluded: Collection[int] = ()) -> SittingFigures:
    """Counts over all sittings, those of the `excluded` exams apart."""
    seen = select(Sitting.id).where(Sitting.exam_id.not_in(excluded))
    counted = (
        select(func.count()).select_from(Sitting).where(_at_stage("open", now), Sitting.id.in_(seen)),
        select(func.count()).select_from(Attempt).where(*_UNMARKED, Attempt.sitting_id.in_(seen)),
        select(func.count()).select_from(_unreleased().where(Result.sitting_id.in_(seen)).subquery()),
    )
    return SittingFigures(*session.execute(select(*(query.scalar_subquery() for query in counted))).one())


@dataclass(frozen=True)
class PersonLine:
    """A person in the manager's list with her last released result."""

    person: Person
    result: Result | None
    title: str | None


@dataclass(frozen=True)
class PersonFilter:
    """Which people the manager's list shows."""

    words: str = ""
    team_id: int | None = None
    everyone: bool = False
    """Not operators only."""
    inactive: bool = False
    """Who left too."""
    excluded: Collection[int] = ()
    """Exams whose results do not exist for the reader."""


def _people(chosen: PersonFilter) -> Select[Person, Result, str]:
    latest = (
        select(Result.person_id, func.max(Result.id).label("result_id"))
        .join(Release, Release.result_id == Result.id)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .where(Attempt.state != "void", Result.exam_id.not_in(chosen.excluded))
        .group_by(Result.person_id)
        .subquery()
    )
    query = (
        select(Person, Result, Sitting.title)
        .outerjoin(Team, Team.id == Person.team_id)
        .outerjoin(latest, latest.c.person_id == Person.id)
        .outerjoin(Result, Result.id == latest.c.result_id)
        .outerjoin(Sitting, Sitting.id == Result.sitting_id)
    )
    if chosen.words:
        query = query.where(named(chosen.words))
    if chosen.team_id is not None:
        query = query.where(Person.team_id == chosen.team_id)
    if not chosen.everyone:
        query = query.where(holds("operator"))
    return query if chosen.inactive else query.where(Person.active)


LAST = {"passed": Result.passed.is_(True), "failed": Result.passed.is_(False), "none": Result.id.is_(None)}
PERSON_SORTS = {
    "name": Person.name,
    "username": Person.username,
    "team": Team.name,
    "percent": Result.percent,
    "date": Result.id,
}


def find_person_lines(chosen: PersonFilter, last: str = "", sort: str = "name", page: int = 1) -> Page[PersonLine]:
    """A page of people; `last`: whose last result is one of LAST; sorted by a name of PERSON_SORTS."""
    query = _people(chosen)
    if last in LAST:
        query = query.where(LAST[last])
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Person.id).subquery())) or 0
    page = max(1, min(page, -(-total // SIZE)))
    column: Any = PERSON_SORTS.get(sort.removeprefix("-"), Person.name)
    order = (column.desc() if sort.startswith("-") else column.asc()).nulls_last()
    query = query.options(contains_eager(Person.team), joinedload(Result.release))
    rows = session.execute(query.order_by(order, Person.name, Person.id).limit(SIZE).offset((page - 1) * SIZE))
    return Page([PersonLine(*row) for row in rows], page, SIZE, total)


def count_last(chosen: PersonFilter) -> Mapping[str, int]:
    """How many of the people have a last result of each of LAST."""
    word = sql_case(*((condition, name) for name, condition in LAST.items()))
    found = _people(chosen).with_only_columns(word.label("last")).subquery()
    return {row[0]: row[1] for row in session.execute(select(found.c.last, func.count()).group_by(found.c.last))}


@dataclass(frozen=True)
class Judged:
    """A question of a complete result as staff may read it: with its key, its score and what the score rests on."""

    number: int
    code: str
    hidden: bool
    """Part of an exam that does not exist for the reader: nothing of the question and its answer is here."""
    stem: str
    language: str
    label: str
    lines: tuple[Line, ...]
    blank: bool
    key: tuple[str, ...]
    points: Decimal | None
    maximum: Decimal | None
    source: str
    """machine, marks, lead, appeal or correction; empty: graders have it again after a correction was undone."""
    evidence: Mapping[str, Any]
    marks: tuple[Decimal, ...]
    """All graders' present totals."""
    low: Decimal | None
    high: Decimal | None
    """Lowest and highest mark that counts."""
    comments: tuple[str, ...]
    reason: str
    """The lead's, when she decided."""
    item_id: int = 0


def find_judged(attempt_id: int, hidden_items: Collection[int] = ()) -> list[Judged]:
    """A scored attempt question by question, for staff; a fixed number of statements."""
    responses = attempts.find_responses(attempt_id)
    scores = grading.latest_scores([attempt_id]).get(attempt_id, {})
    judged_by = {r.slot: scores[r.slot].version_id if r.slot in scores else r.version_id for r in responses}
    frozen = bank.frozen(judged_by.values())
    cases = {case.slot: case for case in grading.find_cases([attempt_id])}
    decisions = grading.find_adjudications([case.id for case in cases.values()])
    found = []
    for response in responses:
        score, case = scores.get(response.slot), cases.get(response.slot)
        version = frozen[judged_by[response.slot]]
        decision = decisions.get(case.id) if case and score and "adjudication" in score.evidence else None
        marks = grading.current_marks(case) if case else []
        said = [mark.comment for mark in marks] + ([decision.comment] if decision else [])
        hidden = version.item_id in hidden_items
        found.append(
            Judged(
                response.slot,
                "" if hidden else version.code,
                hidden,
                "" if hidden else version.content.stem,
                version.language,
                version.kind.label,
                () if hidden else version.kind.summarise(version.content, version.kind.restore(response.value)),
                response.blank,
                () if hidden else version.kind.key(version.content),
                score.points if score else None,
                score.maximum if score else None,
                score.source if score else "",
                score.evidence if score and not hidden else {},
                () if hidden else tuple(mark.total for mark in marks),
                case.low if case else None,
                case.high if case else None,
                () if hidden else tuple(text for text in said if text),
                decision.reason if decision and not hidden else "",
                version.item_id,
            )
        )
    return found


@dataclass(frozen=True)
class Borderline:
    """A result whose marks lie on both sides of the pass mark, as the lead may see it: without a name."""

    title: str
    percent: Decimal
    pass_mark: Decimal
    complete_at: datetime
    released: bool
    cases: tuple[tuple[int, str], ...]
    """Id and code of each answer that people marked."""


def find_borderline(exam_ids: Collection[int], not_of: int, limit: int = 20) -> list[Borderline]:
    """Latest borderline results of these exams, those of the person `not_of` apart."""
    query = (
        select(Result, Sitting.title)
        .join(Sitting, Sitting.id == Result.sitting_id)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .where(Result.exam_id.in_(exam_ids), Result.borderline, Result.person_id != not_of, Attempt.state != "void")
        .where(present())
        .order_by(Result.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    codes: dict[int, list[tuple[int, str]]] = {}
    for case in grading.find_cases([result.attempt_id for result, _ in rows]):
        codes.setdefault(case.attempt_id, []).append((case.id, case.code))
    return [
        Borderline(
            title,
            result.percent,
            result.pass_mark,
            result.complete_at,
            result.release is not None,
            tuple(codes.get(result.attempt_id, ())),
        )
        for result, title in rows
    ]


def find_complete(attempt_ids: Collection[int]) -> frozenset[int]:
    """Which of the attempts have a result already."""
    return frozenset(session.scalars(select(Result.attempt_id).where(Result.attempt_id.in_(attempt_ids))))
