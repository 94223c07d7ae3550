"""People with their last released results, as managers see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import aliased, contains_eager, joinedload

from examengine.accounts.models import Person, Team
from examengine.accounts.queries import holds, named
from examengine.core.db import session
from examengine.core.pages import SIZE, Page
from examengine.delivery.models import Attempt
from examengine.exams.models import Sitting
from examengine.results.models import Release, Result


@dataclass(frozen=True)
class PersonLine:
    """A person in the manager's list with her last released result."""

    person: Person
    result: Result | None
    title: str | None


@dataclass(frozen=True)
class PersonFilter:
    """Which people the manager's list shows."""

    words: str = ""
    team_id: int | None = None
    everyone: bool = False
    """Not operators only."""
    inactive: bool = False
    """Who left too."""
    excluded: Collection[int] = ()
    """Exams whose results do not exist for the reader."""


def _people(chosen: PersonFilter) -> Select[Person, Result]:
    """The people, each with her last released result, which an index has at its end for each of them."""
    shown = aliased(Result)
    latest = (
        select(shown.id)
        .join(Release, Release.result_id == shown.id)
        .join(Attempt, Attempt.id == shown.attempt_id)
        .where(shown.person_id == Person.id, Attempt.state != "void", shown.exam_id.not_in(chosen.excluded))
        .order_by(shown.id.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )
    query = select(Person, Result).outerjoin(Team, Team.id == Person.team_id).outerjoin(Result, Result.id == latest)
    if chosen.words:
        query = query.where(named(chosen.words))
    if chosen.team_id is not None:
        query = query.where(Person.team_id == chosen.team_id)
    if not chosen.everyone:
        query = query.where(holds("operator"))
    return query if chosen.inactive else query.where(Person.active)


LAST = {"passed": Result.passed.is_(True), "failed": Result.passed.is_(False), "none": Result.id.is_(None)}
PERSON_SORTS = {
    "name": Person.name,
    "username": Person.username,
    "team": Team.name,
    "percent": Result.percent,
    "date": Result.id,
}


def find_person_lines(chosen: PersonFilter, last: str = "", sort: str = "name", page: int = 1) -> Page[PersonLine]:
    """A page of people; `last`: whose last result is one of LAST; sorted by a name of PERSON_SORTS."""
    counts = count_last(chosen)
    total = counts.get(last, 0) if last in LAST else sum(counts.values())
    page = max(1, min(page, -(-total // SIZE)))
    column: Any = PERSON_SORTS.get(sort.removeprefix("-"), Person.name)
    order = (column.desc() if sort.startswith("-") else column.asc()).nulls_last(), Person.name, Person.id
    found = _people(chosen).where(LAST[last]) if last in LAST else _people(chosen)
    here = found.with_only_columns(Person.id).order_by(*order).limit(SIZE).offset((page - 1) * SIZE)
    ids = session.scalars(here).all()  # those of this page alone are read whole
    query = _people(chosen).add_columns(Sitting.title).outerjoin(Sitting, Sitting.id == Result.sitting_id)
    query = query.options(contains_eager(Person.team), joinedload(Result.release)).where(Person.id.in_(ids))
    return Page([PersonLine(*row) for row in session.execute(query.order_by(*order))], page, SIZE, total)


def count_last(chosen: PersonFilter) -> Mapping[str, int]:
    """How many of the people have a last result of each of LAST."""
    word = sql_case(*((condition, name) for name, condition in LAST.items()))
    found = _people(chosen).with_only_columns(word.label("last")).subquery()
    return {row[0]: row[1] for row in session.execute(select(found.c.last, func.count()).group_by(found.c.last))}
