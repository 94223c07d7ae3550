"""Pages that are rendered once and filled for each reader: a template with marks, kept by the process."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping

from markupsafe import Markup

LARGEST_CACHE = 20_000
_MARK = re.compile("\ue000([A-Z0-9]+)\ue001")  # private characters: no text of ours has them

_frames: dict[Hashable, Frame] = {}


def mark(name: str) -> Markup:
    """What a template shows where `name` will be filled in."""
    return Markup(f"\ue000{name}\ue001")  # noqa: S704 (a constant)


class Frame:
    """HTML with marks. Values are HTML too: escape what is not."""

    def __init__(self, html: str) -> None:
        self._text = _MARK.sub(r"%(\1)s", html.replace("%", "%%"))

    def fill(self, values: Mapping[str, object]) -> str:
        """The HTML with all marks filled; what is filled in is never looked through for marks."""
        return self._text % values


def frame(key: Hashable, render: Callable[[], str]) -> Frame:
    """The frame kept under `key`, which names all that `render` depends on."""
    found = _frames.get(key)
    if found is None:
        if len(_frames) > LARGEST_CACHE:
            _frames.clear()
        found = _frames[key] = Frame(render())
    return found
