"""Verbs on corrections: plan one, prepare its rows, apply, undo, discard (docs/decisions/0060)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, exists, insert, select, tuple_, update

from examengine.bank import rekeying
from examengine.bank.models import Item, ItemVersion
from examengine.core import audit
from examengine.core.db import session, to_micro
from examengine.core.errors import Conflict, Forbidden, Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.delivery import actions as delivery
from examengine.delivery import states
from examengine.delivery.conflicts import find_hidden
from examengine.delivery.models import Attempt, ItemResponse
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.grading import following, queries
from examengine.grading.following import Verdict
from examengine.grading.models import Correction, Score
from examengine.itemtypes.base import JSONValue

EXAM_KINDS = ("points", "everyone", "drop")
MOST_REASON = 400


def get_correction(correction_id: int) -> Correction:
    """Raises Missing."""
    found = session.get(Correction, correction_id)
    if found is None:
        raise Missing
    return found


def plan_key(item: Item, shown: ItemVersion, data: Mapping[str, JSONValue], now: datetime, by: int) -> Correction:
    """A draft: answers to what candidates saw in `shown` are judged by the key of `data`, wherever they were given.

    Raises Invalid, Conflict, Missing (enrolled), Forbidden (has answered it herself).
    """
    _check_free(by, now, item.id)
    version = rekeying.rekeyed(item, shown, data, now, by)
    versions = sorted(other.id for other in rekeying.find_family(shown) if other.id != version.id)
    applied = [
        c for c in following.find_applied([item.id]) if c.kind == "key" and set(c.before["versions"]) & {*versions}
    ]
    if not versions or (applied and applied[-1].version_id == version.id):
        raise Invalid(N_("This is the key as it stands: nothing would change."))
    before = {"versions": versions, "published": item.published_id}
    made = Correction(kind="key", item_id=item.id, version_id=version.id, before=before, after={"version": version.id})
    return _plan(made, now, by)


def plan_for_exam(exam_id: int, item_id: int, kind: str, points: Decimal | None, now: datetime, by: int) -> Correction:
    """A draft for everybody who was dealt the item in an exam: other points, full points, or it does not count.

    Raises Missing (no such exam or item, enrolled), Invalid, Forbidden (has sat it herself).
    """
    if kind not in EXAM_KINDS or (kind == "points") != (points is not None):
        raise Invalid(N_("Choose what is to be corrected."))
    _check_free(by, now, item_id, exam_id)
    if not exams.uses_item(exam_id, item_id):
        raise Missing
    maxima = find_maxima(exam_id, item_id)
    if points is not None and {to_micro(points)} == {to_micro(maximum) for maximum in maxima}:
        raise Invalid(N_("The question is worth these points already: nothing would change."))
    after = {} if points is None else {"points": str(points)}
    before = {"points": [f"{maximum.normalize():f}" for maximum in maxima]}
    return _plan(Correction(kind=kind, item_id=item_id, exam_id=exam_id, before=before, after=after), now, by)


def plan_score(
    attempt_id: int, slot: int, points: Decimal, now: datetime, by: int, *, as_lead: bool = False
) -> Correction:
    """A draft: other points for one answer of one attempt.

    Raises Missing (no such answer, enrolled; `as_lead`: not the exam's lead), Conflict, Invalid, Forbidden (her own).
    """
    attempt = delivery.locked(attempt_id)
    answer = next((a for a in following.find_answers([attempt_id], _items(attempt_id)) if a.slot == slot), None)
    if answer is None or (as_lead and not queries.may_lead(answer.exam_id, by)):
        raise Missing
    if attempt.state not in states.CLOSED or attempt.scored_at is None:
        raise Conflict(N_("This answer has no score that could be corrected."))
    _check_free(by, now, answer.item_id, answer.exam_id)
    score = queries.latest_scores([attempt_id]).get(attempt_id, {}).get(slot)
    if score is None:
        raise Conflict(N_("This answer has no score yet: graders have it."))
    if not score.maximum:
        raise Conflict(N_("This question does not count, so its points cannot be corrected."))
    if not (points.is_finite() and 0 <= points <= score.maximum and points == points.quantize(Decimal("0.01"))):
        most = {"maximum": f"{score.maximum.normalize():f}"}
        raise Invalid(Message(N_("Points go from 0 to %(maximum)s, with at most two decimals."), most))
    if to_micro(points) == to_micro(score.points):
        raise Invalid(N_("The answer has these points already: nothing would change."))
    rows = following.find_rows([answer.key]).get(answer.key, [])
    judged = max((row.number for row in rows if row.is_judgement), default=0)
    made = Correction(
        kind="score",
        item_id=answer.item_id,
        exam_id=answer.exam_id,
        attempt_id=attempt_id,
        slot=slot,
        before={"points": str(score.points), "maximum": str(score.maximum)},
        after={"points": str(points), "maximum": str(score.maximum), "judged": judged},
    )
    return _plan(made, now, by)


def _items(attempt_id: int) -> set[int]:
    query = select(ItemVersion.item_id).join(ItemResponse, ItemResponse.version_id == ItemVersion.id)
    return set(session.scalars(query.where(ItemResponse.attempt_id == attempt_id)))


def _plan(made: Correction, now: datetime, by: int) -> Correction:
    made.by_id, made.created_at, made.state = by, now, "draft"
    session.add(made)
    session.flush()
    made.basis = following.overlapping(made)
    session.flush()
    facts: dict[str, Any] = {"kind": made.kind, "item": made.item_id, "exam": made.exam_id, "attempt": made.attempt_id}
    facts |= {"slot": made.slot, "before": made.before, "after": made.after}
    audit.record(now, by, "correction.plan", "correction", made.id, **facts)
    return made


def _check_free(by: int, now: datetime, item_id: int, exam_id: int | None = None) -> None:
    """Nobody corrects what she is asked or was asked herself (semantics §4). Raises Missing, Forbidden."""
    hidden = find_hidden(by, now)
    if item_id in hidden.items or exam_id in hidden.exams:
        raise Missing
    sat = select(Attempt.id).join(Sitting, Sitting.id == Attempt.sitting_id)
    sat = sat.where(Attempt.person_id == by, Sitting.exam_id == exam_id)
    asked = (
        select(Attempt.id)
        .join(ItemResponse, ItemResponse.attempt_id == Attempt.id)
        .join(ItemVersion, ItemVersion.id == ItemResponse.version_id)
        .where(Attempt.person_id == by, ItemVersion.item_id == item_id)
    )
    if session.scalar(select(exists(sat if exam_id is not None else asked))):
        raise Forbidden(N_("You have sat this yourself, so somebody else must correct it."))


def find_maxima(exam_id: int, item_id: int) -> list[Decimal]:
    """What the item is worth at present in scored attempts of an exam, without what does not count, ascending."""
    query = (
        select(Score.maximum)
        .join(Attempt, Attempt.id == Score.attempt_id)
        .join(Sitting, Sitting.id == Attempt.sitting_id)
        .join(ItemVersion, ItemVersion.id == Score.version_id)
        .where(Sitting.exam_id == exam_id, ItemVersion.item_id == item_id, Attempt.state.in_(states.CLOSED))
        .where(queries.stands())
        .distinct()
    )
    return sorted(session.scalars(query))


def proposed(correction: Correction, attempt_ids: Sequence[int]) -> list[Verdict]:
    """What answers of these attempts would earn with the correction, beside the corrections in force."""
    answers = following.find_answers(attempt_ids, [correction.item_id])
    own = [answer for answer in answers if following.concerns(correction, answer)]
    others = [c for c in following.find_applied([correction.item_id]) if c.id != correction.id]
    return following.verdicts(own, [*others, correction], correction.id)


def write(
    correction_id: int, round_: int, after: int, upto: int, rows: Sequence[dict[str, Any]], now: datetime
) -> None:
    """Add prepared rows of the attempts `after` to `upto`, once. Raises Conflict (discarded, others are at it)."""
    mine = update(Correction).where(
        Correction.id == correction_id,
        Correction.state == "draft",
        Correction.round == round_,
        Correction.written_to == after,
    )
    if session.execute(mine.values(written_to=upto).returning(Correction.id)).one_or_none() is None:
        raise Conflict(N_("This correction is being prepared elsewhere, or it was discarded."))
    if rows:
        session.execute(insert(Score), [row | {"correction_id": correction_id, "at": now} for row in rows])


def ready(correction_id: int, round_: int, counts: Mapping[str, int]) -> None:
    """All its rows are written: it may be applied."""
    done = update(Correction).where(Correction.id == correction_id, Correction.state == "draft")
    session.execute(done.where(Correction.round == round_).values(state="ready", counts=dict(counts)))


def renew(correction_id: int, now: datetime, by: int) -> Correction:
    """Prepare it anew, by the scores and corrections as they are now. Raises Conflict (applied or discarded)."""
    correction = _locked(correction_id)
    _check_free(by, now, correction.item_id, correction.exam_id)
    if correction.state not in ("draft", "ready", "undone"):
        raise Conflict(N_("This correction is applied or discarded."))
    correction.state, correction.round, correction.written_to = "draft", correction.round + 1, 0
    correction.basis = following.overlapping(correction)
    session.flush()
    audit.record(now, by, "correction.renew", "correction", correction_id, round=correction.round)
    return correction


def _locked(correction_id: int) -> Correction:
    query = select(Correction).where(Correction.id == correction_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise Missing
    return found


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid(N_("A reason is needed."))
    return reason[:MOST_REASON]


STALE = N_("Scores have changed since the preview, so it is made anew. Please look at it again before you apply it.")


def apply(correction_id: int, reason: str, now: datetime, by: int) -> Correction:
    """Bring its rows into force; results follow by a sweep.

    Raises Invalid (no reason), Conflict (not ready; code "stale": what it rests on has changed), Missing, Forbidden.
    """
    correction, reason = _locked(correction_id), _reason(reason)
    _check_free(by, now, correction.item_id, correction.exam_id)
    if correction.state not in ("ready", "undone"):
        raise Conflict(N_("This correction does not wait to be applied."))
    if correction.basis != following.overlapping(correction):
        raise Conflict(STALE, code="stale")
    before = correction.state
    correction.state, correction.applied_at, correction.applied_by_id, correction.reason = "applied", now, by, reason
    _switched(correction)
    if correction.kind == "key" and correction.version_id is not None:
        rekeying.adopt(correction.item_id, correction.version_id, correction.before["versions"], now, by, reason)
    _record("apply", correction, reason, before, now, by)
    return correction


def undo(correction_id: int, reason: str, now: datetime, by: int) -> Correction:
    """Take its rows out of force; results follow by a sweep. Raises Invalid, Conflict, Missing, Forbidden."""
    correction, reason = _locked(correction_id), _reason(reason)
    _check_free(by, now, correction.item_id, correction.exam_id)
    if correction.state != "applied":
        raise Conflict(N_("This correction is not applied."))
    correction.state, correction.undone_at, correction.undone_by_id = "undone", now, by
    correction.undo_reason = reason
    _switched(correction)
    published = correction.before.get("published")
    if correction.version_id is not None and published in correction.before["versions"]:
        rekeying.adopt(correction.item_id, published, [correction.version_id], now, by, reason)
    _record("undo", correction, reason, "applied", now, by)
    return correction


def _switched(correction: Correction) -> None:
    correction.turn, correction.settled, correction.settled_to = correction.turn + 1, False, 0
    session.flush()


def _record(act: str, correction: Correction, reason: str, before: str, now: datetime, by: int) -> None:
    facts = {"kind": correction.kind, "item": correction.item_id, "exam": correction.exam_id}
    states_ = {"before": before, "after": correction.state}
    audit.record(
        now, by, f"correction.{act}", "correction", correction.id, reason, **facts, **states_, counts=correction.counts
    )
    if correction.attempt_id is not None:
        change = {
            "slot": correction.slot,
            "from": correction.before,
            "to": correction.after,
            "correction": correction.id,
        }
        audit.record(now, by, f"score.{act}", "attempt", correction.attempt_id, reason, **change)


def discard(correction_id: int, now: datetime, by: int) -> Correction:
    """Give up a correction that waits to be applied; its rows are cleared away by a sweep. Raises Conflict, Missing."""
    correction = _locked(correction_id)
    _check_free(by, now, correction.item_id, correction.exam_id)
    if correction.state not in ("draft", "ready"):
        raise Conflict(N_("Only a correction that waits to be applied can be discarded."))
    _discard(correction, now, by)
    return correction


def refuse(correction_id: int, now: datetime) -> None:
    """Preparing it has shown that it cannot be: it is discarded."""
    _discard(_locked(correction_id), now, None)


def _discard(correction: Correction, now: datetime, by: int | None) -> None:
    if correction.turn:  # it was in force once, and what it did then stays on file
        correction.state = "undone"
    else:
        correction.state, correction.settled = "discarded", False
    session.flush()
    audit.record(now, by, "correction.discard", "correction", correction.id, kind=correction.kind)


def clear(correction: Correction, limit: int) -> bool:
    """Delete some of a discarded correction's rows; they were never in force. Returns whether there may be more."""
    key = Score.attempt_id, Score.slot, Score.number
    some = session.execute(select(*key).where(Score.correction_id == correction.id).limit(limit)).all()
    if some:
        session.execute(delete(Score).where(tuple_(*key).in_([tuple(row) for row in some])))
    return len(some) == limit


def find_unsettled(limit: int) -> Sequence[int]:
    """Corrections whose state results do not follow yet."""
    query = select(Correction.id).where(~Correction.settled).order_by(Correction.id)
    return session.scalars(query.limit(limit)).all()


def settled_to(correction: Correction, turn: int, attempt_id: int | None) -> None:
    """Results follow up to this attempt (None: all do), unless it was switched again meanwhile."""
    values: dict[str, Any] = {"settled": True} if attempt_id is None else {"settled_to": attempt_id}
    session.execute(update(Correction).where(Correction.id == correction.id, Correction.turn == turn).values(values))


def is_barred(correction: Correction, person_id: int, now: datetime) -> bool:
    """Whether somebody else must apply or undo it."""
    try:
        _check_free(person_id, now, correction.item_id, correction.exam_id)
    except (Forbidden, Missing):
        return True
    return False
