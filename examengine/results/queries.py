"""Reads of the result ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from examengine.bank import queries as bank
from examengine.core.db import session
from examengine.delivery import queries as attempts
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.grading import queries as grading
from examengine.grading.models import MarkingCase
from examengine.itemtypes.base import Line
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
