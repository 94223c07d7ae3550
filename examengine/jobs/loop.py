"""The loop over due rows: each second, sooner while there is work, until told to stop; several may run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import structlog
from flask import current_app

from examengine.core import clock
from examengine.core.db import is_busy, session, trouble
from examengine.core.heartbeat import beat
from examengine.core.logs import said
from examengine.jobs import sweeps

log = structlog.get_logger("examengine.jobs")
PAUSE_S, SLOW_EVERY = 1.0, 30
BREATH_S = 0.2
"""After a round that had work: what a room hands in meanwhile is worked together, which costs far less."""
HEARTBEAT_EVERY = 5


def run(stop: threading.Event, work: Callable[[], int] = sweeps.run_all) -> None:
    """Work until `stop` is set. A database that is away is waited for."""
    rounds, steady = 0, True
    while not stop.is_set():
        if steady != (steady := clock.is_steady()):
            log.warning("the clock has settled" if steady else "the clock jumped: nothing is closed until it settles")
        try:
            if rounds % HEARTBEAT_EVERY == 0:
                beat("loop", clock.now())
                session.commit()
            current_app.config["SETTINGS"] = current_app.extensions["live_settings"].look()
            done = work()
            if rounds % SLOW_EVERY == 0:
                sweeps.run_slow()
        except Exception as error:
            session.rollback()
            if not is_busy(error):
                log.exception("round failed")
            elif rounds % SLOW_EVERY == 0:
                log.warning("database in trouble", trouble=trouble(error), said=said(error))
            done = 0
        finally:
            session.remove()
        rounds += 1
        if done < sweeps.BATCH:
            stop.wait(BREATH_S if done else PAUSE_S)


def run_until_signal() -> None:
    """Work until SIGINT or SIGTERM; the round at hand is finished."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run(stop)
