"""People with their last released results, as managers see them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from examengine.accounts.models import Person, Team
from examengine.accounts.queries import holds, named
from examengine.core.db import session
from examengine.core.pages import SIZE, Page
from examengine.delivery.models import Attempt
from examengine.exams.models import Sitting
from examengine.results.models import Release, Result

Ts = TypeVarTuple("Ts")


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


def _latest(chosen: PersonFilter, wanted: Callable[[type[Result]], Any]) -> ScalarSelect[Any]:
    """What is `wanted` of a person's last released result, which an index has at its end for each of them."""
    shown = aliased(Result)
    return (
        select(wanted(shown))
        .join(Release, Release.result_id == shown.id)
        .join(Attempt, Attempt.id == shown.attempt_id)
        .where(shown.person_id == Person.id, Attempt.state != "void", shown.exam_id.not_in(chosen.excluded))
        .order_by(shown.id.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )


def _people(chosen: PersonFilter) -> Select[Person, Result]:
    """The people, each with her last released result."""
    last = _latest(chosen, lambda shown: shown.id)
    query = select(Person, Result).outerjoin(Team, Team.id == Person.team_id).outerjoin(Result, Result.id == last)
    return _narrowed(query, chosen)


def _narrowed(query: Select[*Ts], chosen: PersonFilter) -> Select[*Ts]:
    if chosen.words:
        query = query.where(named(chosen.words))
    if chosen.team_id is not None:
        query = query.where(Person.team_id == chosen.team_id)
    if not chosen.everyone:
        query = query.where(holds("operator"))
    return query if chosen.inactive else query.where(Person.active)


LAST = {"passed": Result.passed.is_(True), "failed": Result.passed.is_(False), "none": Result.id.is_(None)}
_WORDS = {True: "passed", False: "failed", None: "none"}
PERSON_SORTS = {
    "name": Person.name,
    "username": Person.username,
    "team": Team.name,
    "percent": Result.percent,
    "date": Result.id,
}


def find_person_lines(
    chosen: PersonFilter, counts: Mapping[str, int], last: str = "", sort: str = "name", page: int = 1
) -> Page[PersonLine]:
    """A page of people, of whom there are `counts` (of count_last); `last`: whose last result is one of LAST; sorted
    by a name of PERSON_SORTS."""
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
    # No result is joined: a database that hashes them would read those of all the years.
    passed = _narrowed(select(_latest(chosen, lambda shown: shown.passed).label("passed")).select_from(Person), chosen)
    found = passed.subquery()
    counted = session.execute(select(found.c.passed, func.count()).group_by(found.c.passed))
    return {_WORDS[row[0]]: row[1] for row in counted}
