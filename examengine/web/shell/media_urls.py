"""Where a reader gets the pictures of a question: rich text names files, each page knows the way to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for

from examengine.core import html
from examengine.web.shell.frames import mark

Address = Callable[[str], str]
"""The address of a picture by its file's name."""


def pictures_at(endpoint: str, **values: Any) -> Address:
    """Addresses below the page that `endpoint` and `values` name: it serves them to who may see that page."""
    return lambda name: url_for(endpoint, name=name, **values)


def marked(name: str) -> str:
    """An address within a frame that is kept for all attempts; its mark MEDIA is filled with `of_slot`."""
    return f"{mark('MEDIA')}{name}"


def of_slot(attempt_id: int, slot: int) -> str:
    """What the addresses of a candidate's pictures begin with (web/candidate/media.py)."""
    return f"/attempts/{attempt_id}/slots/{slot}/media/"


def illustrated(rich: str, address: Address | None) -> str:
    """Cleaned rich text with its pictures; without addresses they are told in words."""
    return html.addressed(rich, address, ' loading="lazy"')
