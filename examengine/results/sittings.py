"""Sittings as managers see them: a list with counts, figures over all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import contains_eager

from examengine.core.db import session
from examengine.core.pages import Page, paged
from examengine.delivery import states
from examengine.delivery.models import Attempt
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.results.models import Result


@dataclass(frozen=True)
class SittingLine:
    """A sitting in the manager's list with its counts."""

    sitting: Sitting
    enrolled: int
    begun: int
    waiting: int
    """Attempts handed in that have no result yet."""
    unreleased: int


_UNMARKED = (Attempt.result_at.is_(None), Attempt.state.in_(states.CLOSED))


def _unreleased() -> Select[int]:
    """Sitting ids of results that are not out, void attempts' apart."""
    query = select(Result.sitting_id).join(Attempt, Attempt.id == Result.attempt_id)
    return query.where(Result.settled_at.is_(None), Attempt.state != "void")


STAGES = ("open", "upcoming", "over", "withdrawn", "marking", "release")


def _at_stage(stage: str, now: datetime) -> ColumnElement[bool]:
    planned = Sitting.state == "planned"
    return {
        "open": and_(planned, Sitting.opens_at <= now, Sitting.hard_close_at > now),
        "upcoming": and_(planned, Sitting.opens_at > now),
        "over": and_(planned, Sitting.hard_close_at <= now),
        "withdrawn": Sitting.state == "withdrawn",
        "marking": Sitting.id.in_(select(Attempt.sitting_id).where(*_UNMARKED)),
        "release": Sitting.id.in_(_unreleased()),
    }[stage]


SITTING_SORTS = {"title": Sitting.title, "opens": Sitting.opens_at, "closes": Sitting.hard_close_at}


def find_sitting_lines(
    now: datetime,
    *,
    stage: str = "",
    words: str = "",
    exam_id: int | None = None,
    excluded: Collection[int] = (),
    sort: str = "-opens",
    page: int = 1,
) -> Page[SittingLine]:
    """A page of sittings, with their exams and counts, at one of STAGES; sorted by a name of SITTING_SORTS."""
    query = select(Sitting).join(Sitting.exam).options(contains_eager(Sitting.exam))
    if stage in STAGES:
        query = query.where(_at_stage(stage, now))
    if words:
        query = query.where(Sitting.title.icontains(words, autoescape=True))
    if exam_id is not None:
        query = query.where(Sitting.exam_id == exam_id)
    if excluded:
        query = query.where(Sitting.exam_id.not_in(excluded))
    column: Any = SITTING_SORTS.get(sort.removeprefix("-"), Sitting.opens_at)
    found = paged(query.order_by(column.desc() if sort.startswith("-") else column.asc(), Sitting.id.desc()), page)
    ids = [sitting.id for sitting in found.rows]
    enrolled, begun, waiting = exams.count_enrolled(ids), _count_attempts(ids), _count_attempts(ids, *_UNMARKED)
    out = _counts(_unreleased().where(Result.sitting_id.in_(ids)), Result.sitting_id)
    rows = [
        SittingLine(row, enrolled.get(row.id, 0), begun.get(row.id, 0), waiting.get(row.id, 0), out.get(row.id, 0))
        for row in found.rows
    ]
    return Page(rows, found.page, found.size, found.total)


def _count_attempts(sitting_ids: Collection[int], *conditions: ColumnElement[bool]) -> Mapping[int, int]:
    query = select(Attempt.sitting_id).where(Attempt.sitting_id.in_(sitting_ids), *conditions)
    return _counts(query, Attempt.sitting_id)


def _counts(query: Select[int], column: Any) -> Mapping[int, int]:
    return {row[0]: row[1] for row in session.execute(query.add_columns(func.count()).group_by(column))}


def count_unreleased(sitting_id: int) -> int:
    """How many complete results of a sitting are not out."""
    return _counts(_unreleased().where(Result.sitting_id == sitting_id), Result.sitting_id).get(sitting_id, 0)


@dataclass(frozen=True)
class SittingFigures:
    """What the manager's sittings need of her."""

    open: int
    """Sittings."""
    waiting: int
    """Attempts handed in without a result."""
    unreleased: int
    """Results."""


def sitting_figures(now: datetime, excluded: Collection[int] = ()) -> SittingFigures:
    """Counts over all sittings, those of the `excluded` exams apart."""
    seen = select(Sitting.id).where(Sitting.exam_id.not_in(excluded))
    counted = (
        select(func.count()).select_from(Sitting).where(_at_stage("open", now), Sitting.id.in_(seen)),
        select(func.count()).select_from(Attempt).where(*_UNMARKED, Attempt.sitting_id.in_(seen)),
        select(func.count()).select_from(_unreleased().where(Result.sitting_id.in_(seen)).subquery()),
    )
    return SittingFigures(*session.execute(select(*(query.scalar_subquery() for query in counted))).one())
