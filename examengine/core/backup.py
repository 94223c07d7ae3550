"""A whole instance in one file: its tables as one snapshot, its files, and a manifest with the digest of each.

The file is a zip (encrypted as a whole on request) and the same for both databases: what was written on SQLite can be
restored on PostgreSQL and back. See docs/decisions/0020-one-portable-backup-format.md.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine

from examengine.core import db, migrations, rows
from examengine.core.encryption import Encrypting

FORMAT, VERSION = "examengine backup", 1
MANIFEST = "manifest.json"
KEY = "secret_key"
CONFIG = "config.env"
FOLDERS = ("media",)
"""Folders of the instance that belong to its data."""
TELL_EVERY = 100_000
_SECRET = re.compile(r"^\s*\w*(SECRET|PASSWORD|(DATABASE|REDIS|SMTP\w*)_?URL|TOKEN|API_KEY)\w*\s*=", re.IGNORECASE)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Origin:
    """What a backup says of where it came from."""

    instance: Path
    company: str
    app_version: str
    now: datetime


@dataclass(frozen=True)
class Written:
    """What was written."""

    file: Path
    size: int
    encrypted: bool
    rows: int
    tables: int
    files: int
    left_out: list[str]
    heads: list[str]


def write(
    engine: Engine, origin: Origin, target: Path, tell: Tell, *, passphrase: str | None = None, overwrite: bool = False
) -> Written:
    """Write a backup to `target` (mode 0600), called `target`.part until it is whole; a failure leaves none."""
    with _part(target, overwrite) as file:
        sink = Encrypting(file, passphrase) if passphrase is not None else None
        with zipfile.ZipFile(sink or file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            manifest = _fill(archive, engine, origin, tell, encrypted=sink is not None)
        if sink is not None:
            sink.finish()
    tables = manifest["tables"]
    return Written(
        target,
        target.stat().st_size,
        sink is not None,
        sum(table["rows"] for table in tables.values()),
        len(tables),
        len(manifest["files"]),
        manifest["left_out"],
        manifest["heads"],
    )


@contextmanager
def _part(target: Path, overwrite: bool) -> Iterator[IO[bytes]]:
    """The file beside `target` that takes its name once it is whole and on disk."""
    part = target.with_name(target.name + ".part")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{target} exists already")
    handle = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileExistsError(f"{part} is being written by another backup") from None
        try:
            os.fchmod(file.fileno(), 0o600)
            file.truncate()  # what a backup left that was killed
            yield file
            file.flush()
            os.fsync(file.fileno())
            if target.exists() and not overwrite:
                raise FileExistsError(f"{target} exists already")
            part.replace(target)
            _sync_folder(target.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fill(archive: zipfile.ZipFile, engine: Engine, origin: Origin, tell: Tell, *, encrypted: bool) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "app": origin.app_version,
        "made_at": origin.now.isoformat(),
        "company": origin.company,
        "encrypted": encrypted,
        "left_out": [],
        "tables": {},
        "files": {},
    }
    with snapshot(engine) as connection:
        manifest["dialect"] = connection.dialect.name
        manifest["heads"] = sorted(migrations.current(connection))
        for shape in _own_shapes(connection, manifest["heads"]):
            manifest["tables"][shape.table] = _write_table(archive, connection, shape, tell)
    # Files after the rows: whatever a row of the snapshot names is there by now.
    for name, data in _files(origin.instance, encrypted, manifest["left_out"]):
        manifest["files"][name] = _write_file(archive, name, data)
    archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A reading transaction that sees one moment of the database and holds nobody up."""
    postgres = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect() as opened, db.reading():
        connection = opened.execution_options(**postgres) if opened.dialect.name == "postgresql" else opened
        with connection.begin():
            yield connection


def _own_shapes(connection: Connection, heads: Collection[str]) -> list[rows.Shape]:
    """The tables of this application: of a database of another age all there are, for the models do not know it."""
    found = rows.shapes(connection)
    if set(heads) == set(migrations.heads()):
        return [shape for name, shape in found.items() if name in db.Base.metadata.tables]
    return list(found.values())


class _Digest:
    """Counts and hashes what goes through it."""

    def __init__(self) -> None:
        self._hash, self.size, self.lines = hashlib.sha256(), 0, 0

    def take(self, data: bytes) -> bytes:
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def facts(self) -> dict[str, Any]:
        return {"bytes": self.size, "sha256": self._hash.hexdigest()}


def _write_table(archive: zipfile.ZipFile, connection: Connection, shape: rows.Shape, tell: Tell) -> dict[str, Any]:
    digest, count = _Digest(), 0
    with archive.open(f"tables/{shape.table}.jsonl", "w", force_zip64=True) as member:
        for count, line in enumerate(rows.lines(connection, shape), 1):
            member.write(digest.take(line))
            if count % TELL_EVERY == 0:
                tell(f"{shape.table}: {count:,} rows so far")
    if count:
        tell(f"{shape.table}: {count:,} rows")
    return {"columns": list(shape.columns), "rows": count, **digest.facts}


def _files(instance: Path, encrypted: bool, left_out: list[str]) -> Iterator[tuple[str, IO[bytes]]]:
    """Names (relative to the instance) and contents of the files that belong to the data."""
    config = instance / CONFIG
    if config.is_file():
        yield CONFIG, io.BytesIO(_plain_config(config.read_bytes(), encrypted, left_out))
    if (instance / KEY).is_file():
        if encrypted:
            yield KEY, (instance / KEY).open("rb")
        else:
            left_out.append(KEY)
    for folder in FOLDERS:
        for path in sorted((instance / folder).rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            try:
                data = path.open("rb")
            except FileNotFoundError:  # taken away meanwhile, so no row of the snapshot names it
                continue
            yield path.relative_to(instance).as_posix(), data


def _plain_config(text: bytes, encrypted: bool, left_out: list[str]) -> bytes:
    """The settings; without those that are secret unless the backup is encrypted."""
    if encrypted:
        return text
    kept = []
    for line in text.decode("utf-8", "replace").splitlines(keepends=True):
        if _SECRET.match(line):
            left_out.append(f"{CONFIG}: {line.partition('=')[0].strip()}")
        else:
            kept.append(line)
    return "".join(kept).encode()


def _write_file(archive: zipfile.ZipFile, name: str, data: IO[bytes]) -> dict[str, Any]:
    digest = _Digest()
    with data, archive.open(f"files/{name}", "w", force_zip64=True) as member:
        for block in iter(lambda: data.read(1 << 20), b""):
            member.write(digest.take(block))
    return digest.facts
