"""Files of the instance's media folder, named by the SHA-256 of their content: never changed, written once."""

from __future__ import annotations

import os
from pathlib import Path

from examengine.core import codes
from examengine.core.errors import Conflict, Missing
from examengine.core.i18n import N_, Message


def keep(folder: Path, name: str, data: bytes) -> None:
    """Write a file, wholly or not at all. Raises Conflict, in words, where the folder cannot be written."""
    path = folder / name
    temporary = folder / f".{name}.{codes.token(6)}"
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        if path.exists():
            return
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        text = N_("The media folder of the instance cannot be written: %(reason)s. Nothing was changed.")
        raise Conflict(Message(text, {"reason": error.strerror or str(error)})) from None


def read(folder: Path, name: str) -> bytes:
    """The content of a file whose name is known to be one of ours. Raises Missing."""
    try:
        return (folder / name).read_bytes()
    except OSError:
        raise Missing from None
