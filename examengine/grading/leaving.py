"""Somebody leaves the company: all that ends at once with her account, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from examengine.accounts import actions as accounts
from examengine.accounts.models import Person
from examengine.delivery import queries as delivery
from examengine.exams import actions as exams
from examengine.grading import actions, queries


@dataclass(frozen=True)
class Left:
    """What ended."""

    tasks: int
    enrolments: int


def deactivate(person: Person, now: datetime, by: int | None, reason: str = "") -> Left:
    """Keep a person out. Her marking tasks go back to the queue, sittings not started are left; all records stay.

    Raises Conflict for the last active administrator.
    """
    accounts.deactivate(person, now, by, reason)
    enrolments = exams.leave_sittings(person.id, now, by, delivery.find_begun_of(person.id), reason)
    return Left(actions.return_tasks(queries.find_holding(person.id), now), enrolments)
