"""Questions as HTML: each kind's template rendered once a version and language, then joined in an attempt's order."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext
from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from markupsafe import Markup

import examengine.itemtypes
from examengine.itemtypes.base import Presentation
from examengine.web.shell.language import language

LARGEST_CACHE = 20_000
_VALUE = re.compile(r"@VALUE(\d+)@")


@dataclass(frozen=True)
class Fragments:
    """A question's HTML in pieces, with marks (@SLOT@ …) that an attempt fills."""

    head: str
    parts: tuple[str, ...]
    tail: str


_fragments: dict[tuple[int, str], Fragments] = {}


@cache
def _environment() -> Environment:
    """The application's template environment with the kinds' own templates before it."""
    folder = Path(examengine.itemtypes.__file__).parent / "templates"
    loaders = [FileSystemLoader(folder), current_app.jinja_env.loader]
    return current_app.jinja_env.overlay(loader=ChoiceLoader([loader for loader in loaders if loader]))


def render(presentation: Presentation) -> Fragments:
    """The pieces of one presentation in this request's language."""
    if presentation.facts.get("worded"):
        presentation = replace(presentation, parts=tuple(gettext(part) for part in presentation.parts))
    module: Any = _environment().get_template(f"{presentation.kind}.html").make_module()
    return Fragments(
        str(module.head(presentation)),
        tuple(str(module.part(presentation, i)) for i in range(len(presentation.parts))),
        str(module.tail(presentation)),
    )


def fragments(version_id: int, presentation: Presentation) -> Fragments:
    """The same from this process's cache."""
    key = (version_id, language())
    if key not in _fragments:
        if len(_fragments) > LARGEST_CACHE:
            _fragments.clear()
        _fragments[key] = render(presentation)
    return _fragments[key]


def join(made: Fragments, slot: int, number: int, order: Sequence[int], value: Any) -> Markup:
    """A question for one attempt: parts in its order, the saved answer set.

    `value` is the raw saved value of the shape (docs/save-protocol.md); anything else counts as no answer.
    """
    chosen = set(value) if isinstance(value, list) else {value}
    shown = [
        made.parts[index].replace("@POS@", str(position)).replace("@ON@", " checked" if position in chosen else "")
        for position, index in enumerate(order)
    ]
    text = f"{made.head}{''.join(shown)}{made.tail}".replace("@SLOT@", str(slot)).replace("@NUMBER@", str(number))
    values = value if isinstance(value, list) else [value]
    # Split once: what somebody typed is never looked through for marks.
    pieces = _VALUE.split(text)
    for index in range(1, len(pieces), 2):
        blank = int(pieces[index])
        given = values[blank] if blank < len(values) else ""
        pieces[index] = html.escape(given) if isinstance(given, str) else ""
    return Markup("".join(pieces))  # noqa: S704 (made of cleaned stems, templates and escaped answers)


def preview(presentation: Presentation, number: int = 1) -> Markup:
    """A question as a candidate sees it, in authoring order and without an answer."""
    return join(render(presentation), number, number, range(len(presentation.parts)), None)
