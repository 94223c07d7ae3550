"""All that the marking page shows of one task."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from examengine.bank import queries as bank
from examengine.core import html
from examengine.core.errors import Conflict, Forbidden, Missing
from examengine.core.i18n import N_
from examengine.delivery.conflicts import NOTHING, find_hidden
from examengine.exams import queries as exams
from examengine.grading import queries
from examengine.grading.models import Mark, MarkingCase, MarkingTask
from examengine.itemtypes.base import Criterion, Level
from examengine.web.marker import pace

DAY = timedelta(hours=12)


@dataclass(frozen=True)
class Sheet:
    """A task as its grader sees it: blind."""

    task: MarkingTask
    script: queries.Script
    label: str
    """The kind of question."""
    title: str
    mark: Mark | None
    """Her own that stands."""
    mode: str
    """mark (hers, under a lease), lapsed (the lease ran out), change (marked, not decided), decided."""
    done: int
    open: int
    seconds_left: int | None
    last: Mark | None
    """Her latest mark, to put a slip right."""

    @property
    def case(self) -> MarkingCase:
        """The answer's case."""
        return self.task.case

    @property
    def top(self) -> Decimal:
        """The most points on the rubric's own scale."""
        return sum((criterion.maximum for criterion in self.script.rubric), Decimal(0))


def keys(criterion: Criterion) -> list[str]:
    """The key that chooses each level: its number; where levels are bare points, the points themselves."""
    if criterion.title:
        return [str(n) if n < 10 else "" for n in range(1, len(criterion.levels) + 1)]
    return [_digit(level) for level in criterion.levels]


def _digit(level: Level) -> str:
    whole = level.points == level.points.to_integral_value() and level.points < 10
    return str(int(level.points)) if whole else ""


def load(task_id: int, person_id: int, now: datetime, *, also_open: bool = False) -> Sheet:
    """The sheet of a task that the person holds or has done.

    `also_open`: one that is back in the queue too, for who sends a mark too late. Raises Missing, Forbidden (she has
    left the graders), Conflict (decided).
    """
    task = allowed(task_id, person_id, now, also_open=also_open)
    case = task.case
    frozen = bank.frozen([case.version_id])[case.version_id]
    piles = queries.find_piles(person_id, NOTHING)
    pile = next((p for p in piles if (p.version_id, p.exam_id) == (case.version_id, case.exam_id)), None)
    times = queries.find_mark_times(person_id, case.version_id, now - DAY)
    waiting = pile.open if pile else 0
    own = queries.find_own_marks(person_id, {case.exam_id}, 1, 1).rows
    return Sheet(
        task,
        queries.get_script(case),
        frozen.kind.label,
        (html.plain(frozen.content.stem) or frozen.code).splitlines()[0],
        queries.find_standing_mark(task.id, person_id),
        _mode(task, person_id, now),
        pile.done if pile else 0,
        waiting,
        pace.left(times, now, waiting),
        own[0] if own else None,
    )


def allowed(task_id: int, person_id: int, now: datetime, *, also_open: bool = False) -> MarkingTask:
    """The task, if its page is the person's to see. Raises as `load` does."""
    task = queries.find_task(task_id)
    if find_hidden(person_id, now).has(task.exam_id, task.version_id) or task.case.candidate_id == person_id:
        raise Missing
    hers = task.holder_id == person_id
    if task.exam_id not in exams.find_exams_of_duty(person_id, ("grader",)):
        raise Forbidden(N_("You are not a grader of this exam any more.")) if hers else Missing()
    if not hers and also_open and task.state == "void":
        raise Conflict(N_("This answer was decided meanwhile and needs no further mark."), code="decided")
    if not hers and not (also_open and task.state == "open" and task.case.open_round == task.round):
        raise Missing(N_("Your time for it ran out, or it was decided meanwhile."))
    return task


def _mode(task: MarkingTask, person_id: int, now: datetime) -> str:
    if task.case.open_round != task.round:
        return "decided"
    if task.state == "done":
        return "change"
    runs = task.holder_id == person_id and task.lease_until is not None and task.lease_until >= now
    return "mark" if runs else "lapsed"
