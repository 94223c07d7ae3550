"""Reads of the result ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from examengine.accounts.models import Person, Team
from examengine.bank import queries as bank
from examengine.core.db import session
from examengine.delivery import queries as attempts
from examengine.delivery import states
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, RevisionItem, Sitting
from examengine.grading import queries as grading
from examengine.grading.models import MarkingCase
from examengine.itemtypes.base import Line
from examengine.results import scale
from examengine.results.models import Release, Result


def find_ripe(limit: int) -> Sequence[int]:
    """Scored attempts without a result whose cases are all decided."""
    undecided = (
        select(MarkingCase.id)
        .where(MarkingCase.attempt_id == Attempt.id, MarkingCase.state.in_(("waiting", "lead")))
        .exists()
    )
    has = select(Result.id).where(Result.attempt_id == Attempt.id).exists()
    query = (
        select(Attempt.id)
        .where(Attempt.state.in_(states.CLOSED), Attempt.scored_at.is_not(None), ~undecided, ~has)
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
        .where(Result.person_id == person_id, Attempt.state != "void")
        .order_by(Result.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def find_unreleased_sittings(limit: int) -> Sequence[int]:
    """Sittings with results that are not out; their policies decide when they go."""
    query = (
        select(Result.sitting_id)
        .outerjoin(Release, Release.result_id == Result.id)
        .where(Release.result_id.is_(None))
        .distinct()
        .limit(limit)
    )
    return session.scalars(query).all()


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


def incomplete(sitting_id: int) -> int:
    """How many attempts of a sitting are still open or have no result yet (void ones apart)."""
    other = aliased(Result)
    has = select(other.id).where(other.attempt_id == Attempt.id).exists()
    query = (
        select(func.count()).select_from(Attempt).where(Attempt.sitting_id == sitting_id, Attempt.state != "void", ~has)
    )
    return session.scalar(query) or 0


@dataclass(frozen=True)
class Answered:
    """A question of a released result as its owner may read it."""

    number: int
    stem: str
    language: str
    label: str
    lines: tuple[Line, ...]
    blank: bool
    points: Decimal
    maximum: Decimal
    comments: tuple[str, ...]
    criteria: tuple[Mapping[str, Any], ...]
    marks: int
    rule: str
    key: tuple[str, ...]
    """Empty until the keys may be shown (§5)."""
    explanation: str


def keys_released(version_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Item versions whose keys may be shown: after the last hard close of every sitting that uses them (§5)."""
    last = exams.last_close(version_ids)
    still_open = (
        select(RevisionItem.version_id)
        .join(Attempt, Attempt.revision_id == RevisionItem.revision_id)
        .where(RevisionItem.version_id.in_(version_ids), Attempt.state.in_(states.OPEN))
        .distinct()
    )
    sat_now = frozenset(session.scalars(still_open))  # somebody with extra time may go on after the close
    return frozenset(v for v in version_ids if v in last and last[v] < now and v not in sat_now)


def review(attempt: Attempt, now: datetime) -> list[Answered]:
    """The attempt question by question, as its owner may see it now: keys and explanations only when released."""
    responses = attempts.find_responses(attempt.id)
    frozen = bank.frozen(r.version_id for r in responses)
    shown = keys_released([r.version_id for r in responses], now)
    scores = grading.latest_scores([attempt.id]).get(attempt.id, {})
    cases = {case.slot: case for case in grading.find_cases([attempt.id])}
    found = []
    for response in responses:
        version = frozen[response.version_id]
        score = scores[response.slot]
        with_key = response.version_id in shown
        lines = version.kind.summarise(version.content, version.kind.restore(response.value))
        if not with_key:
            lines = tuple(line.redacted() for line in lines)
        case = cases.get(response.slot)
        comments = tuple(m.comment for m in grading.current_marks(case) if m.comment) if case else ()
        decision = grading.find_adjudication(case.id) if case and score.source == "lead" else None
        if decision and decision.comment:
            comments = (*comments, decision.comment)
        found.append(
            Answered(
                response.slot,
                version.content.stem,
                version.language,
                version.kind.label,
                lines,
                response.blank,
                score.points,
                score.maximum,
                comments,
                tuple(score.evidence.get("criteria", ())),
                int(score.evidence.get("marks", 0)),
                str(score.evidence.get("rule", "")) if case else "",
                version.kind.key(version.content) if with_key else (),
                version.content.explanation if with_key else "",
            )
        )
    return found


def competency_titles() -> Mapping[str, Mapping[str, str]]:
    """Titles by language of all competencies, by code."""
    return {row.code: row.titles for row in bank.find_competencies()}
