"""Written answers that wait for graders, and graders who mark them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from examengine.bank.models import Item
from examengine.core import clock
from examengine.core.db import session
from examengine.delivery.models import Attempt
from examengine.exams import plans
from examengine.exams.models import Exam, Sitting
from examengine.grading import actions, queries
from examengine.grading.models import Mark, MarkingCase, MarkingTask
from tests.making import World

LEVELS = ("0", "5", "6", "7", "8", "8.5", "9", "10")
"""Of the one criterion: any total that the tests need is one of them."""
RUBRIC = [{"criterion": "Whole", "levels": [{"points": points, "text": f"like {points}"} for points in LEVELS]}]


def essay(world: World, code: str | None = None) -> Item:
    """An essay of 10 points with one criterion (tolerance 1)."""
    return world.item("essay", code, points="10", data={"rubric": RUBRIC})


def exam(world: World, *items: Item, **terms: Any) -> Exam:
    """An exam of these essays (default: one)."""
    slots = tuple(plans.FixedSlot(item.id) for item in items or (essay(world),))
    marking = plans.MarkingPolicy(**terms.pop("marking", {}))
    made = plans.Terms(shuffle_items=False, marking=marking, **terms)
    return world.exam_of(plans.Plan(made, (plans.Section("Part 1", slots),)))


def hand_in(world: World, sitting: Sitting, name: str = "cem", answer: str | None = None) -> Attempt:
    """An attempt with `answer` (default: a text of its own) to everything, handed in and scored."""
    attempt = world.start(sitting, name)
    text = f"what {attempt.id} wrote" if answer is None else answer
    values = dict.fromkeys(range(1, len(attempt.paper["slots"]) + 1), text)
    entries = [{"slot": slot, "t": slot, "value": value} for slot, value in values.items()]
    world.save(world.token(attempt, name), 1, entries)
    return world.submit(attempt, values, name)


def answered(world: World, **terms: Any) -> MarkingCase:
    """The case of Cem's essay."""
    attempt = hand_in(world, world.sitting(exam(world, **terms)))
    return case_of(attempt)


def case_of(attempt: Attempt, slot: int = 1) -> MarkingCase:
    """The case of an attempt's slot."""
    session.expire_all()
    return next(case for case in queries.find_cases([attempt.id]) if case.slot == slot)


def claim(world: World, name: str, version_id: int | None = None) -> MarkingTask | None:
    """The next task of a grader, committed."""
    task = actions.claim_next(world.person(name).id, clock.now(), version_id)
    session.commit()
    return task


def mark_task(world: World, name: str, task_id: int, total: str, comment: str = "") -> Mark:
    """A mark of a task that the grader holds or has done."""
    levels: list[int | None] = [LEVELS.index(total)]
    made = actions.give_mark(task_id, world.person(name).id, levels, comment, clock.now())
    session.commit()
    return made


def mark(world: World, name: str, total: str, comment: str = "") -> Mark:
    """A mark of the grader's next task."""
    task = claim(world, name)
    assert task is not None, f"nothing to mark for {name}"
    return mark_task(world, name, task.id, total, comment)


def points_of(attempt_id: int, slot: int = 1) -> Decimal:
    """The points that stand."""
    session.expire_all()
    return queries.latest_scores([attempt_id])[attempt_id][slot].points
