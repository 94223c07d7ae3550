"""What corrections do to official figures: a preview while one is prepared, results that follow the switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, text
from sqlalchemy import case as sql_case
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from examengine.core import clock
from examengine.core.db import outlast_writers, reading, session
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.core.tasks import Work
from examengine.delivery import actions as delivery
from examengine.delivery import states
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.grading import corrections, following
from examengine.grading import queries as grading
from examengine.grading.cases import OPEN
from examengine.grading.corrections import get_correction
from examengine.grading.following import Verdict
from examengine.grading.models import Correction, MarkingCase, Score
from examengine.results import actions, scale
from examengine.results.models import CorrectionLine

CHUNK = 100
"""Attempts that are prepared at a time: their rows are written in a few milliseconds."""
TRIES = 5
CLEARED = 300
LOCK_S = 0.03
"""Seconds after which a round of following up gives the write lock back."""
PATIENCE_S = 2.0
"""Seconds for which a round waits for closings at hand; the next one goes on waiting."""


def prepare(work: Work) -> Mapping[str, Any]:
    """Write a draft's score rows and preview, a few attempts at a time; goes on where it was stopped."""
    correction_id = int(work.args["correction"])
    with reading():
        correction = get_correction(correction_id)
        round_, written = correction.round, correction.written_to
        total, done = _count(correction, 0), 0
        done = total - _count(correction, written)
        session.rollback()
    try:
        while (upto := _prepare_next(correction_id, round_, written)) is not None:
            written, done = upto[0], done + upto[1]
            work.step(done, max(done, total))
        with reading():
            counts = summary(correction_id, round_)
            session.rollback()
        corrections.ready(correction_id, round_, counts)
    except Invalid:
        session.rollback()
        corrections.refuse(correction_id, clock.now())
        session.commit()
        raise
    return {"correction": correction_id}


def _count(correction: Correction, after: int) -> int:
    own = following.scope(correction).where(Attempt.id > after).subquery()
    return session.scalar(select(func.count(own.c.attempt_id.distinct()))) or 0


def _prepare_next(correction_id: int, round_: int, after: int) -> tuple[int, int] | None:
    """The next attempts; gives up to which they are written and how many, None after the last. Not committed."""
    for again in range(TRIES):
        with reading():  # what takes time is done without the write lock
            correction = get_correction(correction_id)
            ids = following.find_next(correction, after, CHUNK)
            verdicts = corrections.proposed(correction, ids) if ids else []
            lines = _lines(correction, round_, verdicts)
            session.rollback()
        if not ids:
            return None
        try:
            rows = [row for verdict in verdicts if (row := verdict.row) is not None]
            corrections.write(correction_id, round_, after, ids[-1], rows, clock.now())
            _write_lines(correction_id, lines)
            return ids[-1], len(ids)
        except IntegrityError:  # a score came in between and took the number: look again
            session.rollback()
            if again == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _write_lines(correction_id: int, lines: Sequence[Mapping[str, Any]]) -> None:
    ids = [line["attempt_id"] for line in lines]
    old = delete(CorrectionLine).where(CorrectionLine.correction_id == correction_id)
    session.execute(old.where(CorrectionLine.attempt_id.in_(ids)))
    if lines:
        session.execute(insert(CorrectionLine), lines)


