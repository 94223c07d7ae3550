"""A picture of a question as an answer: whoever asks for it has been looked at before."""

from __future__ import annotations

import re

from flask import request
from werkzeug.wrappers import Response

from examengine.core import html, media
from examengine.core.errors import Missing
from examengine.core.pictures import TYPES
from examengine.web.shell.own_settings import own

ALONE = "default-src 'none'; sandbox"
"""The policy of a file that is nothing but a picture."""


def known_name(name: str) -> str:
    """A name that a picture can have. Raises Missing."""
    if not re.fullmatch(html.NAME, name):
        raise Missing
    return name


def picture(name: str) -> Response:
    """The file; a browser keeps it for this reader, and asks each time whether she still may see it."""
    data = media.read(own().media, known_name(name))
    headers = {"Cache-Control": "private, no-cache", "Content-Security-Policy": ALONE, "Content-Disposition": "inline"}
    answer = Response(data, mimetype=TYPES[name.rpartition(".")[2]], headers=headers)
    answer.set_etag(name.partition(".")[0])
    return answer.make_conditional(request)
