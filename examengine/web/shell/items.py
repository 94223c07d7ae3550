"""Questions as HTML: each kind's template rendered once a version and language, then joined in an attempt's order."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext
from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from markupsafe import Markup

import examengine.itemtypes
from examengine.core.html import addressed
from examengine.itemtypes.base import Presentation
from examengine.web.shell.frames import Frame, encoded, mark
from examengine.web.shell.media_urls import Address


class _Typed(dict[bytes, bytes]):
    """What was typed, by mark; nothing where nothing was."""

    def __missing__(self, name: bytes) -> bytes:
        return b""


@dataclass(frozen=True)
class Question:
    """A question's HTML in frames: the whole, with a mark for its parts, and each part."""

    whole: Frame
    parts: tuple[Frame, ...]


@cache
def _environment() -> Environment:
    """The application's template environment with the kinds' own templates before it."""
    folder = Path(examengine.itemtypes.__file__).parent / "templates"
    loaders = [FileSystemLoader(folder), current_app.jinja_env.loader]
    return current_app.jinja_env.overlay(loader=ChoiceLoader([loader for loader in loaders if loader]))


def render(presentation: Presentation, pictures: Address | None = None) -> tuple[Markup, tuple[Frame, ...]]:
    """A presentation in this request's language: the HTML around its parts (mark PARTS), and each part.

    `pictures`: their addresses, which may hold marks of their own (MEDIA).
    """
    shown = tuple(addressed(part, pictures) for part in presentation.parts)
    presentation = replace(presentation, stem=addressed(presentation.stem, pictures), parts=shown)
    if presentation.facts.get("worded"):
        presentation = replace(presentation, parts=tuple(gettext(part) for part in presentation.parts))
    module: Any = _environment().get_template(f"{presentation.kind}.html").make_module()
    around = Markup(f"{module.head(presentation)}{mark('PARTS')}{module.tail(presentation)}")  # noqa: S704 (a template's)
    return around, tuple(Frame(str(module.part(presentation, i))) for i in range(len(presentation.parts)))


def join(question: Question, facts: Mapping[bytes, bytes], order: Sequence[int], value: Any) -> bytes:
    """A question for one attempt: parts in its order, the saved answer set. `facts` fills the frame's own marks.

    `value` is the raw saved value of the shape (docs/save-protocol.md); anything else counts as no answer.
    """
    values = value if isinstance(value, list) else [value]
    if question.parts:
        shown, own = [], dict(facts)
        for place, index in enumerate(order):
            own[b"POS"], own[b"ON"] = b"%d" % place, b" checked" if place in values else b""
            shown.append(question.parts[index].fill(own))
        own[b"PARTS"] = b"".join(shown)
        return question.whole.fill(own)
    typed = {b"VALUE%d" % n: encoded(html.escape(text)) for n, text in enumerate(values) if isinstance(text, str)}
    return question.whole.fill(_Typed({**facts, **typed}))


def preview(presentation: Presentation, number: int = 1, pictures: Address | None = None) -> Markup:
    """A question as a candidate sees it, in authoring order and without an answer."""
    around, parts = render(presentation, pictures)
    facts = dict.fromkeys((b"SLOT", b"NUMBER"), b"%d" % number)
    html = join(Question(Frame(around), parts), facts, range(len(parts)), None).decode()
    return Markup(html)  # noqa: S704 (cleaned at write)
