"""Pages of long lists, cut by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select

from examengine.core.db import session

T = TypeVar("T")
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of rows; `page` counts from 1."""

    rows: Sequence[T]
    page: int
    size: int
    total: int
    cut: bool = False
    """Whether there may be more than `total`, which nobody counted."""

    @property
    def pages(self) -> int:
        """How many pages there are (at least one)."""
        return max(1, -(-self.total // self.size))


def paged(query: Select[T], page: int, size: int = SIZE, most: int | None = None) -> Page[T]:
    """The page of a query's single entity; a page beyond the last one is the last; `most`: rows that are counted."""
    counted: Select[Any] = select(func.count()).select_from(query.order_by(None).limit(most).subquery())
    total = session.scalar(counted) or 0
    page = max(1, min(page, max(1, -(-total // size))))
    rows = session.scalars(query.limit(size).offset((page - 1) * size)).all()
    return Page(rows, page, size, total, cut=total == most)
