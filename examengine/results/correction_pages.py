"""Reads for the pages of corrections: a preview's lines, and what became of a result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import case as sql_case
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from examengine.accounts.models import Person
from examengine.core.db import session
from examengine.core.pages import SIZE, Page, paged
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.grading import queries as grading
from examengine.grading.models import Correction
from examengine.results import review, scale
from examengine.results.models import CorrectionLine, Release, Result

SHOWN = {"passes": CorrectionLine.flip != 0, "changed": CorrectionLine.changed, "all": CorrectionLine.attempt_id > 0}


@dataclass(frozen=True)
class Previewed:
    """One attempt's line of a preview."""

    line: CorrectionLine
    number: int
    """Its place in the list, for who may not see names."""
    name: str
    username: str
    sitting: str
    passed_before: bool | None
    passed_after: bool | None


def find_lines(correction: Correction, show: str, sitting_id: int | None, page: int = 1) -> Page[Previewed]:
    """A page of the preview: passes that change first."""
    query = select(CorrectionLine).where(
        CorrectionLine.correction_id == correction.id, CorrectionLine.round == correction.round, SHOWN[show]
    )
    if sitting_id is not None:
        query = query.where(CorrectionLine.sitting_id == sitting_id)
    order = (CorrectionLine.flip == 0, CorrectionLine.flip.desc(), CorrectionLine.changed.desc())
    found = paged(query.order_by(*order, CorrectionLine.attempt_id), page)
    who = _who([line.attempt_id for line in found.rows])
    first = (found.page - 1) * SIZE
    rows = [_previewed(line, first + n, who[line.attempt_id]) for n, line in enumerate(found.rows, 1)]
    return Page(rows, found.page, found.size, found.total)


def _who(attempt_ids: Collection[int]) -> Mapping[int, tuple[str, str, str, int]]:
    query = (
        select(Attempt.id, Person.name, Person.username, Sitting.title, Attempt.revision_id)
        .join(Person, Person.id == Attempt.person_id)
        .join(Sitting, Sitting.id == Attempt.sitting_id)
        .where(Attempt.id.in_(attempt_ids))
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in session.execute(query)}


def _previewed(line: CorrectionLine, number: int, who: tuple[str, str, str, int]) -> Previewed:
    name, username, sitting, revision_id = who
    pass_mark = exams.get_deal(revision_id).plan.terms.pass_mark
    before, after = (
        None if percent is None else scale.passed(percent, pass_mark)
        for percent in (line.percent_before, line.percent_after)
    )
    return Previewed(line, number, name, username, sitting, before, after)


@dataclass(frozen=True)
class OfSitting:
    """What a preview adds up to in one sitting."""

    sitting_id: int
    title: str
    answers: int
    changed: int
    gained: int
    lost: int


def by_sitting(correction: Correction) -> Sequence[OfSitting]:
    """The preview's sums by sitting, latest first."""

    def count(condition: object) -> object:
        return func.sum(sql_case((condition, 1), else_=0))  # type: ignore[arg-type]  # a column's condition

    line = CorrectionLine
    sums = count(line.changed), count(line.flip == 1), count(line.flip == -1)
    query = (
        select(Sitting.id, Sitting.title, func.count(), *sums)  # type: ignore[call-overload]  # sums are columns
        .join(line, line.sitting_id == Sitting.id)
        .where(line.correction_id == correction.id, line.round == correction.round)
        .group_by(Sitting.id, Sitting.title, Sitting.opens_at)
        .order_by(Sitting.opens_at.desc())
    )
    return [OfSitting(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class Revised:
    """A revision of a result beside the one before it."""

    at: datetime
    before: Result
    after: Result
    kind: str
    """Of the correction behind it; "marked": graders marked again after one; empty: something else."""
    slots: tuple[int, ...]
    undone: bool
    reason: str
    withheld: bool
    """Whether the reason must wait, since others are still to be asked the question."""


def find_history(attempt: Attempt, now: datetime, *, released_only: bool) -> list[Revised]:
    """How a result came to be what it is, latest first; `released_only`: as its owner was told."""
    query = select(Result).where(Result.attempt_id == attempt.id).options(joinedload(Result.release))
    if released_only:
        query = query.join(Release, Release.result_id == Result.id)
    rows = session.scalars(query.order_by(Result.revision)).all()
    if len(rows) < 2:
        return []
    open_slots = _withheld(attempt, now) if released_only else frozenset()
    return [_revised(before, after, open_slots) for before, after in pairwise(rows)][::-1]


def _withheld(attempt: Attempt, now: datetime) -> frozenset[int]:
    """Slots whose keys may not be shown yet: what a trainer wrote about them may tell the key."""
    dealt = {slot["version"]: n for n, slot in enumerate(attempt.paper["slots"], 1)}
    scores = grading.latest_scores([attempt.id]).get(attempt.id, {})
    if attempt.sitting.state == "withdrawn":  # as on the result page
        return frozenset(dealt.values())
    judged_by = ((version, scores[n].version_id if n in scores else version) for version, n in dealt.items())
    return frozenset(dealt[version] for version in review.withheld(judged_by, now))


def _revised(before: Result, after: Result, open_slots: frozenset[int]) -> Revised:
    cause = after.cause or {"kind": "", "slots": [], "undone": False}
    slots = tuple(cause["slots"])
    withheld = bool(after.reason) and not open_slots.isdisjoint(slots)
    at = after.release.at if after.release else after.complete_at
    reason = "" if withheld else after.reason
    return Revised(at, before, after, cause["kind"], slots, bool(cause["undone"]), reason, withheld)
