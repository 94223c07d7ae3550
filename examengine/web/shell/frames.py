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
    """HTML with marks, kept as the bytes that are sent: filling them takes a third of what it takes to fill text."""

    def __init__(self, html: str) -> None:
        self._html = _MARK.sub(r"%(\1)s", html.replace("%", "%%")).encode()

    def fill(self, values: Mapping[bytes, bytes]) -> bytes:
        """The HTML with all marks filled; what is filled in is HTML too, and never looked through for marks."""
        return self._html % values

    def fill_in(self, values: Mapping[str, object]) -> bytes:
        """`fill` by the marks' names, with HTML of either sort: escape what is none."""
        return self._html % {name.encode(): encoded(value) for name, value in values.items()}


def encoded(html: object) -> bytes:
    """HTML as bytes; half a surrogate pair, which a page can send in JSON and no page can show, becomes "?"."""
    return html if isinstance(html, bytes) else str(html).encode("utf-8", "replace")


def frame(key: Hashable, render: Callable[[], str]) -> Frame:
    """The frame kept under `key`, which names all that `render` depends on."""
    found = _frames.get(key)
    if found is None:
        if len(_frames) > LARGEST_CACHE:
            _frames.clear()
        found = _frames[key] = Frame(render())
    return found
