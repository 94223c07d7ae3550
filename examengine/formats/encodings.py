"""Which encoding a text file is in: by its marks, by what it can be, at last by what is more likely."""

from __future__ import annotations

from examengine.core.errors import Invalid
from examengine.core.i18n import N_, Message

ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030 / GBK", "windows-1252": "Windows-1252"}
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE = 200_000


def decoded(content: bytes, wanted: str = "") -> tuple[str, str, bool]:
    """The text, its encoding, and whether that is a guess. Raises Invalid when it is not in `wanted` (or in any)."""
    if wanted:
        return _decoded(content, wanted), wanted, False
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content, encoding), encoding, False
    if _looks_like_utf_16(content):
        return _decoded(content, "utf-16"), "utf-16", True
    try:
        return _decoded(content, "utf-8"), "utf-8", False
    except Invalid:
        encoding = "gb18030" if _looks_like_chinese(content) else "windows-1252"
        return _decoded(content, encoding), encoding, True


def _decoded(content: bytes, encoding: str) -> str:
    try:
        if encoding == "utf-16":
            return content.decode(_order(content)).removeprefix("\ufeff")
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        name = ENCODINGS.get(encoding, encoding)
        raise Invalid(Message(N_("The file cannot be read as %(encoding)s."), {"encoding": name})) from None


def _order(content: bytes) -> str:
    """UTF-16 with its byte order: by the mark, else by where the zero bytes of plain letters stand."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    sample = content[:_SAMPLE]
    return "utf-16-be" if sample[::2].count(0) > sample[1::2].count(0) else "utf-16-le"


def _looks_like_utf_16(content: bytes) -> bool:
    """Zero bytes mostly on one side: commas, digits and line ends of two bytes each."""
    sample = content[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    return len(content) % 2 == 0 and max(even, odd) > len(sample) // 40 and 4 * min(even, odd) < max(even, odd)


def _looks_like_chinese(content: bytes) -> bool:
    """Whether the high bytes read as GB18030 are mostly common characters.

    Western text in Windows-1252 often decodes as GB18030 too: its accented letters stand alone, so each makes a rare
    character with the plain letter behind it. Chinese text has pairs of high bytes (the common characters of GB 2312).
    """
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    common = rare = at = 0
    sample = content[:_SAMPLE]
    while at < len(sample) - 1:
        lead, trail = sample[at], sample[at + 1]
        if lead < 0x80:
            at += 1
        elif 0x30 <= trail <= 0x39:
            at += 4
        else:
            is_common = (0xB0 <= lead <= 0xF7 or 0xA1 <= lead <= 0xA9) and trail >= 0xA1
            common, rare, at = common + is_common, rare + (not is_common), at + 2
    return common > rare