def _lines(correction: Correction, round_: int, verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """A line for each attempt that the answers belong to (an item is dealt once a paper). Raises Invalid."""
    ids = [verdict.answer.attempt_id for verdict in verdicts]
    sums, open_slots = _sums(ids), _open_slots(ids)
    return [
        _line(correction, round_, v, sums.get(v.answer.attempt_id, {}), open_slots.get(v.answer.attempt_id, set()))
        for v in verdicts
    ]


def _sums(attempt_ids: Sequence[int]) -> Mapping[int, Mapping[int, tuple[Decimal, Decimal]]]:
    """By attempt and slot: points and maximum that stand."""
    query = select(Score.attempt_id, Score.slot, Score.points, Score.maximum)
    query = query.where(Score.attempt_id.in_(attempt_ids), grading.in_force()).order_by(Score.number)
    found: dict[int, dict[int, tuple[Decimal, Decimal]]] = {}
    for attempt_id, slot, points, maximum in session.execute(query):
        found.setdefault(attempt_id, {})[slot] = points, maximum
    return found


def _open_slots(attempt_ids: Sequence[int]) -> Mapping[int, set[int]]:
    query = select(MarkingCase.attempt_id, MarkingCase.slot)
    query = query.where(MarkingCase.attempt_id.in_(attempt_ids), MarkingCase.state.in_(OPEN))
    found: dict[int, set[int]] = {}
    for attempt_id, slot in session.execute(query):
        found.setdefault(attempt_id, set()).add(slot)
    return found


def _line(
    correction: Correction,
    round_: int,
    verdict: Verdict,
    sums: Mapping[int, tuple[Decimal, Decimal]],
    waiting: set[int],
) -> dict[str, Any]:
    answer, standing, wanted = verdict.answer, verdict.standing, verdict.wanted
    pass_mark = exams.get_deal(answer.revision_id).plan.terms.pass_mark
    before = None if waiting else _percent(sums)
    after = dict(sums)
    marking = 0
    if wanted is not None:
        after[answer.slot] = wanted.points, wanted.maximum
        marking = -1 if answer.slot in waiting and not wanted.needs_people else 0
    elif answer.slot not in waiting:
        marking = 1
    still = (waiting - {answer.slot}) if marking == -1 else waiting | ({answer.slot} if marking == 1 else set())
    if after and not still and not sum(maximum for _, maximum in after.values()):
        raise Invalid(N_("With this, no question would count any more for some attempts."))
    figure = None if still else _percent(after)
    was, will = (standing.points, standing.maximum) if standing else None, after.get(answer.slot) if wanted else None
    return {
        "correction_id": correction.id,
        "attempt_id": answer.attempt_id,
        "round": round_,
        "sitting_id": answer.sitting_id,
        "slot": answer.slot,
        "rested_on": standing.number if standing else 0,
        "points_before": was[0] if was else None,
        "maximum_before": was[1] if was else None,
        "points_after": will[0] if will else None,
        "maximum_after": will[1] if will else None,
        "percent_before": before,
        "percent_after": figure,
        "changed": was != will,
        "flip": _flip(before, figure, pass_mark),
        "marking": marking,
    }


def _percent(sums: Mapping[int, tuple[Decimal, Decimal]]) -> Decimal:
    points = sum((points for points, _ in sums.values()), Decimal(0))
    return scale.percent(points, sum((maximum for _, maximum in sums.values()), Decimal(0)))


def _flip(before: Decimal | None, after: Decimal | None, pass_mark: Decimal) -> int:
    if before is None or after is None:
        return 0
    return int(scale.passed(after, pass_mark)) - int(scale.passed(before, pass_mark))


def summary(correction_id: int, round_: int) -> dict[str, int]:
    """What the preview's lines add up to."""
    line = CorrectionLine
    percents = and_(line.percent_before.is_not(None), line.percent_after.is_not(None))
    conditions = {
        "answers": line.attempt_id > 0,
        "changed": line.changed,
        "percents": and_(percents, line.percent_before != line.percent_after),
        "gained": line.flip == 1,
        "lost": line.flip == -1,
        "to_graders": line.marking == 1,
        "from_graders": line.marking == -1,
    }
    columns = [func.sum(sql_case((condition, 1), else_=0)) for condition in conditions.values()]
    row = session.execute(select(*columns).where(line.correction_id == correction_id, line.round == round_)).one()
    return {name: int(value or 0) for name, value in zip(conditions, row, strict=True)}


def is_stale(correction: Correction) -> bool:
    """Whether scores or attempts have come since the preview was made. Reads every line: without the write lock."""
    line = CorrectionLine
    own = and_(line.correction_id == correction.id, line.round == correction.round)
    if correction.basis != following.overlapping(correction):
        return True
    fresh = following.scope(correction).where(Attempt.scored_at.is_not(None))
    lined = select(line.attempt_id).where(own, line.attempt_id == Attempt.id).exists()
    if session.execute(fresh.where(~lined).limit(1)).first() is not None:
        return True
    last = (
        select(func.coalesce(func.max(Score.number), 0))
        .where(Score.attempt_id == line.attempt_id, Score.slot == line.slot, grading.in_force())
        .where(Score.correction_id.is_distinct_from(correction.id))
        .scalar_subquery()
    )
    return session.execute(select(line.attempt_id).where(own, line.rested_on != last).limit(1)).first() is not None


def settle(correction_id: int, now: datetime) -> bool:
    """Scores and results of some more attempts follow a correction that was applied or undone. Idempotent.

    A discarded one's rows are cleared away instead.
    """
    correction = get_correction(correction_id)
    turn, begun = correction.turn, clock.seconds()
    if correction.settled:
        return False
    if correction.state == "discarded":
        return _clear(correction)
    if not correction.settled_to and not outlast_writers(PATIENCE_S):
        return False  # who was closing an attempt when it was switched did not see it, nor do we see the attempt yet
    ids = following.find_next(correction, correction.settled_to, CHUNK)
    if not ids:
        corrections.settled_to(correction, turn, None)
        return True
    for attempt_id in ids:
        _follow(correction, attempt_id, now)
        if clock.seconds() - begun > LOCK_S:
            break
    corrections.settled_to(correction, turn, attempt_id)
    return True


def _clear(correction: Correction) -> bool:
    if not corrections.clear(correction, CLEARED):
        session.execute(delete(CorrectionLine).where(CorrectionLine.correction_id == correction.id))
        corrections.settled_to(correction, correction.turn, None)
    return True


def _follow(correction: Correction, attempt_id: int, now: datetime) -> None:
    attempt = delivery.locked(attempt_id)
    if attempt.state not in states.CLOSED or attempt.scored_at is None:
        return  # whoever scores it sees what is in force
    answers = following.follow(attempt, now, [correction.item_id])
    undone = correction.state != "applied"
    by = correction.undone_by_id if undone else correction.applied_by_id
    reason = correction.undo_reason if undone else correction.reason
    slots = [answer.slot for answer in answers if following.concerns(correction, answer)]
    cause = {"correction": correction.id, "kind": correction.kind, "slots": slots, "undone": undone}
    actions.revise(attempt_id, reason, now, by, cause=cause)


def find_marked_again(limit: int) -> Sequence[int]:
    """Attempts with answers that were opened to graders after a correction and are all decided."""
    other = aliased(MarkingCase)
    undecided = select(other.id).where(other.attempt_id == MarkingCase.attempt_id, other.state.in_(OPEN)).exists()
    # As the partial index has it: SQLAlchemy would write "again = 1" for SQLite, which finds no such index.
    query = select(MarkingCase.attempt_id).where(text("marking_case.again"), ~undecided).distinct().limit(limit)
    return session.scalars(query).all()


def look_again(attempt_id: int, now: datetime) -> bool:
    """The result of an attempt whose answers were marked after a correction."""
    attempt = delivery.locked(attempt_id)
    for case in grading.find_cases([attempt.id]):
        case.again = False
    session.flush()
    actions.revise(attempt_id, "", now, None, cause={"kind": "marked", "slots": [], "undone": False})
    return True
