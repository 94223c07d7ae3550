"""The pictures of questions: each that the database names is in the media folder."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from examengine.cli.checks import Finding, fault, ok
from examengine.core.db import session

NAMED = 3
"""So many missing files are named; the first is enough to look for."""


def files(folder: Path) -> Finding:
    """Whether the files are there."""
    rows = session.execute(text("SELECT name, size FROM media ORDER BY id")).all()
    lost = [row.name for row in rows if not _whole(folder / row.name, row.size)]
    if not lost:
        return ok("pictures", f"{len(rows):,} pictures of questions, each with its file")
    named = ", ".join(lost[:NAMED]) + (" …" if len(lost) > NAMED else "")
    return fault(
        "pictures",
        f"{len(lost):,} of {len(rows):,} pictures of questions missing or cut short in {folder}: {named}",
        "Restore a backup elsewhere and copy these files from its media folder, or add the pictures again.",
    )


def _whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
