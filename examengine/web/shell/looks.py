"""Looks at people's data are logged before the page is read (policy P-5.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from examengine.core import clock
from examengine.core.db import begin_writing, session, set_reading
from examengine.web.shell.people import me


def log_look(record: Callable[[int, datetime], None]) -> None:
    """Write and commit what `record` (it gets the viewer's id and the moment) logs, in a short transaction of its own.

    The request's transaction ends by it: objects loaded before are read again, and nothing unsaved may be pending.
    """
    viewer = me().id
    begin_writing()
    record(viewer, clock.now())
    session.commit()
    set_reading(True)
