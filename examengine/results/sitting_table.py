"""One sitting, a line a person: the attempt that counts, its result, what it waits for. Columns only: rooms are big."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, func, select, type_coerce

from examengine.accounts.models import Person, Team
from examengine.core.db import MICRO, moment, session
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, Sitting
from examengine.grading.models import MarkingCase
from examengine.results import scale
from examengine.results.models import Release, Result


class Sat(NamedTuple):
    """An attempt; its moments as the driver gives them, for of thousands a page shows fifty."""

    id: int
    number: int
    state: str
    began: Any
    handed_in: Any

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return moment(self.began)

    @property
    def submitted_at(self) -> datetime | None:
        """When it was handed in, or its time ran out."""
        return None if self.handed_in is None else moment(self.handed_in)


class Got(NamedTuple):
    """A result; numbers in 10⁻⁶ and the moment as the driver gives it."""

    points_micro: int
    maximum_micro: int
    percent_micro: int
    passed: bool
    borderline: bool
    went_out: Any

    @property
    def points(self) -> Decimal:
        """What was reached."""
        return self.points_micro * MICRO

    @property
    def maximum(self) -> Decimal:
        """What could be."""
        return self.maximum_micro * MICRO

    @property
    def percent(self) -> Decimal:
        """Of the maximum."""
        return self.percent_micro * MICRO

    @property
    def released_at(self) -> datetime | None:
        """When it went out."""
        return None if self.went_out is None else moment(self.went_out)


class SittingRow(NamedTuple):
    """One person's line."""

    person_id: int
    username: str
    name: str
    team: str
    enrolment_id: int
    enrolment_state: str
    attempt: Sat | None
    """The attempt that counts, else the latest."""
    attempts: int
    result: Got | None
    waiting: int
    """Answers of the attempt that wait for people."""


def sitting_table(sitting: Sitting) -> list[SittingRow]:
    """Everybody enrolled, by name; four statements."""
    counts = exams.get_deal(sitting.revision_id).plan.terms.counts
    own, results, waiting = _attempts(sitting.id), _results(sitting.id), _waiting(sitting.id)
    people = (
        select(Person.id, Person.username, Person.name, func.coalesce(Team.name, ""), Enrolment.id, Enrolment.state)
        .select_from(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(Team, Team.id == Person.team_id)
        .where(Enrolment.sitting_id == sitting.id, Enrolment.state != "left")
        .order_by(Person.name, Person.id)
    )
    rows = []
    for person in session.execute(people):
        mine = own.get(person[0], ())
        counted = _counted(mine, results, counts)
        key = counted.id if counted else 0
        rows.append(SittingRow(*person, counted, len(mine), results.get(key), waiting.get(key, 0)))
    return rows


def _attempts(sitting_id: int) -> Mapping[int, list[Sat]]:
    found: dict[int, list[Sat]] = {}
    columns = Attempt.id, Attempt.number, Attempt.state, _raw(Attempt.started_at), _raw(Attempt.submitted_at)
    query = select(Attempt.person_id, *columns).where(Attempt.sitting_id == sitting_id).order_by(Attempt.number)
    for person_id, *row in session.execute(query):
        found.setdefault(person_id, []).append(Sat(*row))
    return found


def _raw(column: Any) -> ColumnElement[Any]:
    """A column without what its type makes of it."""
    return type_coerce(column, BigInteger)


def _results(sitting_id: int) -> Mapping[int, Got]:
    """By attempt: its latest result."""
    numbers = map(_raw, (Result.points, Result.maximum, Result.percent))
    columns = *numbers, Result.passed, Result.borderline, _raw(Release.at)
    query = select(Result.attempt_id, *columns).outerjoin(Release, Release.result_id == Result.id)
    query = query.where(Result.sitting_id == sitting_id).order_by(Result.revision)
    return {attempt_id: Got(*row) for attempt_id, *row in session.execute(query)}


def _counted(mine: Sequence[Sat], results: Mapping[int, Got], counts: str) -> Sat | None:
    if len(mine) == 1:
        return mine[0]
    valid = [a for a in mine if a.state != "void"]
    done = {a.number: a for a in valid if a.id in results}
    number = scale.official([(n, results[a.id].percent) for n, a in done.items()], counts)
    if number is not None:
        return done[number]
    known = valid or mine
    return known[-1] if known else None


def _waiting(sitting_id: int) -> Mapping[int, int]:
    query = (
        select(MarkingCase.attempt_id, func.count())
        .join(Attempt, Attempt.id == MarkingCase.attempt_id)
        .where(Attempt.sitting_id == sitting_id, MarkingCase.state.in_(("waiting", "lead")))
        .group_by(MarkingCase.attempt_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}
