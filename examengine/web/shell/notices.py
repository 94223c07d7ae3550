"""Notices as pages list them; one of a kind that is not known here is left out of words, never a failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from werkzeug.routing import BuildError

from examengine.core.i18n import N_, Message
from examengine.notices.kinds import KINDS, wording
from examengine.notices.models import Notice

UNKNOWN = N_("A notice that this version cannot show.")


@dataclass(frozen=True)
class NoticeLine:
    """A notice in words with its icon and the page it leads to, if there is one."""

    notice: Notice
    text: Message
    url: str
    icon: str


def lines(notices: Iterable[Notice]) -> list[NoticeLine]:
    """A line for each."""
    return [_line(notice) for notice in notices]


def _line(notice: Notice) -> NoticeLine:
    kind = KINDS.get(notice.kind)
    text = wording(notice.kind, notice.details) or Message(UNKNOWN)
    if kind is None:
        return NoticeLine(notice, text, "", "info")
    try:
        values: dict[str, Any] = {kind.argument: notice.subject_id} if kind.argument else {}
        url = url_for(kind.endpoint, **values)
    except BuildError:
        url = ""
    return NoticeLine(notice, text, url, kind.icon)
