"""Scores follow the corrections in force: what each answer should earn, and the rows that make it so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, insert, or_, select, tuple_

from examengine.bank import queries as bank
from examengine.bank.models import ItemVersion
from examengine.bank.queries import Frozen
from examengine.core.db import Hot, session
from examengine.delivery import queries as attempts
from examengine.delivery import states
from examengine.delivery.models import Attempt, ItemResponse
from examengine.exams.models import Sitting
from examengine.grading import cases, queries, rescoring
from examengine.grading.models import Correction, MarkingCase, Score
from examengine.grading.rescoring import Judgement, Row, Ruling


@dataclass(frozen=True)
class Answer:
    """A response with what its score depends on."""

    attempt_id: int
    slot: int
    version_id: int
    """As it was dealt."""
    item_id: int
    value: Any
    maximum: Decimal
    """As it was dealt."""
    exam_id: int
    sitting_id: int
    person_id: int
    revision_id: int

    @property
    def key(self) -> tuple[int, int]:
        """Attempt and slot."""
        return self.attempt_id, self.slot


@dataclass(frozen=True)
class Verdict:
    """An answer, the row that stands, and what should stand (None: people have yet to judge)."""

    answer: Answer
    standing: Row | None
    wanted: Judgement | None
    last: int
    """Highest number of its rows, in force or not."""
    effective: Row | None
    """The row that would stand if nothing were added: `standing`, or one that the correction at hand has already."""

    @property
    def row(self) -> dict[str, Any] | None:
        """The score row that makes it so, without its correction and time; None when it is so already."""
        if self.wanted is None or self.wanted.same_as(self.effective):
            return None
        return {
            "attempt_id": self.answer.attempt_id,
            "slot": self.answer.slot,
            "number": self.last + 1,
            "version_id": self.wanted.version_id,
            "source": self.wanted.source,
            "points": self.wanted.points,
            "maximum": self.wanted.maximum,
            "evidence": dict(self.wanted.evidence),
        }


def scope(correction: Correction) -> Select[int, int]:
    """Attempt and slot of the answers that a correction is about, in closed attempts."""
    query = (
        select(ItemResponse.attempt_id, ItemResponse.slot)
        .join(Attempt, Attempt.id == ItemResponse.attempt_id)
        .where(Attempt.state.in_(states.CLOSED))
    )
    if correction.attempt_id is not None:
        return query.where(ItemResponse.attempt_id == correction.attempt_id, ItemResponse.slot == correction.slot)
    if correction.kind == "key":
        return query.where(ItemResponse.version_id.in_(correction.before["versions"]))
    versions = select(ItemVersion.id).where(ItemVersion.item_id == correction.item_id)
    sittings = select(Sitting.id).where(Sitting.exam_id == correction.exam_id)
    return query.where(ItemResponse.version_id.in_(versions), Attempt.sitting_id.in_(sittings))


def find_next(correction: Correction, after: int, limit: int) -> Sequence[int]:
    """Ids of the next attempts in a correction's scope."""
    query = scope(correction).with_only_columns(ItemResponse.attempt_id).distinct()
    query = query.where(ItemResponse.attempt_id > after).order_by(ItemResponse.attempt_id).limit(limit)
    return session.scalars(query).all()


def find_answers(attempt_ids: Collection[int], item_ids: Collection[int]) -> list[Answer]:
    """The answers of scored attempts to these items, by attempt and slot."""
    query = (
        select(
            ItemResponse.attempt_id,
            ItemResponse.slot,
            ItemResponse.version_id,
            ItemResponse.value,
            ItemVersion.item_id,
            Attempt.paper,
            Sitting.exam_id,
            Attempt.sitting_id,
            Attempt.person_id,
            Attempt.revision_id,
        )
        .join(Attempt, Attempt.id == ItemResponse.attempt_id)
        .join(Sitting, Sitting.id == Attempt.sitting_id)
        .join(ItemVersion, ItemVersion.id == ItemResponse.version_id)
        .where(ItemResponse.attempt_id.in_(attempt_ids), ItemVersion.item_id.in_(item_ids))
        .where(Attempt.scored_at.is_not(None))
        .order_by(ItemResponse.attempt_id, ItemResponse.slot)
    )
    found = []
    for row in session.execute(query):
        dealt = attempts.slots(row.paper)[row.slot - 1]
        place = row.exam_id, row.sitting_id, row.person_id, row.revision_id
        answer = Answer(row.attempt_id, row.slot, row.version_id, row.item_id, row.value, dealt.points, *place)
        found.append(answer)
    return found


def find_applied(item_ids: Collection[int]) -> Sequence[Correction]:
    """Corrections in force on these items, in the order in which they were applied."""
    query = select(Correction).where(Correction.item_id.in_(item_ids), Correction.state == "applied")
    return session.scalars(query.order_by(Correction.applied_at, Correction.id)).all()


def _corrected(item_ids: Collection[int]) -> frozenset[int]:
    """Those of the items that corrections in force are on: nearly always none, so it is asked without ceremony."""
    if not item_ids:
        return frozenset()
    connection = session.connection()
    asked = connection.exec_driver_sql(*_asks_corrected(item_ids, connection.dialect.name != "sqlite"))
    return frozenset(row[0] for row in asked)


def _asks_corrected(item_ids: Collection[int], postgres: bool) -> tuple[str, tuple[int, ...]]:
    places = ", ".join(["%s" if postgres else "?"] * len(item_ids))
    which = f"state = 'applied' AND item_id IN ({places})"
    sql = f"SELECT DISTINCT item_id FROM correction WHERE {which}"  # noqa: S608 (places only)
    return sql, tuple(item_ids)


