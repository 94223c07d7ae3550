"""Where a reader gets the pictures of a question: rich text names files, each page knows the way to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for

from examengine.core import html

Address = Callable[[str], str]
"""The address of a picture by its file's name."""


def pictures_at(endpoint: str, **values: Any) -> Address:
    """Addresses below the page that `endpoint` and `values` name: it serves them to who may see that page."""
    return lambda name: url_for(endpoint, name=name, **values)


def illustrated(rich: str, address: Address | None) -> str:
    """Cleaned rich text with its pictures; without addresses they are told in words."""
    return html.addressed(rich, address, ' loading="lazy"')
