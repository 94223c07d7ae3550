"""Rich text as authors write it: plain text wherever the stored HTML says no more than that."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

from examengine.core.html import around_pictures, clean
from examengine.itemtypes import get

_BETWEEN = re.compile(r"</p>\s+<p>")
_ALONE = re.compile(r"<p>|</p>$")


def softened(text: str) -> str:
    """The plain text that the sanitiser makes `text` of, if there is one; else `text` itself."""
    close = _BETWEEN.sub("</p><p>", text)
    bare = _ALONE.sub("", close.replace("</p><p>", "\n\n").replace("<br>", "\n"))
    plain = around_pictures(bare, html.unescape)
    return plain if clean(plain) == close else text


@cache
def rich_fields(kind: str) -> frozenset[str]:
    """Names of a kind's rich fields, lists' rows left out ("stem", "options-text"): those that `Kind.rich` changes."""
    found = get(kind)
    content = found.load(found.examples().data)
    return frozenset(_changed(found.dump(content), found.dump(found.rich(content, lambda text: f"{text}*"))))


def _changed(before: Any, after: Any, name: str = "") -> set[str]:
    if isinstance(before, dict):
        parts = [(before.get(key, ""), value, f"{name}-{key}".strip("-")) for key, value in after.items()]
    elif isinstance(before, list):
        parts = [(old, new, name) for old, new in zip(before, after, strict=True)]
    else:
        return {name} if before != after else set()
    return set().union(*(_changed(*part) for part in parts))


def is_rich(kind: str, field: str) -> bool:
    """Whether the form field called `field` ("kind-options-0-text") takes rich text."""
    path = [part for part in field.removeprefix("kind-").split("-") if not part.isdecimal()]
    return "-".join(path) in rich_fields(kind)
