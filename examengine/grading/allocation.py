"""Who marks what next (pure; semantics §4): item by item, oldest item first, in a stable random order within it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OpenTask:
    """An open task as far as the choice needs it."""

    task_id: int
    version_id: int
    created_at: datetime
    shuffle: int
    assigned: bool = False
    """Whether it was given to this grader by name: such tasks come first."""


def shuffle_key() -> int:
    """A random place in the order within an item, drawn once a task."""
    return random.SystemRandom().getrandbits(31)


def in_order(tasks: Iterable[OpenTask], current_version: int | None = None) -> list[OpenTask]:
    """Tasks in the order in which a grader gets them; the item she is at goes on until it is done."""
    tasks = list(tasks)
    oldest: dict[int, datetime] = {}
    for task in tasks:
        oldest[task.version_id] = min(task.created_at, oldest.get(task.version_id, task.created_at))
    return sorted(
        tasks,
        key=lambda t: (
            not t.assigned,
            t.version_id != current_version,
            oldest[t.version_id],
            t.version_id,
            t.shuffle,
            t.task_id,
        ),
    )