def is_any_corrected(hot: Hot, item_ids: Collection[int]) -> bool:
    """Whether corrections in force are on any of the items (there are some)."""
    return bool(hot.execute(*_asks_corrected(item_ids, hot.postgres)))


def concerns(correction: Correction, answer: Answer) -> bool:
    """Whether the correction is about this answer."""
    if correction.item_id != answer.item_id:
        return False
    if correction.attempt_id is not None:
        return (correction.attempt_id, correction.slot) == answer.key
    if correction.kind == "key":
        return answer.version_id in correction.before["versions"]
    return correction.exam_id == answer.exam_id


def ruling(correction: Correction) -> Ruling:
    """The correction as the rules take it."""
    after = correction.after
    points, maximum = (Decimal(after[name]) if name in after else None for name in ("points", "maximum"))
    return Ruling(correction.id, correction.kind, correction.version_id, points, maximum, int(after.get("judged", 0)))


def verdicts(answers: Sequence[Answer], corrections: Sequence[Correction], at_hand: int | None = None) -> list[Verdict]:
    """What the answers should earn if `corrections` were in force; a fixed number of statements.

    `at_hand`: the one of them that is being prepared. Its own rows do not stand yet.
    """
    held = {
        answer.key: rescoring.rules(
            answer.version_id, answer.maximum, (ruling(c) for c in corrections if concerns(c, answer))
        )
        for answer in answers
    }
    frozen = bank.frozen(rule.version_id for rule in held.values())
    rows = find_rows(held)
    return [_verdict(answer, held[answer.key], frozen, rows.get(answer.key, []), at_hand) for answer in answers]


def _verdict(
    answer: Answer, held: rescoring.Rules, frozen: Mapping[int, Frozen], rows: list[Row], at_hand: int | None
) -> Verdict:
    version = frozen[held.version_id]
    scoring = version.kind.score(version.content, version.kind.restore(answer.value))
    wanted = rescoring.judged(held, scoring, rows)
    standing = next((row for row in reversed(rows) if row.in_force), None)
    own = at_hand is not None
    effective = next((row for row in reversed(rows) if row.in_force or (own and row.correction_id == at_hand)), None)
    return Verdict(answer, standing, wanted, rows[-1].number if rows else 0, effective)


def find_rows(keys: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], list[Row]]:
    """All score rows of these attempts and slots, in order, with whether they are in force."""
    found: dict[tuple[int, int], list[Row]] = {}
    columns = Score.version_id, Score.points, Score.maximum, Score.source, Score.evidence
    query = select(
        Score.attempt_id, Score.slot, Score.number, *columns, queries.in_force().label("held"), Score.correction_id
    ).where(tuple_(Score.attempt_id, Score.slot).in_(list(keys)))
    for attempt_id, slot, number, *rest in session.execute(query.order_by(Score.number)):
        found.setdefault((attempt_id, slot), []).append(Row(number, *rest))
    return found


def follow(attempt: Attempt, now: datetime, item_ids: Collection[int] | None = None) -> list[Answer]:
    """Make the scores of a scored attempt, whose row is locked, what the corrections in force say. Idempotent.

    Only answers to `item_ids` are looked at; None: to all items that corrections are in force on. Whoever writes a
    score row that is no correction's calls this after it. Returns the answers that it looked at.
    """
    if item_ids is None:
        dealt = bank.frozen(slot.version_id for slot in attempts.slots(attempt.paper))
        item_ids = _corrected({version.item_id for version in dealt.values()})
        applied = find_applied(item_ids) if item_ids else ()
    else:
        applied = find_applied(item_ids)
    if not item_ids:
        return []
    answers = find_answers([attempt.id], item_ids)
    known = cases.by_slot(attempt.id)
    for verdict in verdicts(answers, applied):
        _enforce(verdict, applied, now)
        _call(attempt, verdict, known.get(verdict.answer.slot), now)
    return answers


def _enforce(verdict: Verdict, applied: Sequence[Correction], now: datetime) -> None:
    if verdict.row is not None:
        last = next((c.id for c in reversed(applied) if concerns(c, verdict.answer)), None)
        session.execute(insert(Score), [verdict.row | {"correction_id": last, "at": now}])


def _call(attempt: Attempt, verdict: Verdict, case: MarkingCase | None, now: datetime) -> None:
    """Graders are called for an answer, or relieved of it."""
    if verdict.wanted is None:
        if case is None:
            version = bank.frozen([verdict.answer.version_id])[verdict.answer.version_id]
            answer = verdict.answer
            cases.open_cases(attempt, [(answer.slot, answer.value, version, answer.maximum)], now, again=True)
        elif case.shut_from is not None:
            cases.reopen(case, now)
    elif not verdict.wanted.needs_people and case is not None and case.state in cases.OPEN:
        cases.shut(case, now)


def overlapping(correction: Correction) -> list[int]:
    """Ids of the other corrections in force that are about some of the same answers, as far as their scopes tell."""
    query = select(Correction.id).where(
        Correction.item_id == correction.item_id, Correction.state == "applied", Correction.id != correction.id
    )
    if correction.exam_id is not None:
        query = query.where(or_(Correction.exam_id == correction.exam_id, Correction.exam_id.is_(None)))
    if correction.attempt_id is not None:
        query = query.where(or_(Correction.attempt_id == correction.attempt_id, Correction.attempt_id.is_(None)))
    return sorted(session.scalars(query))
