"""The queue of long work and mail: huey, in the instance folder or in Redis. It carries only names and numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey

from examengine.core.settings import Settings


class Queue:
    """Jobs by name, each with a number: `put` in the doors after their commit, `on` where they are done."""

    def __init__(self, huey: Huey) -> None:
        self.huey = huey
        self._jobs: dict[str, Callable[[int], None]] = {}
        self._send: Any = huey.task(name="job")(self._do)

    def put(self, name: str, number: int, delay: float = 0) -> None:
        """Have `name` done with `number`, `delay` seconds from now. A lost message is made good by a sweep."""
        self._send.schedule((name, number), delay=delay)

    def on(self, name: str, job: Callable[[int], None]) -> None:
        """Say what is done for `name` in this process."""
        self._jobs[name] = job

    def _do(self, name: str, number: int) -> None:
        self._jobs[name](number)


@cache
def queue(settings: Settings) -> Queue:
    """The queue of an instance."""
    if settings.redis_url:
        return Queue(RedisHuey("examengine", url=settings.redis_url, results=False))
    return Queue(SqliteHuey("examengine", filename=str(settings.instance / "queue.sqlite3"), results=False))
