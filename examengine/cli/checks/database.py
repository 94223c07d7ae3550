"""The database: there, of the right age, durable, whole, at work, backed up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from examengine.cli.checks import Finding, fault, ok, skipped, warning
from examengine.core import audit, clock, db, logs, migrations
from examengine.core.db import session
from examengine.core.heartbeat import last_beat

SKEW = timedelta(seconds=2)
STALE = timedelta(seconds=20)
BACKUP_AGE = timedelta(days=7)


def answers() -> Finding:
    """Whether it can be asked at all."""
    try:
        name = session.get_bind().dialect.name
        version = session.scalar(text("SELECT sqlite_version()" if name == "sqlite" else "SHOW server_version"))
        return ok("database", f"{'SQLite' if name == 'sqlite' else 'PostgreSQL'} {version}")
    except SQLAlchemyError as error:
        session.rollback()
        return fault(
            "database",
            f"it does not answer: {logs.said(error)}",
            "Check EXAMENGINE_DATABASE_URL and that the database server runs.",
        )


def size() -> int | None:
    """Bytes of the database, files beside it included."""
    engine = db.db.engine
    if engine.dialect.name == "sqlite":
        main = Path(engine.url.database or "")
        return sum(path.stat().st_size for path in main.parent.glob(main.name + "*"))
    found: int | None = session.scalar(text("SELECT pg_database_size(current_database())"))
    return found


def age() -> Finding:
    """Whether its migrations are those of the code."""
    if newer := migrations.unknown(migrations.current()):
        advice = "Install the version that made it, or restore a backup of before."
        return fault("migrations", f"the database is newer than this version: {', '.join(newer)}", advice)
    if missing := migrations.missing():
        return fault("migrations", f"missing: {', '.join(missing)}", "Run `examengine db upgrade`.")
    return ok("migrations", ", ".join(migrations.current()))


def people() -> Finding:
    """Whether there is anybody, and somebody who may administer."""
    query = "SELECT count(*) FROM person p JOIN person_role r ON r.person_id = p.id WHERE p.active AND r.role = :role"
    admins = session.scalar(text(query), {"role": "administrator"})
    count = session.scalar(text("SELECT count(*) FROM person"))
    if not admins:
        return fault("data", f"{count} people, no active administrator", "Run `examengine init --username …`.")
    return ok("data", f"{count:,} people, {admins} administrators")


def loop() -> Finding:
    """Whether a job loop is alive."""
    beat = last_beat("loop")
    advice = "Start `examengine serve`, or `examengine jobs run` beside `serve --no-jobs`."
    if beat is None:
        return warning("jobs", "the job loop never ran", advice)
    late = clock.now() - beat
    if late < -STALE:
        return fault("jobs", f"it was last seen {-late} in the future", "The clock went back: set it right.")
    if late > STALE:
        return warning("jobs", f"the job loop was last seen {str(late).split('.')[0]} ago", advice)
    return ok("jobs", f"seen {late.total_seconds():.0f} s ago")


def skew() -> Finding:
    """Whether the database's clock is this machine's."""
    if db.db.engine.dialect.name == "sqlite":
        return skipped("clock skew", "the database is on this machine's clock")
    before = clock.now()
    there = session.scalar(text("SELECT clock_timestamp()"))
    apart = db.moment(there) - before - (clock.now() - before) / 2
    seconds = f"{apart.total_seconds():+.1f} s"
    if abs(apart) > SKEW:
        return warning(
            "clock skew", f"the database's clock is {seconds} off", "Let both machines use one time service."
        )
    return ok("clock skew", seconds)


def future() -> Finding:
    """Whether anything was written by a clock that was ahead of today's."""
    latest = session.scalar(text("SELECT max(at) FROM audit_entry"))
    if latest is not None and (ahead := db.moment(latest) - clock.now()) > timedelta(minutes=1):
        text_ = f"the audit trail ends {str(ahead).split('.')[0]} in the future"
        return fault("clock history", text_, "This machine's clock is behind, or was ahead before: set it right.")
    return ok("clock history", "nothing was written in the future")


def durability() -> Iterator[Finding]:
    """Whether what is acknowledged is on disk."""
    if db.db.engine.dialect.name == "sqlite":
        mode = session.scalar(text("PRAGMA journal_mode"))
        synchronous = session.scalar(text("PRAGMA synchronous"))
        keys = session.scalar(text("PRAGMA foreign_keys"))
        if (mode, synchronous, keys) == ("wal", 2, 1):
            yield ok("durability", "journal_mode WAL, synchronous FULL, foreign keys on")
        else:
            text_ = f"journal_mode {mode}, synchronous {synchronous}, foreign_keys {keys}"
            yield fault("durability", text_, "Something else opened the database and changed it: restart the server.")
        return
    found = {name: session.scalar(text(f"SHOW {name}")) for name in ("synchronous_commit", "fsync", "full_page_writes")}
    wrong = {name: value for name, value in found.items() if value in ("off", "local")}
    if wrong:
        text_ = ", ".join(f"{name} is {value}" for name, value in wrong.items())
        yield fault("durability", f"{text_}: answers that were acknowledged can be lost", "Set them to on.")
    else:
        yield ok("durability", ", ".join(f"{name} {value}" for name, value in found.items()))
    if (encoding := session.scalar(text("SHOW server_encoding"))) != "UTF8":
        yield fault("encoding", f"the database keeps text as {encoding}", "Make it anew with ENCODING 'UTF8'.")


def wholeness() -> Finding:
    """SQLite's own check of the file."""
    if db.db.engine.dialect.name != "sqlite":
        return skipped("integrity", "PostgreSQL looks after its files itself")
    found = session.scalars(text("PRAGMA quick_check(3)")).all()
    if found == ["ok"]:
        return ok("integrity", "the file is whole")
    return fault("integrity", "; ".join(found)[:200], "Stop the server, keep a copy of the file, restore a backup.")


def backups() -> Finding:
    """When the instance was last backed up with our own command."""
    last = next(iter(audit.find_latest(audit.AuditFilter(action="instance.backup"), 1)), None)
    advice = "Run `examengine backup` every night (deploy/examengine-backup.timer)."
    if last is None:
        return warning("backup", "there was none yet (or none with this command)", advice)
    age_ = clock.now() - last.at
    if age_ > BACKUP_AGE:
        return warning("backup", f"the last was {age_.days} days ago", advice)
    return ok("backup", f"{last.detail.get('file', '')}, {age_.days} days ago")
