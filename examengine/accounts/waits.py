"""How long somebody who guessed wrong has to wait (pure; docs/decisions/0010)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from examengine.core.i18n import N_, Message

WINDOW = timedelta(minutes=15)
FREE = 5
"""The failure within WINDOW that brings the first wait."""
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=15)
FULL = 300
"""Failures within WINDOW after which an address is refused."""
SLOWED_FROM = 5
"""Failures of an account within WINDOW, from anywhere, after which each log-in takes DELAY longer."""
DELAY = timedelta(seconds=2)


@dataclass(frozen=True)
class Standing:
    """What is known of an account and an address before a try."""

    recent: int = 0
    """Failures of the account from the address within WINDOW."""
    last_at: datetime | None = None
    """The latest of them, however old."""
    last_wait: timedelta = timedelta(0)
    """The wait that it brought."""
    anywhere: int = 0
    """Failures of the account within WINDOW from any address (counted up to SLOWED_FROM)."""
    full_at: datetime | None = None
    """The FULLth latest failure from the address, if there are so many."""


def wait_after(standing: Standing, now: datetime) -> timedelta:
    """The wait that one more failure brings: while a run goes on each doubles it.

    A run ends WINDOW after its last wait; else the window would forget its beginning before the wait has grown.
    """
    if standing.last_wait and standing.last_at and now < standing.last_at + standing.last_wait + WINDOW:
        return min(2 * standing.last_wait, LONGEST)
    return FIRST if standing.recent + 1 >= FREE else timedelta(0)


def refused_until(standing: Standing, now: datetime) -> datetime | None:
    """When the next try is taken, if not now."""
    ends = [
        # A failure without a wait may lie a little ahead: two workers read the clock before either wrote.
        standing.last_at + standing.last_wait if standing.last_at and standing.last_wait else None,
        standing.full_at + WINDOW if standing.full_at else None,
    ]
    return max((end for end in ends if end is not None and end > now), default=None)


def is_slowed(standing: Standing) -> bool:
    """Whether each log-in of the account takes DELAY longer. It is never refused for failures elsewhere."""
    return standing.anywhere >= SLOWED_FROM


def whole_seconds(left: timedelta) -> int:
    """Seconds to wait, rounded up."""
    return max(1, -(-left // timedelta(seconds=1)))


def in_words(seconds: int) -> Message:
    """A wait as one says it."""
    if seconds == 1:
        return Message(N_("one second"))
    if seconds <= 90:
        return Message(N_("%(n)s seconds"), {"n": seconds})
    return Message(N_("%(n)s minutes"), {"n": -(-seconds // 60)})


def place_of(address: str | None) -> str:
    """What counts as one address: all of an IPv6 network of 64 bits is one customer's."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
