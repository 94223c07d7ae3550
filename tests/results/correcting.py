"""Corrections as tests make them: planned, prepared, applied, undone, and followed by results."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from examengine.bank.models import Item
from examengine.core import clock, tasks
from examengine.core.db import session
from examengine.delivery.models import Attempt
from examengine.exams.models import Exam, Sitting
from examengine.grading import corrections, queries
from examengine.grading.models import Correction
from examengine.jobs import sweeps, work
from examengine.results import actions as results
from examengine.results.models import Result
from tests.making import World

OPTIONS = ("Listen first", "Transfer at once", "Hang up")


def choice(world: World, code: str | None = None, *, key: int = 0, points: str = "2") -> Item:
    """A single choice whose key is the option of that number."""
    return world.item(code=code, points=points, data=keyed(key))


def keyed(key: int) -> dict[str, Any]:
    """Authoring data with that key."""
    return {"options": [{"text": f"<p>{text}</p>", "key": n == key} for n, text in enumerate(OPTIONS)]}


def answered(world: World, sitting: Sitting, name: str, raw: Mapping[int, Any]) -> Attempt:
    """An attempt with these values by slot (of choices: numbers of options as the author wrote them), handed in."""
    attempt = world.start(sitting, name)
    values = {}
    for slot, value in raw.items():
        order = attempt.paper["slots"][slot - 1]["order"]
        values[slot] = order.index(value) if order and isinstance(value, int) else value
    world.save(world.token(attempt, name), 1, [{"slot": s, "t": s, "value": v} for s, v in values.items()])
    return world.submit(attempt, values, name)


def prepare(correction: Correction) -> None:
    """Do the task that writes its rows."""
    session.commit()
    task = tasks.plan("correct", {"correction": correction.id}, clock.now(), correction.by_id)
    session.commit()
    assert work.run(task.id)
    session.expire_all()


def rekey(world: World, item: Item, data: Mapping[str, Any], by: str = "ann") -> Correction:
    """A correction of the key, prepared."""
    shown = item.published
    assert shown is not None
    whole = {**shown.content, **data}
    made = corrections.plan_key(item, shown, whole, clock.now(), world.person(by).id)
    prepare(made)
    return made


def for_exam(world: World, exam: Exam, item: Item, kind: str, points: str | None = None) -> Correction:
    """A correction for everybody of an exam, prepared."""
    worth = None if points is None else Decimal(points)
    made = corrections.plan_for_exam(exam.id, item.id, kind, worth, clock.now(), world.person("kim").id)
    prepare(made)
    return made


def single(world: World, attempt: Attempt, slot: int, points: str) -> Correction:
    """A correction of one score, prepared."""
    made = corrections.plan_score(attempt.id, slot, Decimal(points), clock.now(), world.person("kim").id)
    prepare(made)
    return made


def apply(world: World, correction: Correction, by: str = "kim", *, follow: bool = True) -> None:
    """Apply it; results follow unless told otherwise."""
    corrections.apply(correction.id, "The key was wrong", clock.now(), world.person(by).id)
    session.commit()
    if follow:
        run_sweeps()


def undo(world: World, correction: Correction, by: str = "kim", *, follow: bool = True) -> None:
    """Undo it; results follow unless told otherwise."""
    corrections.undo(correction.id, "It was right after all", clock.now(), world.person(by).id)
    session.commit()
    if follow:
        run_sweeps()


def run_sweeps() -> None:
    """Until nothing is due."""
    session.commit()
    for _ in range(50):
        if not sweeps.run_all():
            break
    else:
        raise AssertionError("the sweeps never rest")
    session.expire_all()


def complete(attempt: Attempt) -> None:
    """The first result of an attempt."""
    results.complete(attempt.id, clock.now())
    session.commit()


def ledger(attempt: Attempt) -> list[Result]:
    """All results of an attempt, in order."""
    session.expire_all()
    return session.query(Result).filter_by(attempt_id=attempt.id).order_by(Result.revision).all()


def percents(attempt: Attempt) -> list[str]:
    """Their percents."""
    return [f"{result.percent:.2f}" for result in ledger(attempt)]


def earned(attempt: Attempt) -> dict[int, tuple[Decimal, Decimal]]:
    """By slot: points and maximum that stand."""
    session.expire_all()
    found = queries.latest_scores([attempt.id]).get(attempt.id, {})
    return {slot: (score.points, score.maximum) for slot, score in found.items()}
