"""config.env of the instance folder: NAME=value lines. Comments and lines that nobody knows stay as they are."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from examengine.core import codes

NAME = "config.env"
_NEW = 0o640  # may hold the database's password


class Unreadable(Exception):
    """The file is there and cannot be read; the message says why."""


def read(path: Path) -> str:
    """The file's text; none where there is no file. Raises Unreadable."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise Unreadable(f"{NAME}: not UTF-8") from None
    except OSError as error:
        raise Unreadable(f"{NAME}: cannot be read: {error.strerror}") from None


def parsed(text: str) -> tuple[dict[str, str], list[str]]:
    """Values by name (the last of a name counts), and what is wrong, a line each."""
    values: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        name = _name(line)
        if name:
            values[name] = line.partition("=")[2].strip()
        elif line.strip() and not line.lstrip().startswith("#"):
            faults.append(f"{NAME}, line {number}: not NAME=value")
    return values, faults


def _name(line: str) -> str:
    """The name that a line gives a value to; none for comments, empty lines and what is no setting."""
    before, equals, _ = line.partition("=")
    return before.strip() if equals and not line.lstrip().startswith("#") else ""


def rewritten(text: str, changes: Mapping[str, str]) -> str:
    """The text with `changes`; an empty value takes the line out."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    for name, value in changes.items():
        new = [f"{name}={value}"] if value else []
        found = [at for at, line in enumerate(lines) if _name(line) == name]
        if found:
            kept = [line for at, line in enumerate(lines) if at not in found]
            at = found[-1] - len(found) + 1
        else:
            hint = re.compile(rf"\s*#\s*{re.escape(name)}\s*=")
            at = next((at + 1 for at, line in enumerate(lines) if hint.match(line)), len(lines))
            kept = lines
        lines = [*kept[:at], *new, *kept[at:]]
    return "".join(line + end for line in lines)


@dataclass(frozen=True)
class Prepared:
    """The new file beside the old one, safely on the disk."""

    temporary: Path
    path: Path

    def put(self) -> None:
        """Make the new file the file: readers see the old or the new one, never half of one."""
        self.temporary.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def held(path: Path) -> Iterator[Path]:
    """Within the block nobody else of us changes the file. Gives the file itself, where `path` is a link to it."""
    path = path.resolve()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(folder)


@contextmanager
def prepared(path: Path, text: str) -> Iterator[Prepared]:
    """Write `text` beside the file, with its mode and owner; without put(), nothing is left of it. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{codes.token(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            _like(path, file.fileno())
            os.fsync(file.fileno())
        yield Prepared(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _like(path: Path, handle: int) -> None:
    """The mode of the file that is there, and its owner as far as we may."""
    try:
        found = path.stat()
    except FileNotFoundError:
        os.fchmod(handle, _NEW)
        return
    mine = os.fstat(handle)
    if (found.st_uid, found.st_gid) != (mine.st_uid, mine.st_gid):
        with suppress(PermissionError):  # ours it stays; the mode is what keeps others out
            os.fchown(handle, found.st_uid, found.st_gid)
    os.fchmod(handle, stat.S_IMODE(found.st_mode))
