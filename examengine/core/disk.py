"""Room on the disk, and the right to write to it."""

from __future__ import annotations

import os
from pathlib import Path

MIB = 1024 * 1024
FLOOR = 256 * MIB
"""With less room than this an instance is not ready: an exam's journal must not be the last thing that fits."""


def free(folder: Path) -> int:
    """Bytes that are free for this process on the folder's file system."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def fault(folder: Path) -> str | None:
    """What keeps files from being written to the folder, in words."""
    try:
        found = os.statvfs(folder)
    except OSError as error:
        return f"{folder} cannot be looked at: {error.strerror}"
    if found.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK):
        return f"{folder} is read-only"
    if found.f_files and not found.f_favail:
        return f"{folder}: the file system has no room for another file"
    if (room := found.f_bavail * found.f_frsize) < FLOOR:
        return f"only {room // MIB} MiB free in {folder}"
    return None
