"""Facts about this instance as a whole, kept with its data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from examengine.core.db import Base, JSONText, session


class Fact(Base):
    """A named value."""

    __tablename__ = "fact"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONText)


def find_fact(name: str) -> Any:
    """The value, or None."""
    found = session.get(Fact, name)
    return found.value if found else None


def set_fact(name: str, value: Any) -> None:
    """Keep a value."""
    session.merge(Fact(name=name, value=value))
