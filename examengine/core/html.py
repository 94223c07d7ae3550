"""The sanitiser: rich text is cleaned here when it is written; the only file that names bleach."""

from __future__ import annotations

import html
import re

import bleach

TAGS = frozenset(
    ("p", "br", "strong", "em", "u", "s", "sub", "sup", "ul", "ol", "li", "blockquote", "code", "pre", "table", "thead")
    + ("tbody", "tr", "th", "td")  # noqa: RUF005 (two lines of names)
)
ATTRIBUTES = {"th": ["colspan", "rowspan"], "td": ["colspan", "rowspan"]}
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")
_UNSEEN = re.compile(r"<(script|style|template|noscript)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|li|tr|blockquote|pre|h\d|div)>", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CLEANER = bleach.Cleaner(tags=TAGS, attributes=ATTRIBUTES, protocols=[], strip=True, strip_comments=True)


def clean(text: str) -> str:
    """Rich text as it may be stored: allow-listed HTML; plain text becomes paragraphs (blank line = new one)."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
    if not _TAG.search(text):
        parts = (part.strip() for part in re.split(r"\n\s*\n", text))
        return "".join(f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in parts if part)
    # bleach's strip keeps the text inside removed elements; a script's text is no text.
    return str(_CLEANER.clean(_UNSEEN.sub("", text))).strip()


def plain(rich: str) -> str:
    """The words of cleaned rich text, one line a block, for lists, search and exports."""
    spaced = _BREAKS.sub("\n", rich)
    words = html.unescape(re.sub(r"<[^>]*>", "", spaced))
    return "\n".join(line for line in (re.sub(r"[ \t]+", " ", part).strip() for part in words.split("\n")) if line)
