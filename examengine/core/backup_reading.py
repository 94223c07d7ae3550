"""Opening a backup: nothing in it is believed before it was checked."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from examengine.core.backup import CONFIG, FOLDERS, FORMAT, KEY, MANIFEST, VERSION
from examengine.core.encryption import CHUNK, Damaged, Decrypting, WrongPassphrase, is_encrypted
from examengine.core.errors import Problem

_MOST_MANIFEST = 64 * 1024 * 1024
_MOST_LINE = 256 * 1024 * 1024
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class BadBackup(Problem):
    """The file cannot be restored; the message says why."""

    code = "bad-backup"


@dataclass(frozen=True)
class Table:
    """A table in a backup."""

    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class File:
    """A file in a backup."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    app: str
    made_at: datetime
    company: str
    dialect: str
    heads: tuple[str, ...]
    encrypted: bool
    left_out: tuple[str, ...]
    tables: dict[str, Table]
    files: dict[str, File]


@contextmanager
def opened(path: Path, passphrase: str | None) -> Iterator[Backup]:
    """The backup in a file, its manifest checked. Raises BadBackup."""
    try:
        with path.open("rb") as file:
            try:
                archive = zipfile.ZipFile(_plain(file, passphrase))
            except (zipfile.BadZipFile, EOFError, ValueError, OverflowError):
                raise BadBackup("this is no backup, or its end is missing") from None
            with archive:
                yield Backup(archive)
    except WrongPassphrase:
        raise BadBackup("the passphrase is not the one that this backup was encrypted with") from None
    except Damaged:
        raise BadBackup("the backup is damaged, or its end is missing") from None


def needs_passphrase(path: Path) -> bool:
    """Whether the file is encrypted."""
    with path.open("rb") as file:
        return is_encrypted(file)


def _plain(file: IO[bytes], passphrase: str | None) -> IO[bytes]:
    if not is_encrypted(file):
        return file
    if passphrase is None:
        raise BadBackup("the backup is encrypted: its passphrase is needed")
    found = Decrypting(file, passphrase)
    found.check()
    return io.BufferedReader(found, CHUNK)


class Backup:
    """An open backup: its manifest and the contents of its members."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.manifest = _manifest(self._json())
        names = archive.namelist()
        expected = {MANIFEST, *map(_table_member, self.manifest.tables), *map(_file_member, self.manifest.files)}
        if len(names) != len(set(names)) or set(names) != expected:
            raise BadBackup("the backup's contents are not those of its manifest")

    def _json(self) -> Any:
        try:
            info = self._archive.getinfo(MANIFEST)
            if info.file_size > _MOST_MANIFEST:
                raise BadBackup("the backup's manifest is too large")
            return json.loads(self._archive.read(info))
        except KeyError:
            raise BadBackup("this is no backup: it has no manifest") from None
        except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError):
            raise BadBackup("the backup's manifest is damaged") from None

    def check(self) -> None:
        """Read everything and compare the digests. Raises BadBackup."""
        for table in self.manifest.tables:
            for _ in self.lines(table):
                pass
        for file in self.manifest.files:
            for _ in self.blocks(file):
                pass

    def lines(self, table: str) -> Iterator[bytes]:
        """The lines of a table; the end is reached only if count and digest are right. Raises BadBackup."""
        expected = self.manifest.tables[table]
        count = 0
        with self._member(_table_member(table)) as member:
            digest = hashlib.sha256()
            while line := _read_line(member, table):
                digest.update(line)
                count += 1
                if count > expected.rows:
                    break
                yield line
        if count != expected.rows or digest.hexdigest() != expected.sha256:
            raise BadBackup(f"the backup is damaged: table {table}")

    def blocks(self, file: str) -> Iterator[bytes]:
        """The contents of a file; the end is reached only if the digest is right. Raises BadBackup."""
        expected = self.manifest.files[file]
        size = 0
        with self._member(_file_member(file)) as member:
            digest = hashlib.sha256()
            while block := _read(member, file):
                digest.update(block)
                size += len(block)
                if size > expected.size:
                    break
                yield block
        if digest.hexdigest() != expected.sha256:
            raise BadBackup(f"the backup is damaged: file {file}")

    @contextmanager
    def _member(self, name: str) -> Iterator[IO[bytes]]:
        try:
            member = self._archive.open(name)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
            raise BadBackup(f"the backup is damaged: {name}") from None
        with member:
            yield member


_BROKEN = (zipfile.BadZipFile, zipfile.zlib.error, EOFError, OSError)  # type: ignore[attr-defined]  # as zipfile names it


def _read(member: IO[bytes], name: str) -> bytes:
    try:
        return member.read(1 << 20)
    except _BROKEN:
        raise BadBackup(f"the backup is damaged: file {name}") from None


def _read_line(member: IO[bytes], name: str) -> bytes:
    try:
        line = member.readline(_MOST_LINE)
    except _BROKEN:
        raise BadBackup(f"the backup is damaged: table {name}") from None
    if line and not line.endswith(b"\n"):
        raise BadBackup(f"the backup is damaged: table {name}")
    return line


def _table_member(table: str) -> str:
    return f"tables/{table}.jsonl"


def _file_member(file: str) -> str:
    return f"files/{file}"


def _manifest(found: Any) -> Manifest:
    """The manifest of its JSON. Raises BadBackup for anything else than what `backup.write` makes."""
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BadBackup("this is no backup of examengine")
    if found.get("version") != VERSION:
        raise BadBackup("the backup's format is that of a newer version of examengine: install that version first")
    try:
        tables = {
            _name(name): Table(
                tuple(map(_name, facts["columns"])), _count(facts["rows"]), _count(facts["bytes"]), str(facts["sha256"])
            )
            for name, facts in found["tables"].items()
        }
        files = {
            _file(name): File(_count(facts["bytes"]), str(facts["sha256"])) for name, facts in found["files"].items()
        }
        return Manifest(
            str(found["app"]),
            datetime.fromisoformat(found["made_at"]),
            str(found["company"]),
            str(found["dialect"]),
            tuple(map(str, found["heads"])),
            bool(found["encrypted"]),
            tuple(map(str, found["left_out"])),
            tables,
            files,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBackup(f"the backup's manifest is not as it should be: {error}") from None


def _name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a table or column")
    return name


def _count(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{number!r} is no count")
    return number


def _file(name: Any) -> str:
    """A path that stays within the instance's data. Raises ValueError."""
    if isinstance(name, str) and name in (CONFIG, KEY):
        return name
    if isinstance(name, str) and name.isprintable() and "\\" not in name and ":" not in name:
        path = PurePosixPath(name)
        if path.as_posix() == name and len(path.parts) > 1 and path.parts[0] in FOLDERS and ".." not in path.parts:
            return name
    raise ValueError(f"{name!r} is no file of an instance")
