"""Two at once, for real: each racer is a thread with a session and a connection of its own; every wait is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from flask import Flask

from examengine.core import clock
from examengine.core.db import db, dumps, hot, hot_for, session
from examengine.core.errors import Conflict
from examengine.delivery.saving import Saved, save_answers
from examengine.delivery.starting import start
from examengine.delivery.tokens import Token

LONGEST = 20.0
"""Seconds after which a race has failed."""
A_WHILE = 0.3
"""Seconds for which somebody who must wait is watched."""


class Racer:
    """Does `work` in a transaction of its own, keeps it open until `let_go`, then commits."""

    def __init__(self, app: Flask, work: Callable[[], Any], *, hold: bool = False) -> None:
        self._app, self._work = app, work
        self._worked, self._ended, self._go = threading.Event(), threading.Event(), threading.Event()
        self._value: Any = None
        self._error: BaseException | None = None
        if not hold:
            self._go.set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Racer:
        session.rollback()  # the test's own transaction must not stand in anybody's way
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._go.set()
        self._thread.join(LONGEST)

    def _run(self) -> None:
        with self._app.app_context():
            try:
                self._body()
            except BaseException as error:  # handed to the test by result()
                session.rollback()
                self._error = error
            finally:
                self._worked.set()
                session.remove()
                hot().close()
                self._ended.set()

    def _body(self) -> None:
        self._value = self._work()
        self._worked.set()
        assert self._go.wait(LONGEST), "never let go"
        session.commit()

    def has_worked(self) -> Racer:
        """Wait until the work is done (its transaction may be open still)."""
        assert self._worked.wait(LONGEST), "the work did not get done"
        if self._error is not None:
            raise self._error
        return self

    def must_wait(self) -> Racer:
        """Whoever must wait does not get its work done for a while."""
        assert not self._worked.wait(A_WHILE), "did not wait for the other"
        return self

    def let_go(self) -> Any:
        """Commit; gives the work's value."""
        self._go.set()
        return self.result()

    def result(self) -> Any:
        """The value of the work, committed; raises what it raised."""
        assert self._ended.wait(LONGEST), "did not end"
        self._thread.join(LONGEST)
        if self._error is not None:
            raise self._error
        return self._value


class Saver(Racer):
    """A save through a connection of its own, as the hot path does it; `hold` keeps it before its commit."""

    def __init__(
        self, app: Flask, token: Token, seq: int, entries: list[dict[str, Any]], *, hold: bool = False
    ) -> None:
        super().__init__(app, lambda: None, hold=hold)
        self._save = token, seq, dumps(entries).encode()
        self._hold = hold

    def _body(self) -> None:
        token, seq, body = self._save
        hot = hot_for(db.engine)
        try:
            connection = hot._open()
            if self._hold:
                if hot.postgres:
                    connection.autocommit = False
                else:
                    connection.execute("BEGIN IMMEDIATE")
            saved: Saved = save_answers(hot, token, seq, body, 0, clock.now())
            self._value = saved
            self._worked.set()
            assert self._go.wait(LONGEST), "never let go"
            if self._hold:
                connection.execute("COMMIT")
        finally:
            hot.close()


class Starter(Racer):
    """A start through a connection of its own, as the hot path does it; `hold` keeps it before its commit."""

    def __init__(self, app: Flask, sitting_id: int, person_id: int, *, hold: bool = False) -> None:
        super().__init__(app, lambda: None, hold=hold)
        self._start, self._hold = (sitting_id, person_id), hold

    def _body(self) -> None:
        connection = hot()._open()
        if self._hold and hot().postgres:
            connection.autocommit = False
        elif self._hold:
            connection.execute("BEGIN IMMEDIATE")
        self._value = start(*self._start, "", "desk", clock.now())
        self._worked.set()
        assert self._go.wait(LONGEST), "never let go"
        if self._hold:
            connection.execute("COMMIT")


def both_at_once(app: Flask, work: Callable[[], object]) -> tuple[str, str]:
    """The same work begun twice at once, the second waiting for the first: each is "done" or "refused" (a Conflict)."""

    def told() -> str:
        try:
            work()
        except Conflict:
            session.rollback()
            return "refused"
        return "done"

    with Racer(app, told, hold=True) as first:
        first.has_worked()
        with Racer(app, told) as second:
            second.must_wait()
            return first.let_go(), second.result()
