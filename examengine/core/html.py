"""The sanitiser: rich text is cleaned here when it is written; the only file that names bleach."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import NamedTuple

import bleach

_WORDS = {"p", "br", "strong", "em", "u", "s", "sub", "sup", "ul", "ol", "li", "blockquote", "code", "pre"}
_TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
TAGS = frozenset(_WORDS | _TABLES | {"img"})
NAME = r"[0-9a-f]{64}\.(?:png|jpg|webp|gif)"
"""The name of a picture's file (core/pictures.py)."""
_SCHEME = "media:"
_SOURCE = re.compile(_SCHEME + NAME)
_SPANS = ["colspan", "rowspan"]


def _of_picture(tag: str, name: str, value: str) -> bool:
    return name == "alt" or (name == "src" and _SOURCE.fullmatch(value) is not None)


ATTRIBUTES: dict[str, list[str] | Callable[[str, str, str], bool]] = {"th": _SPANS, "td": _SPANS, "img": _of_picture}
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")
_UNSEEN = re.compile(r"<(script|style|template|noscript)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|li|tr|blockquote|pre|h\d|div)>", re.IGNORECASE)
# Besides control characters the two that mark places in frames (web/shell/frames.py).
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000\ue001]")
_CELL_ENDS = re.compile(r"</t[dh]>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"[ \t]+")
_PRE_GAP = re.compile(r"<pre>\n+")
_PASSES = 4
_CLEANER = bleach.Cleaner(tags=TAGS, attributes=ATTRIBUTES, protocols=["media"], strip=True, strip_comments=True)
_SERIALISED = re.compile(r"""<img((?:\s+\w+=(?:"[^"]*"|'[^']*'))*)\s*/?>""")
_ATTRIBUTE = re.compile(r"""(\w+)=(?:"([^"]*)"|'([^']*)')""")
_WRITTEN = re.compile(rf'<img src="{_SCHEME}({NAME})" alt="([^"<>\n]*)">')
"""A picture as cleaned text has it, and as the editor offers it to be put into a text."""
_HAN = re.compile("[\u3400-\u9fff]")


class Shown(NamedTuple):
    """A picture in rich text: its file's name, and what it shows in words."""

    name: str
    alt: str


def clean(text: str) -> str:
    """Rich text as it may be stored: allow-listed HTML; plain text becomes paragraphs (blank line = new one).

    What comes out is a fixed point: cleaned again, it stays as it is.
    """
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    for _ in range(_PASSES):
        if not _TAG.search(_WRITTEN.sub("", text)):  # pictures stand in plain text too
            return _paragraphs(text)
        before, text = text, _parsed(text)
        if text == before:
            return text
    # Misnested markup that parsers understand differently each time: only its words are kept.
    return _paragraphs(plain(text))


def _parsed(text: str) -> str:
    # bleach's strip keeps the text inside removed elements; a script's text is no text.
    kept = _SERIALISED.sub(_picture_of, str(_CLEANER.clean(_UNSEEN.sub("", text))))
    return _PRE_GAP.sub("<pre>", kept).strip()  # parsers drop the first newline of <pre>: one a pass


def _paragraphs(text: str) -> str:
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{_escaped(part).replace(chr(10), '<br>')}</p>" for part in parts if part)


def _escaped(text: str) -> str:
    """Plain text as HTML; pictures in it stay pictures."""
    return around_pictures(text, lambda part: html.escape(part, quote=False))


def around_pictures(text: str, change: Callable[[str], str]) -> str:
    """The text with all of it changed but its pictures."""
    pieces, at = [], 0
    for found in _WRITTEN.finditer(text):
        pieces += [change(text[at : found.start()]), code(found[1], html.unescape(found[2]))]
        at = found.end()
    return "".join((*pieces, change(text[at:])))


def _picture_of(found: re.Match[str]) -> str:
    """A picture as the serialiser writes it in the one form that we keep; nothing for one from elsewhere."""
    at = {name: html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(found[1])}
    source = at.get("src", "")
    return code(source.removeprefix(_SCHEME), at.get("alt", "")) if _SOURCE.fullmatch(source) else ""


def code(name: str, alt: str) -> str:
    """A picture as rich text has it. Blanks of fill-ins ([[1]]) are no part of a description."""
    words = " ".join(alt.split()).replace("[[", "[ [")
    return f'<img src="{_SCHEME}{name}" alt="{html.escape(words, quote=False).replace(chr(34), "&quot;")}">'


def pictures(rich: str) -> list[Shown]:
    """The pictures of cleaned rich text, in order."""
    return [Shown(found[1], html.unescape(found[2]).strip()) for found in _WRITTEN.finditer(rich)]


def addressed(rich: str, address: Callable[[str], str] | None, more: str = "") -> str:
    """Cleaned rich text with its pictures at the address of their names; without one they stay as their words.

    `more`: further attributes.
    """

    def put(found: re.Match[str]) -> str:
        return f'<img src="{address(found[1])}" alt="{found[2]}"{more}>' if address else _worded(found)

    return _WRITTEN.sub(put, rich)


def _worded(found: re.Match[str]) -> str:
    """A picture in words, in the language of its description."""
    if _HAN.search(found[2]):
        return f"[图片：{found[2]}]"
    return f"[picture: {found[2]}]" if found[2] else "[picture]"


def plain(rich: str) -> str:
    """The words of cleaned rich text, one line a block, for lists, search, exports; pictures by their descriptions."""
    spaced = _CELL_ENDS.sub(" ", _BREAKS.sub("\n", _WRITTEN.sub(_worded, rich)))
    words = html.unescape(_ANY_TAG.sub("", spaced))
    return "\n".join(line for line in (_SPACES.sub(" ", part).strip() for part in words.split("\n")) if line)
