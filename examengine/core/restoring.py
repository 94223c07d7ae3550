"""Bringing a backup into an instance: its database in one transaction, then its files."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from examengine.core import db, migrations, rows
from examengine.core.backup import CONFIG, FOLDERS, KEY, TELL_EVERY, Tell
from examengine.core.backup_reading import Backup, BadBackup

_OF_THE_MACHINE = re.compile(
    r"^\s*(EXAMENGINE_(DATABASE_URL|REDIS_URL|SECRET_KEY\w*|HOST|PORT|PUBLIC|TRUSTED_PROXIES|ALLOWED_HOSTS)|PORT|REDIS_URL)\s*="
)
"""Settings that belong to the machine, not to the company: a restored copy keeps its own."""
_OF_MAIL = re.compile(r"^\s*EXAMENGINE_SMTP_URL\s*=")


def check_heads(backup: Backup) -> None:
    """Raises BadBackup for a backup that a newer version made."""
    newer = migrations.unknown(backup.manifest.heads)
    if newer or not backup.manifest.heads:
        raise BadBackup(
            f"the backup is of version {backup.manifest.app}, which is newer than this one "
            f"(migration {', '.join(newer) or 'unknown'}): install that version first"
        )


def restore_database(engine: Engine, backup: Backup, tell: Tell, finish: Callable[[Connection], None]) -> None:
    """Replace all that the database holds by the backup, brought up to this version: all or nothing.

    `finish` adds what the restored instance must know, in the same transaction. Raises BadBackup; needs the
    application's context.
    """
    manifest = backup.manifest
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _foreign_keys(connection, False)
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
                rows.drop(connection, _own_tables(connection, manifest.tables))
                migrations.upgrade(manifest.heads, connection)
                _load(connection, backup, tell)
                if set(manifest.heads) != set(migrations.heads()):
                    tell("bringing it up to this version")
                    migrations.upgrade(connection=connection)
                rows.check_keys(connection)
                finish(connection)
        except rows.BadRow as error:
            raise BadBackup(f"the backup does not fit: {error}") from None
        finally:
            if connection.dialect.name == "sqlite" and not connection.invalidated:
                _foreign_keys(connection, True)


def _foreign_keys(connection: Connection, on: bool) -> None:
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")  # outside of any transaction, or it does nothing


def _own_tables(connection: Connection, in_backup: Iterable[str]) -> set[str]:
    """The tables of this application that the database has: those of others are left alone."""
    found = set(rows.shapes(connection)) & {*db.Base.metadata.tables, *in_backup}
    return found | ({rows.VERSIONS} if migrations.current(connection) else set())


def _load(connection: Connection, backup: Backup, tell: Tell) -> None:
    shapes = rows.shapes(connection)
    tables = backup.manifest.tables
    for table, facts in tables.items():
        if table not in shapes:
            raise BadBackup(f"the backup has a table that its version does not know: {table}")
        if set(facts.columns) != set(shapes[table].columns) or len(facts.columns) != len(set(facts.columns)):
            raise BadBackup(f"the backup's table {table} has other columns than its version knows")
    own = {name: shape for name, shape in shapes.items() if name in {*tables, *db.Base.metadata.tables}}
    if missing := sorted(set(own) - set(tables)):
        raise BadBackup(f"the backup lacks the table {', '.join(missing)}")
    rows.clear(connection, own)
    keys = rows.loosen_keys(connection)
    for table, facts in tables.items():
        if facts.rows:
            try:
                rows.load(connection, shapes[table], facts.columns, _told(backup.lines(table), tell, table))
            except (*db.DATA_ERRORS, OverflowError) as error:
                raise BadBackup(f"the backup does not fit: table {table}: {str(error).splitlines()[0]}") from None
            tell(f"{table}: {facts.rows:,} rows")
    try:
        rows.tighten_keys(connection, keys)
    except DBAPIError as error:
        raise BadBackup(f"the backup does not fit: {str(error.orig).splitlines()[0]}") from None
    rows.set_sequences(connection, own.values())


def _told(found: Iterable[bytes], tell: Tell, name: str) -> Iterator[bytes]:
    for count, line in enumerate(found, 1):
        if count % TELL_EVERY == 0:
            tell(f"{name}: {count:,} rows so far")
        yield line


@dataclass
class Files:
    """The instance's files of a backup: laid down beside their places first, then put there."""

    instance: Path
    backup: Backup
    _put: list[tuple[Path, Path]] = field(default_factory=list)

    def __enter__(self) -> Files:
        self._held = tempfile.TemporaryDirectory(prefix=".restoring-", dir=self.instance)
        self._folder = Path(self._held.name)
        for name in self.backup.manifest.files:
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                for block in self.backup.blocks(name):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._take_back()
        self._held.cleanup()

    def put_media(self) -> None:
        """Files that rows name, before the rows are there; a restore that fails after this takes them back."""
        for name in self.backup.manifest.files:
            if name in (CONFIG, KEY):
                continue
            target = self.instance / name
            target.parent.mkdir(parents=True, exist_ok=True)
            before = self._folder / "before" / name
            self._put.append((target, before))
            if target.exists():
                before.parent.mkdir(parents=True, exist_ok=True)
                target.replace(before)
            (self._folder / name).replace(target)

    def _take_back(self) -> None:
        for target, before in self._put:
            if before.exists():
                before.replace(target)
            else:
                target.unlink(missing_ok=True)

    def drop_others(self) -> None:
        """Files that no row of the restored database names."""
        for folder in FOLDERS:
            for path in (self.instance / folder).rglob("*"):
                if path.is_file() and path.relative_to(self.instance).as_posix() not in self.backup.manifest.files:
                    path.unlink()

    def put_settings(self, *, mail: bool = True) -> list[str]:
        """Key and settings, once the rows are there. Gives the names of the machine's own settings that were kept.

        Without `mail` the backup's mail server stays out: a copy for a drill writes to nobody.
        """
        if KEY in self.backup.manifest.files:
            (self._folder / KEY).chmod(0o600)
            (self._folder / KEY).replace(self.instance / KEY)
        if CONFIG not in self.backup.manifest.files:
            return []
        own = self.instance / CONFIG
        before = own.read_text("utf-8") if own.exists() else ""
        kept = [line for line in before.splitlines() if _OF_THE_MACHINE.match(line)]
        found = (self._folder / CONFIG).read_text("utf-8").splitlines()
        found = [line for line in found if mail or not _OF_MAIL.match(line)]
        mode = own.stat().st_mode & 0o777 if own.exists() else 0o640
        merged = self._folder / "merged.env"
        merged.write_text("\n".join([line for line in found if not _OF_THE_MACHINE.match(line)] + kept) + "\n", "utf-8")
        merged.chmod(mode)
        merged.replace(own)
        return [line.partition("=")[0].strip() for line in kept]
