"""One sitting, a line a person: the attempt that counts, its result, what it waits for. Columns only: rooms are big."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select

from examengine.accounts.models import Person, Team
from examengine.core.db import session
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, Sitting
from examengine.grading.models import MarkingCase
from examengine.results import scale
from examengine.results.models import Release, Result


class Sat(NamedTuple):
    """An attempt."""

    id: int
    number: int
    state: str
    started_at: datetime
    submitted_at: datetime | None


class Got(NamedTuple):
    """A result."""

    points: Decimal
    maximum: Decimal
    percent: Decimal
    passed: bool
    borderline: bool
    released_at: datetime | None


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
    columns = Attempt.id, Attempt.number, Attempt.state, Attempt.started_at, Attempt.submitted_at
    query = select(Attempt.person_id, *columns).where(Attempt.sitting_id == sitting_id).order_by(Attempt.number)
    for row in session.execute(query):
        found.setdefault(row.person_id, []).append(Sat._make(row[1:]))
    return found


def _results(sitting_id: int) -> Mapping[int, Got]:
    """By attempt: its latest result."""
    columns = Result.points, Result.maximum, Result.percent, Result.passed, Result.borderline, Release.at
    query = select(Result.attempt_id, *columns).outerjoin(Release, Release.result_id == Result.id)
    query = query.where(Result.sitting_id == sitting_id).order_by(Result.revision)
    return {row.attempt_id: Got._make(row[1:]) for row in session.execute(query)}


def _counted(mine: Sequence[Sat], results: Mapping[int, Got], counts: str) -> Sat | None:
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
