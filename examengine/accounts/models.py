"""Tables of people, teams and roles; of ways in: links, codes, tickets, and what failed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from examengine.core.db import Base


class Team(Base):
    """A team of operators."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", use_alter=True))
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Retired teams are empty and are not offered any more."""


class Person(Base):
    """Somebody who may log in. `username` is the employee number."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_team_id", "team_id"), Index("ix_person_last_login_at", "last_login_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    session_version: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(String(5))
    theme: Mapped[str] = mapped_column(String(5), default="auto")
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    created_at: Mapped[datetime]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Somebody else knows the present password: the next login asks for a new one."""
    last_login_at: Mapped[datetime | None]
    """To the hour."""

    team: Mapped[Team | None] = relationship(foreign_keys=[team_id], lazy="joined")
    role_rows: Mapped[list[PersonRole]] = relationship(cascade="all, delete-orphan")

    @property
    def roles(self) -> frozenset[str]:
        """Names of the roles held."""
        return frozenset(row.role for row in self.role_rows)

    # flask-login's protocol, without importing flask here
    @property
    def is_authenticated(self) -> bool:
        """Always: strangers are another class."""
        return True

    @property
    def is_active(self) -> bool:
        """Whether this person may log in."""
        return self.active

    @property
    def is_anonymous(self) -> bool:
        """Never."""
        return False

    def get_id(self) -> str:
        """What the session keeps: the person and the version of her sessions."""
        return f"{self.id}.{self.session_version}"


class PersonRole(Base):
    """A role that a person holds."""

    __tablename__ = "person_role"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


_PLANNED = text("planned")
_STANDS = text("NOT planned AND until IS NULL")


class TeamMembership(Base):
    """In which team (null: in none) a person was, is, or is going to be: a history, closed but never changed."""

    __tablename__ = "team_membership"
    __table_args__ = (
        Index("ix_team_membership_person_id", "person_id", "since"),
        Index("uq_team_membership_stands", "person_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("uq_team_membership_planned", "person_id", unique=True, sqlite_where=_PLANNED, postgresql_where=_PLANNED),
        Index("ix_team_membership_due", "since", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    planned: Mapped[bool] = mapped_column(default=False)
    """A move that is still to come; the job loop carries it out."""

    team: Mapped[Team | None] = relationship(lazy="joined")


class OneTimeLink(Base):
    """A link that lets a person set her first password, once."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """The code with which a person who cannot log in sets a new password, once. A new code takes its place."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("ix_one_time_code_expires_at", "expires_at"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(200))
    """As passwords are kept."""
    expires_at: Mapped[datetime]


class LoginFailure(Base):
    """A try that failed, or whose outcome is not known yet: a success deletes it (failures.py)."""

    __tablename__ = "login_failure"
    __table_args__ = (
        Index("ix_login_failure_own", "gate", "account", "address", "at"),
        Index("ix_login_failure_account", "gate", "account", "at"),
        Index("ix_login_failure_address", "gate", "address", "at"),
        Index("ix_login_failure_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    gate: Mapped[str] = mapped_column(String(40))
    """login, or the sitting whose access code was asked for."""
    account: Mapped[str] = mapped_column(String(64))
    """Digest of the name as typed, whether anybody has it or not."""
    address: Mapped[str] = mapped_column(String(50))
    at: Mapped[datetime]
    wait_s: Mapped[int]
    """Seconds for which the next try from there is refused."""


class LoginTicket(Base):
    """The outcome of a log-in that is told a little later (tickets.py)."""

    __tablename__ = "login_ticket"
    __table_args__ = (Index("ix_login_ticket_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """Null: name or password was not right."""
    session_version: Mapped[int | None]
    """Of the person when the password was checked."""
    browser: Mapped[str] = mapped_column(String(64))
    ready_at: Mapped[datetime]
    expires_at: Mapped[datetime]
