"""The table of long work: what is to be done, how far it is, whether it was stopped (docs/decisions/0006)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core import audit, clock
from examengine.core.db import Base, JSONText, session
from examengine.core.errors import Conflict, Missing
from examengine.core.i18n import N_

OPEN = ("waiting", "working")
SILENT = timedelta(minutes=2)
"""A worker that has not been heard of for so long is taken for dead; another goes on."""
LOST = timedelta(seconds=30)
"""A task that has waited so long was perhaps never put into the queue."""
_OPEN = text("state IN ('waiting', 'working')")


class Task(Base):
    """A piece of long work. `args` and `outcome` are the kind's own."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_open", "beat_at", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    args: Mapped[Any] = mapped_column(JSONText)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, working, done, failed or stopped."""
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    """Steps in all; 0 while nobody knows."""
    stop_asked: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[Any] = mapped_column(JSONText, default=dict)
    by_id: Mapped[int | None]
    created_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    """When it was last heard of."""
    ended_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Whether it still waits or works."""
        return self.state in OPEN


class Stopped(Exception):
    """Somebody asked for the work to stop; what is committed stays."""


@dataclass(frozen=True)
class Work:
    """A task at work, as its handler sees it. It may have been begun before: a handler goes on or does things twice
    without harm."""

    task_id: int
    args: Mapping[str, Any]
    by: int | None

    def step(self, done: int, total: int) -> None:
        """Commit what was done so far and say how far that is. Raises Stopped."""
        values = {"done": done, "total": total, "beat_at": clock.now()}
        query = update(Task).where(Task.id == self.task_id).values(values).returning(Task.stop_asked)
        asked = session.execute(query).scalar_one()
        session.commit()
        if asked:
            raise Stopped


Handler = Callable[[Work], Mapping[str, Any]]
"""Does the work in short transactions, calling `step` after each; gives the outcome. It may raise a Problem."""


def plan(kind: str, args: Mapping[str, Any], now: datetime, by: int | None) -> Task:
    """A new task; the door puts it into the queue after its commit (core.queue)."""
    task = Task(kind=kind, args=dict(args), by_id=by, created_at=now, beat_at=now)
    session.add(task)
    session.flush()
    audit.record(now, by, "task.plan", "task", task.id, kind=kind)
    return task


def claim(task_id: int, now: datetime) -> Work | None:
    """The task for a worker, and for it alone; None when there is nothing to do."""
    free = or_(Task.state == "waiting", and_(Task.state == "working", Task.beat_at < now - SILENT))
    query = update(Task).where(Task.id == task_id, free).values(state="working", beat_at=now)
    row = session.execute(query.returning(Task.id, Task.args, Task.by_id)).one_or_none()
    return Work(row.id, row.args, row.by_id) if row else None


def end(task_id: int, state: str, outcome: Mapping[str, Any], now: datetime) -> None:
    """The work is done, failed or stopped."""
    values = {"state": state, "outcome": dict(outcome), "ended_at": now, "beat_at": now}
    session.execute(update(Task).where(Task.id == task_id, Task.state == "working").values(values))


def stop(task: Task, now: datetime, by: int | None) -> None:
    """Ask for the work to stop: at once if it only waits, else after the step at hand. Raises Conflict (has ended)."""
    if not task.is_open:
        raise Conflict(N_("This work has ended already."))
    task.stop_asked = True
    if task.state == "waiting":
        task.state, task.ended_at = "stopped", now
    session.flush()
    audit.record(now, by, "task.stop", "task", task.id)


def get_task(task_id: int) -> Task:
    """Raises Missing."""
    found = session.get(Task, task_id)
    if found is None:
        raise Missing
    return found


def find_left(now: datetime, limit: int) -> Sequence[int]:
    """Tasks that wait although they should be in the queue, or whose worker is silent."""
    waits = and_(Task.state == "waiting", Task.beat_at < now - LOST)
    silent = and_(Task.state == "working", Task.beat_at < now - SILENT)
    return session.scalars(select(Task.id).where(or_(waits, silent)).order_by(Task.id).limit(limit)).all()


def touch(task_id: int, now: datetime) -> None:
    """It was put into the queue again: wait for it anew."""
    session.execute(update(Task).where(Task.id == task_id, Task.state == "waiting").values(beat_at=now))
