"""Verbs on results: compute when complete, release by policy or by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update

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
from examengine.grading.models import MarkingCase
from examengine.grading.queries import Standing
from examengine.notices import actions as notices
from examengine.results import queries, scale
from examengine.results.models import Release, Result


def complete(attempt_id: int, now: datetime) -> Result | None:
    """The ledger row of a scored attempt when everything is decided; None when something still waits. Idempotent."""
    return queries.find_result(attempt_id) if complete_all([attempt_id], now) else None


def complete_all(attempt_ids: Collection[int], now: datetime) -> int:
    """`complete` for some attempts, by a fixed number of statements. Returns how many rows were written."""
    locked = delivery.locked_among(attempt_ids)
    done = queries.find_complete(attempt_ids)  # asked only now that nobody else can write any
    held = [a for a in locked if a.state in states.CLOSED and a.scored_at is not None and a.id not in done]
    outcomes = _outcomes(held)
    rows = [_row(attempt, said, 1, now) for attempt in held if (said := outcomes[attempt.id]) is not None]
    if not rows:
        return 0
    session.execute(insert(Result), rows)
    written = [row["attempt_id"] for row in rows]
    session.execute(update(Attempt).where(Attempt.id.in_(written)).values(result_at=now))
    _tell_borderline((a for a in held if (outcomes[a.id] or {}).get("borderline")), now)
    return len(rows)


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
    said = _outcomes([attempt])[attempt_id]
    if said is None or (not always and all(getattr(before, name) == said[name] for name in _COUNTED)):
        return None
    result = Result(**_row(attempt, said, before.revision + 1, now), reason=reason.strip()[:400])
    result.cause = dict(cause) if cause else None
    session.add(result)
    session.flush()
    if result.borderline and not before.borderline:
        _tell_borderline([attempt], now)
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


_COUNTED = ("points", "maximum", "breakdown")
"""What makes a further row worth writing."""


def _row(attempt: Attempt, said: Mapping[str, Any], revision: int, now: datetime) -> dict[str, Any]:
    return {
        "attempt_id": attempt.id,
        "revision": revision,
        "sitting_id": attempt.sitting_id,
        "person_id": attempt.person_id,
        "complete_at": now,
        **said,
    }


def _outcomes(held: Sequence[Attempt]) -> Mapping[int, dict[str, Any] | None]:
    """By attempt: what its row says by the scores as they stand; None while a case waits."""
    ids = [attempt.id for attempt in held]
    cases: dict[int, list[MarkingCase]] = {}
    for case in grading.find_cases(ids):
        cases.setdefault(case.attempt_id, []).append(case)
    scores = grading.find_standing(ids)
    return {a.id: _outcome(a, cases.get(a.id, ()), scores.get(a.id, {})) for a in held}


def _outcome(attempt: Attempt, cases: Sequence[MarkingCase], scores: Mapping[int, Standing]) -> dict[str, Any] | None:
    dealt = attempts.slots(attempt.paper)
    if any(case.state in ("waiting", "lead") for case in cases):
        return None
    if any(slot.slot not in scores for slot in dealt):
        return None  # a correction was undone just now, and graders are about to be called again
    deal = exams.get_deal(attempt.revision_id)
    parts = _parts(dealt, scores)
    points = sum((part.points for part in parts), Decimal(0))
    maximum = sum((part.maximum for part in parts), Decimal(0))
    percent, pass_mark = scale.percent(points, maximum), deal.plan.terms.pass_mark
    low, high = _bounds(points, cases, scores)
    return {
        "exam_id": deal.exam_id,
        "points": points,
        "maximum": maximum,
        "percent": percent,
        "pass_mark": pass_mark,
        "passed": scale.passed(percent, pass_mark),
        "borderline": scale.is_borderline(low, high, maximum, pass_mark),
        "breakdown": _breakdown(parts, [section.title for section in deal.plan.sections]),
    }


def _tell_borderline(held: Iterable[Attempt], now: datetime) -> None:
    """The latest results of these lie on both sides of the pass mark: those who decide on marks are told."""
    for attempt in held:  # few are
        result, deal = queries.find_result(attempt.id), exams.get_deal(attempt.revision_id)
        duties = exams.find_duties(deal.exam_id)
        leads = {person.id for person in (*duties["lead"], *duties["deputy"])}
        notices.tell(sorted(leads), "result.borderline", now, result.id if result else None, title=deal.title)


def _parts(dealt: Sequence[attempts.Slot], scores: Mapping[int, Standing]) -> list[scale.Part]:
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


def _bounds(points: Decimal, cases: Sequence[MarkingCase], scores: Mapping[int, Standing]) -> tuple[Decimal, Decimal]:
    """The points if every case that marks decide had its lowest, or its highest, counted mark."""
    low = high = points
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
        select(Result.id, Result.person_id, Result.attempt_id)
        .join(Attempt, Attempt.id == Result.attempt_id)
        .outerjoin(Release, Release.result_id == Result.id)
        .where(Result.sitting_id == sitting.id, Release.result_id.is_(None), Attempt.state != "void", queries.present())
    )
    rows = session.execute(query).all()
    if not rows:
        return 0
    ids = [row.id for row in rows]
    session.execute(insert(Release), [{"result_id": key, "at": now, "policy": policy, "by_id": by} for key in ids])
    session.execute(update(Result).where(Result.id.in_(ids)).values(settled_at=now))
    owners = [(row.person_id, row.attempt_id) for row in rows]
    notices.tell_each(owners, "result.released", now, title=sitting.title)
    return len(rows)
