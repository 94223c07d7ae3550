"""Who marks what next: item by item, oldest item first, random but stable within it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from examengine.grading.allocation import OpenTask, in_order, shuffle_key

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def task(task_id: int, version: int, minutes: int = 0, shuffle: int = 0) -> OpenTask:
    return OpenTask(task_id, version, NINE + timedelta(minutes=minutes), shuffle)


def order(*tasks: OpenTask, at: int | None = None) -> list[int]:
    return [one.task_id for one in in_order(tasks, at)]


def test_an_item_is_marked_to_its_end_before_the_next() -> None:
    assert order(task(1, 7, 0), task(2, 8, 1), task(3, 7, 2), task(4, 8, 3)) == [1, 3, 2, 4]


def test_the_item_with_the_oldest_task_comes_first() -> None:
    assert order(task(1, 7, 5), task(2, 8, 9), task(3, 8, 1)) == [2, 3, 1]


def test_within_an_item_the_drawn_order_counts_and_not_the_age() -> None:
    assert order(task(1, 7, 0, 30), task(2, 7, 1, 10), task(3, 7, 2, 20)) == [2, 3, 1]


def test_the_item_she_is_at_goes_on() -> None:
    assert order(task(1, 7, 0), task(2, 8, 5), at=8) == [2, 1]
    assert order(task(1, 7, 0), task(2, 8, 5), at=99) == [1, 2]


def test_equal_items_are_kept_apart() -> None:
    assert order(task(1, 8), task(2, 7), task(3, 8), task(4, 7)) == [2, 4, 1, 3]


def test_nothing_open_is_nothing_to_do() -> None:
    assert order() == []


_TASKS = st.lists(
    st.builds(task, st.integers(1, 99), st.integers(1, 4), st.integers(0, 5), st.integers(0, 3)),
    unique_by=lambda one: one.task_id,
)


@given(_TASKS, st.none() | st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_grader_sees_one_order_however_the_database_gave_it(
    tasks: list[OpenTask], at: int | None, shuffler: random.Random
) -> None:
    other = list(tasks)
    shuffler.shuffle(other)
    assert in_order(tasks, at) == in_order(other, at)
    assert sorted(order(*tasks, at=at)) == sorted(one.task_id for one in tasks)


@given(_TASKS, st.none() | st.integers(1, 4))
def test_items_are_never_mixed(tasks: list[OpenTask], at: int | None) -> None:
    versions = [one.version_id for one in in_order(tasks, at)]
    changes = sum(before != after for before, after in pairwise(versions))
    assert changes == max(0, len(set(versions)) - 1)
    if at in versions:
        assert versions[0] == at


def test_a_tasks_place_is_random_and_fits_an_integer_column() -> None:
    keys = {shuffle_key() for _ in range(100)}
    assert len(keys) > 90
    assert all(0 <= key < 2**31 for key in keys)
