"""A fresh look at a decided answer after an appeal: who may take it, asking for it, what came of it (0071)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from examengine.accounts.models import Person
from examengine.core import audit
from examengine.core.db import session, to_micro
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.exams import queries as exams
from examengine.exams.models import ExamDuty
from examengine.grading import queries, rounds
from examengine.grading.actions import criteria_means, decide, locked_case, on_scale, points_before
from examengine.grading.models import Adjudication, GraderLeave, Mark, MarkingCase, MarkingTask
from examengine.notices import actions as notices


@dataclass(frozen=True)
class Outcome:
    """What a fresh look gave, on the case's scale."""

    case_id: int
    before: Decimal
    """The points that stand now."""
    after: Decimal
    by_lead: bool


def find_graders(cases: Collection[MarkingCase], asked_by: int, now: datetime) -> Mapping[int, list[tuple[int, str]]]:
    """By case: graders (id, name) who may look at it afresh; three statements for all."""
    ids = [case.id for case in cases]
    seen: dict[int, set[int]] = {}
    for table, who in ((Mark, Mark.marker_id), (Adjudication, Adjudication.lead_id)):
        for case_id, person_id in session.execute(select(table.case_id, who).where(table.case_id.in_(ids))):
            seen.setdefault(case_id, set()).add(person_id)
    away = select(GraderLeave.id).where(
        GraderLeave.exam_id == ExamDuty.exam_id,
        GraderLeave.person_id == Person.id,
        GraderLeave.from_at <= now,
        GraderLeave.until_at > now,
    )
    query = (
        select(ExamDuty.exam_id, Person.id, Person.name)
        .join(Person, Person.id == ExamDuty.person_id)
        .where(ExamDuty.exam_id.in_({case.exam_id for case in cases}), ExamDuty.duty == "grader", Person.active)
        .where(~away.exists(), Person.id != asked_by)
        .order_by(Person.name, Person.id)
    )
    graders = session.execute(query).all()
    return {
        case.id: [
            (person_id, name)
            for exam_id, person_id, name in graders
            if exam_id == case.exam_id and person_id not in seen.get(case.id, ()) and person_id != case.candidate_id
        ]
        for case in cases
    }


def ask(case_id: int, grader_id: int | None, now: datetime, by: int) -> Decimal:
    """Put a decided answer into the queue once more, for one grader or for any who has not marked it.

    She is not told that it is an appeal. Gives the points that stand. Raises Conflict (not decided), Invalid (nobody,
    or not she, may mark it).
    """
    case = locked_case(case_id)
    if case.state != "resolved" or case.contested_round is not None:
        raise Conflict(N_("This answer is being marked, so nobody can be asked for a fresh mark."))
    able = {person_id for person_id, _ in find_graders([case], by, now)[case.id]}
    able = {person_id for person_id in able if case.exam_id not in exams.find_conflicts(person_id, now)}
    if not able:
        text = N_("Question %(n)s: every grader has marked or decided this answer. Name a further grader in the exam.")
        raise Invalid(Message(text, {"n": case.slot}))
    if grader_id is not None and grader_id not in able:
        raise Invalid(Message(N_("Question %(n)s: this grader may not mark it afresh."), {"n": case.slot}))
    last = select(func.max(MarkingTask.round)).where(MarkingTask.case_id == case.id)
    case.contested_round = max(session.scalar(last) or 1, case.round) + 1
    case.state = "appeal"
    rounds.add_tasks(case, 1, now, of_round=case.contested_round, assigned_id=grader_id, asked_by_id=by)
    session.flush()
    before = points_before(case)
    audit.record(now, by, "case.ask", "marking_case", case.id, grader=grader_id, before=str(before))
    if grader_id is not None:
        title = exams.get_exam(case.exam_id).title
        notices.tell([grader_id], "marking.assigned", now, case.exam_id, title=title)
    return before


@dataclass(frozen=True)
class _Verdict:
    points: Decimal
    mark: Mark
    decision: Adjudication | None
    """The lead's, where she had to decide."""


def _verdicts(cases: Collection[MarkingCase]) -> Mapping[int, _Verdict]:
    """By case: what a fresh look gave, where it is done; one statement for all."""
    done = {case.id: case for case in cases if case.contested_round is not None and case.state == "resolved"}
    query = select(Adjudication).where(Adjudication.case_id.in_(done)).order_by(Adjudication.id)
    decisions = {(row.case_id, row.round): row for row in session.scalars(query)}
    found = {}
    for case in done.values():
        mark = next(mark for mark in reversed(case.marks) if mark.round == case.contested_round)
        decision = decisions.get((case.id, mark.round))
        found[case.id] = _Verdict(decision.total if decision else mark.total, mark, decision)
    return found


def find_outcomes(cases: Collection[MarkingCase]) -> Mapping[int, Outcome]:
    """By case (with its marks): what the fresh look gave, where it is done; two statements for all."""
    scores = queries.latest_scores({case.attempt_id for case in cases})
    verdicts = _verdicts(cases)
    return {
        case.id: Outcome(
            case.id,
            on_scale(case, scores[case.attempt_id][case.slot]),
            verdicts[case.id].points,
            verdicts[case.id].decision is not None,
        )
        for case in cases
        if case.id in verdicts
    }


def conclude(case_id: int, accept: bool, now: datetime, by: int) -> Decimal:
    """The fresh look counts from now on (a score row that names all former marks), or is set aside. Gives its points.

    Raises Missing when none is done.
    """
    case = locked_case(case_id)
    found = _verdicts([case]).get(case.id)
    if found is None:
        raise Missing
    points, mark, decision = found.points, found.mark, found.decision
    before = points_before(case)
    if accept:
        evidence: dict[str, Any] = {
            "rule": "lead" if decision else "appeal",
            "marks": 1,
            "mark": mark.id,
            "former": [former.id for former in case.marks if former.round < mark.round],
            "before": to_micro(before),
            "criteria": [] if decision else criteria_means([mark]),
        }
        if decision:
            evidence["adjudication"] = decision.id
        case.round = mark.round
        case.low = case.high = points
        decide(case, points, "appeal", evidence, now)
    case.contested_round = None
    session.flush()
    audit.record(
        now,
        by,
        "case.appeal",
        "marking_case",
        case.id,
        before=str(before),
        after=str(points if accept else before),
        mark=mark.id,
    )
    return points


def cases_of(attempt_id: int) -> Mapping[int, MarkingCase]:
    """By slot: the attempt's cases."""
    return {case.slot: case for case in queries.find_cases([attempt_id])}
