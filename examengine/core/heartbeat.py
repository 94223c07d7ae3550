"""Signs of life of background loops."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core.db import Base, session


class Heartbeat(Base):
    """When a loop was last seen at work."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


def beat(name: str, now: datetime) -> None:
    """Say that the loop is alive."""
    session.merge(Heartbeat(name=name, at=now))


def last_beat(name: str) -> datetime | None:
    """When the loop was last alive."""
    found = session.get(Heartbeat, name)
    return found.at if found else None
