"""Pictures of a bank folder: a text names pictures/NAME, the engine the picture's content."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from examengine.core import html, pictures
from examengine.core.errors import Invalid
from examengine.core.i18n import N_, Message
from examengine.formats.base import FilePicture

FOLDER = "pictures"
LONGEST = 120
Step = str | int
_TAG = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_SOURCE = re.compile(r"""(\bsrc\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)
_OURS = re.compile(rf'(<img src=")media:({html.NAME})(?=")')
_NONE = "0" * 64 + ".png"
"""Stands for a faulty picture, so that its item is not said to lack a text besides."""
_UNUSUAL = re.compile(r"[^\w.-]+")


class PictureFolder:
    """The pictures beside the item files of a bank, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, FilePicture | Message] = {}

    @property
    def found(self) -> dict[str, FilePicture]:
        """Those that texts name and that are pictures, by the name that the engine gives them."""
        return {one.picture.name: one for one in self._read.values() if isinstance(one, FilePicture)}

    def resolved(self, row: Any) -> tuple[Any, list[tuple[list[Step], Message]]]:
        """The row with the engine's names of pictures in its texts; what is wrong with which text."""
        problems: list[tuple[list[Step], Message]] = []

        def change(text: str, path: list[Step]) -> str:
            def put(tag: re.Match[str]) -> str:
                named = _SOURCE.search(tag[0])
                found = self._of("" if named is None else named[2] or named[3] or named[4] or "")
                if isinstance(found, Message):
                    problems.append((path, found))
                ours = _NONE if isinstance(found, Message) else found.picture.name
                if named is None:
                    return f'<img src="media:{ours}"{tag[0][4:]}'
                return _SOURCE.sub(rf'\1"media:{ours}"', tag[0], count=1)

            return _TAG.sub(put, text)

        return _changed(row, change, []), problems

    def _of(self, source: str) -> FilePicture | Message:
        if source not in self._read:
            self._read[source] = self._look(source)
        return self._read[source]

    def _look(self, source: str) -> FilePicture | Message:
        folder, _, name = source.partition("/")
        if folder != FOLDER or not name or len(name) > LONGEST or name.startswith(".") or re.search(r"[/\\\0]", name):
            text = N_("a picture is named pictures/NAME, a file in the bank's folder; “%(source)s” is not")
            return Message(text, {"source": source[:80]})
        path = self._folder / FOLDER / name
        try:
            if path.resolve().parent != self._folder.resolve() / FOLDER:
                return Message(N_("%(file)s is outside its folder"), {"file": source})
            with path.open("rb") as file:
                data = file.read(pictures.QUESTION.size + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            return Message(N_("%(file)s cannot be read: %(reason)s"), {"file": source, "reason": reason})
        try:
            return FilePicture(pictures.checked(data, pictures.QUESTION), name)
        except Invalid as problem:
            return Message(N_("%(file)s: %(reason)s"), {"file": source, "reason": problem.detail})


def named(row: Any) -> list[str]:
    """The engine's names of the pictures in a row's texts."""
    found: list[str] = []

    def look(text: str, path: list[Step]) -> str:
        found.extend(tag[2] for tag in _OURS.finditer(text))
        return text

    _changed(row, look, [])
    return found


def unresolved(row: Any, files: Mapping[str, str]) -> Any:
    """The row with names of files in the place of the engine's."""
    return _changed(row, lambda text, path: _OURS.sub(lambda tag: f"{tag[1]}{FOLDER}/{files[tag[2]]}", text), [])


def file_names(found: Collection[tuple[str, str]]) -> dict[str, str]:
    """For pictures (the engine's name, what the file was called) names of files, no two alike."""
    names: dict[str, str] = {}
    for name, called in found:
        digest, _, extension = name.partition(".")
        stem = _UNUSUAL.sub("-", called.rpartition(".")[0]).strip("-.")[:60] or digest[:16]
        taken = {other.casefold() for other in names.values()}
        plain = f"{stem}.{extension}"
        names[name] = plain if plain.casefold() not in taken else f"{stem}-{digest[:16]}.{extension}"
    return names


def _changed(value: Any, change: Callable[[str, list[Step]], str], path: list[Step]) -> Any:
    """Data with every text changed."""
    if isinstance(value, str):
        return change(value, path)
    if isinstance(value, Mapping):
        return dict(_pairs(value, change, path))
    if isinstance(value, list):
        return [_changed(part, change, [*path, place]) for place, part in enumerate(value)]
    return value


def _pairs(
    value: Mapping[Any, Any], change: Callable[[str, list[Step]], str], path: list[Step]
) -> Iterator[tuple[Any, Any]]:
    for key, part in value.items():
        yield key, _changed(part, change, [*path, key])
