"""Saves that succeed, answered before Flask begins (docs/decisions/0008); whatever is not plain goes the whole way."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import structlog

from examengine.core import clock, db
from examengine.core.brief import AGAIN, BRIEF
from examengine.delivery.journal import MOST_BODY
from examengine.delivery.saving import Saved, try_save
from examengine.delivery.tokens import read
from examengine.web.candidate.exam import keys_of
from examengine.web.candidate.protocol import acknowledgement, page_clock
from examengine.web.shell.lanes import FAILED, Lane

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

log = structlog.get_logger("examengine.web")
_PATH = re.compile(r"/attempts/([1-9]\d{0,17})/saves/([1-9]\d{0,8})/([1-9]\d{0,8})", re.ASCII)


class SaveLane(Lane):
    """A save costs its statement and little else."""

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """A save of an open attempt is acknowledged here."""
        if environ["REQUEST_METHOD"] == "PUT" and (path := _PATH.fullmatch(environ["PATH_INFO"])):
            attempt, epoch, seq = map(int, path.groups())
            done = self._save(environ, attempt, epoch, seq)
            if done is not None:
                text = acknowledgement(attempt, epoch, done).encode()
                start("200 OK", self._headers(environ, "application/json", len(text), self._number(environ)))
                return [text]
            if BRIEF in environ:  # what more has to be said may have to wait
                environ[AGAIN] = True
                start("503 Service Unavailable", [])
                return []
        return self._inner(environ, start)

    def _save(self, environ: dict[str, Any], attempt: int, epoch: int, seq: int) -> Saved | None:
        if log.is_enabled_for(logging.DEBUG):  # then saves are lines too
            return None
        token = read(environ.get("HTTP_ATTEMPT_TOKEN", ""), keys_of(self._settings))
        age = page_clock(environ.get("HTTP_PAGE_CLOCK", ""))
        if token is None or (token.attempt, token.epoch) != (attempt, epoch) or age is None:
            return None
        body = self._body(environ, MOST_BODY)
        if body is None:
            return None
        try:
            return try_save(db.hot_of(self._engine), token, seq, body, age, clock.now(), wait=BRIEF not in environ)
        except Exception as error:  # the whole application says it and logs it
            environ[FAILED] = error
            return None
