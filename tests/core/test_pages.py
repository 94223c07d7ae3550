"""Pages of long lists."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from examengine.core.db import session
from examengine.core.facts import Fact, find_fact, set_fact
from examengine.core.pages import Page, paged


@pytest.mark.parametrize(
    ("wanted", "page", "names"),
    [
        (1, 1, ["a", "b", "c"]),
        (3, 3, ["g"]),
        (4, 3, ["g"]),
        (10**6, 3, ["g"]),
        (0, 1, ["a", "b", "c"]),
        (-5, 1, ["a", "b", "c"]),
    ],
)
def test_a_page_of_seven_by_threes(app: Flask, wanted: int, page: int, names: list[str]) -> None:
    for name in "gfedcba":
        set_fact(name, 1)
    found = paged(select(Fact).order_by(Fact.name), wanted, 3)
    assert [fact.name for fact in found.rows] == names
    assert (found.page, found.total, found.pages) == (page, 7, 3)


def test_a_filtered_list_counts_what_it_shows(app: Flask) -> None:
    for name in "abc":
        set_fact(name, 1)
    assert paged(select(Fact).where(Fact.name < "c").order_by(Fact.name), 1, 2).total == 2


def test_an_empty_list_has_one_empty_page(app: Flask) -> None:
    found = paged(select(Fact), 3)
    assert (list(found.rows), found.page, found.pages, found.total) == ([], 1, 1, 0)


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (100, 2), (101, 3)])
def test_how_many_pages_there_are(total: int, pages: int) -> None:
    assert Page([], 1, 50, total).pages == pages


def test_a_fact_is_kept_and_replaced(app: Flask) -> None:
    assert find_fact("demo") is None
    set_fact("demo", {"a": [1]})
    session.flush()
    set_fact("demo", {"a": [2]})
    session.commit()
    assert find_fact("demo") == {"a": [2]}
