"""The sanitiser: rich text is cleaned here when it is written; the only file that names bleach."""

from __future__ import annotations

import html
import re

import bleach

_WORDS = {"p", "br", "strong", "em", "u", "s", "sub", "sup", "ul", "ol", "li", "blockquote", "code", "pre"}
_TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
TAGS = frozenset(_WORDS | _TABLES)
ATTRIBUTES = {"th": ["colspan", "rowspan"], "td": ["colspan", "rowspan"]}
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")
_UNSEEN = re.compile(r"<(script|style|template|noscript)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|li|tr|blockquote|pre|h\d|div)>", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ANY_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"[ \t]+")
_PRE_GAP = re.compile(r"<pre>\n+")
_PASSES = 4
_CLEANER = bleach.Cleaner(tags=TAGS, attributes=ATTRIBUTES, protocols=[], strip=True, strip_comments=True)


def clean(text: str) -> str:
    """Rich text as it may be stored: allow-listed HTML; plain text becomes paragraphs (blank line = new one).

    What comes out is a fixed point: cleaned again, it stays as it is.
    """
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    for _ in range(_PASSES):
        if not _TAG.search(text):
            return _paragraphs(text)
        before, text = text, _parsed(text)
        if text == before:
            return text
    # Misnested markup that parsers understand differently each time: only its words are kept.
    return _paragraphs(plain(text))


def _parsed(text: str) -> str:
    # bleach's strip keeps the text inside removed elements; a script's text is no text.
    kept = str(_CLEANER.clean(_UNSEEN.sub("", text)))
    return _PRE_GAP.sub("<pre>", kept).strip()  # parsers drop the first newline of <pre>: one a pass


def _paragraphs(text: str) -> str:
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in parts if part)


def plain(rich: str) -> str:
    """The words of cleaned rich text, one line a block, for lists, search and exports."""
    spaced = _BREAKS.sub("\n", rich)
    words = html.unescape(_ANY_TAG.sub("", spaced))
    return "\n".join(line for line in (_SPACES.sub(" ", part).strip() for part in words.split("\n")) if line)
