"""Brief requests: answered on the server's event loop, where nobody may wait (docs/decisions/0008).

Who would have to wait for somebody else's lock says so, and the request is asked again in a thread, from its beginning.
"""

from __future__ import annotations

import psycopg

BRIEF = "examengine.brief"
"""In a request's environment: it is one."""
AGAIN = "examengine.again"
"""In its environment afterwards: what was answered is no answer, for it would have had to wait."""


class WouldWait(Exception):
    """Somebody else holds what a brief request needs. Nothing was done."""


def would_wait(error: BaseException | None) -> bool:
    """Whether a NOWAIT statement met another's lock."""
    return isinstance(error, WouldWait | psycopg.errors.LockNotAvailable)
