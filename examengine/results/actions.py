"""Verbs on results: compute when complete, release by policy or by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from examengine.bank import queries as bank
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.delivery import states
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.grading import queries as grading
from examengine.grading.models import MarkingCase, Score
from examengine.notices import actions as notices
from examengine.results import queries, scale
from examengine.results.models import Release, Result


def complete(attempt_id: int, now: datetime) -> Result | None:
    """The ledger row of a scored attempt when everything is decided; None when something still waits. Idempotent."""
    attempt = delivery.locked(attempt_id)
    if attempt.state not in states.CLOSED or attempt.scored_at is None or queries.find_result(attempt_id):
        return None
    result = _compute(attempt, "", now)
    if result is not None:
        attempt.result_at = now
        session.flush()
    return result


def revise(
    attempt_id: int,
    reason: str,
    now: datetime,
    by: int | None,
    *,
    always: bool = False,
    cause: Mapping[str, Any] | None = None,
    tell: str = "result.revised",
) -> Result | None:
    """The next ledger row after scores changed; released with a notice where the one before was. Old rows stay.

    None when there is no row yet, something waits again, or nothing would change (`always`: a row all the same, where
    the outcome of a look is official even if it changes nothing). `tell`: the kind of notice; empty: none.
    """
    attempt = delivery.locked(attempt_id)
    before = queries.find_result(attempt_id)
    if before is None or attempt.state not in states.CLOSED:
        return None
    result = _compute(attempt, reason.strip()[:400], now, before, always=always)
    if result is None:
        return None
    result.cause = dict(cause) if cause else None
    audit.record(
        now, by, "result.revise", "attempt", attempt_id, reason, before=str(before.percent), after=str(result.percent)
    )
    before.settled_at = before.settled_at or now
    if before.release is not None:
        result.settled_at = now
        session.add(Release(result_id=result.id, at=now, policy=before.release.policy, by_id=by))
        if tell:
            notices.tell([result.person_id], tell, now, attempt_id, title=attempt.sitting.title)
        session.flush()
    return result


def _compute(
    attempt: Attempt, reason: str, now: datetime, before: Result | None = None, *, always: bool = True
) -> Result | None:
    """The row by the scores as they stand; None while a case waits, or if it says what `before` does (not `always`)."""
    cases = grading.find_cases([attempt.id])
    if any(case.state in ("waiting", "lead") for case in cases):
        return None
    scores = grading.latest_scores([attempt.id]).get(attempt.id, {})
    deal = exams.get_deal(attempt.revision_id)
    dealt = attempts.slots(attempt.paper)
    if any(slot.slot not in scores for slot in dealt):
        return None  # a correction was undone just now, and graders are about to be called again
    parts = _parts(dealt, scores)
    points = sum((part.points for part in parts), Decimal(0))
    maximum = sum((part.maximum for part in parts), Decimal(0))
    percent = scale.percent(points, maximum)
    pass_mark = deal.plan.terms.pass_mark
    breakdown = _breakdown(parts, [section.title for section in deal.plan.sections])
    same = before is not None and (points, maximum, breakdown) == (before.points, before.maximum, before.breakdown)
    if same and not always:
        return None
    low, high = _bounds(points, cases, scores)
    result = Result(
        attempt_id=attempt.id,
        revision=before.revision + 1 if before else 1,
        sitting_id=attempt.sitting_id,
        exam_id=deal.exam_id,
        person_id=attempt.person_id,
        points=points,
        maximum=maximum,
        percent=percent,
        pass_mark=pass_mark,
        passed=scale.passed(percent, pass_mark),
        borderline=scale.is_borderline(low, high, maximum, pass_mark),
        breakdown=breakdown,
        complete_at=now,
        reason=reason,
    )
    session.add(result)
    session.flush()
    was_borderline = before is not None and before.borderline
    if result.borderline and not was_borderline:
        duties = exams.find_duties(deal.exam_id)
        leads = {person.id for person in (*duties["lead"], *duties["deputy"])}
        notices.tell(sorted(leads), "result.borderline", now, result.id, title=deal.title)
    return result


def _parts(dealt: list[attempts.Slot], scores: dict[int, Score] | Any) -> list[scale.Part]:
    frozen = bank.frozen(slot.version_id for slot in dealt)
    return [
        scale.Part(
            slot.section,
            frozen[slot.version_id].competencies,
            scores[slot.slot].points,
            scores[slot.slot].maximum,  # a correction may have changed what the slot is worth
        )
        for slot in dealt
    ]


def _bounds(points: Decimal, cases: Any, scores: Any) -> tuple[Decimal, Decimal]:
    """The points if every case that marks decide had its lowest, or its highest, counted mark."""
    low = high = points
    case: MarkingCase
    for case in cases:
        score = scores[case.slot]
        if score.source == "marks" and case.low is not None and case.high is not None:
            scale_of = score.maximum / case.maximum  # a correction may have changed what the slot is worth
            low += case.low * scale_of - score.points
            high += case.high * scale_of - score.points
    return low, high


def _breakdown(parts: list[scale.Part], titles: list[str]) -> dict[str, Any]:
    def row(share: scale.Share) -> dict[str, Any]:
        return {"label": share.label, "points": str(share.points), "maximum": str(share.maximum), "items": share.items}

    return {
        "sections": [row(share) for share in scale.by_section(parts, titles)],
        "competencies": [row(share) for share in scale.by_competency(parts)],
    }


def release_due(sitting_id: int, now: datetime) -> int:
    """Release the sitting's results that its policy lets out now. Idempotent. Returns how many went out."""
    sitting = exams.get_sitting(sitting_id)
    policy = exams.get_deal(sitting.revision_id).plan.terms.release
    closed = now > sitting.hard_close_at
    if not queries.lets_out(policy, closed) or (policy == "marked" and queries.find_incomplete([sitting_id])):
        return 0
    return _release(sitting, policy, now, None)


def release_by_hand(sitting_id: int, now: datetime, by: int) -> int:
    """Release every complete result of the sitting. Raises Conflict when there is none."""
    count = _release(exams.get_sitting(sitting_id), "hand", now, by)
    if not count:
        raise Conflict(N_("There is no complete result that is not out yet."))
    audit.record(now, by, "sitting.release", "sitting", sitting_id, results=count)
    return count


def _release(sitting: Sitting, policy: str, now: datetime, by: int | None) -> int:
    query = (
        select(Result)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .outerjoin(Release, Release.result_id == Result.id)
        .where(Result.sitting_id == sitting.id, Release.result_id.is_(None), Attempt.state != "void", queries.present())
    )
    results = session.scalars(query).all()
    for result in results:
        session.add(Release(result_id=result.id, at=now, policy=policy, by_id=by))
        result.settled_at = now
        notices.tell([result.person_id], "result.released", now, result.attempt_id, title=sitting.title)
    session.flush()
    return len(results)
