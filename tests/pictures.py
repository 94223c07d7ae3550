"""Small real pictures for tests (12 by 7 where nothing else is said), made without a library."""

from __future__ import annotations

import base64
import struct
import zlib

SIGN = b"\x89PNG\r\n\x1a\n"


def told(value: object) -> str | None:
    """A test's name for bytes."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def head(width: int, height: int, depth: int = 8, colour: int = 6, interlaced: int = 0) -> bytes:
    """The chunk that a PNG begins with."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def picture(width: int = 8, height: int = 4, *, more: bytes = b"", after: bytes = b"") -> bytes:
    """An RGBA PNG, a blue bar on nothing; `more` chunks before the picture, `after` bytes behind its end."""
    row = b"\0" + b"".join(b"\x0a\x5c\x9e\xff" if x % width < width * 3 // 4 else b"\0\0\0\0" for x in range(width))
    data = chunk(b"IDAT", zlib.compress(row * height))
    return SIGN + head(width, height) + more + data + chunk(b"IEND", b"") + after


JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19i"
    "Z2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
    "Y2NjY2NjY2P/wAARCAAHAAwDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAUG/8QAGhABAAEFAAAAAAAAAAAAAAAAAAED"
    "BTSBsf/EABQBAQAAAAAAAAAAAAAAAAAAAAT/xAAWEQADAAAAAAAAAAAAAAAAAAAABDL/2gAMAwEAAhEDEQA/AM3ccGprsIYEM2HW"
    "g//Z"
)
WEBP = base64.b64decode(
    "UklGRmgAAABXRUJQVlA4WAoAAAAQAAAACwAABgAAQUxQSBIAAAABDzD/ERFCIJBktr/YDBH9jzxWUDggMAAAAPABAJ0BKgwABwAC"
    "wEwlqAJ0RwBkgAPdAAD+8wP/+8Gv+7OPz2qdIfqaxz9PiygAAA=="
)
WEBP_LOSSLESS = base64.b64decode(
    "UklGRjgAAABXRUJQVlA4WAoAAAAQAAAACwAABgAAVlA4TBoAAAAvC4ABEA8wXKMwnvMf8BAIJJntLzZDRP8jCw=="
)


def gif(more: bytes = b"", after: bytes = b"", frames: int = 1, version: bytes = b"GIF89a") -> bytes:
    """A GIF of 12 by 7 in two colours; `more` blocks before the frame, `after` bytes behind the end."""
    screen = version + struct.pack("<HHBBB", 12, 7, 0x80, 0, 0) + b"\x0a\x5c\x9e\xff\xff\xff"
    control = b"\x21\xf9\x04\x01\0\0\x01\0"
    coded = _codes(12 * 7)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 12, 7, 0) + bytes([2, len(coded)]) + coded + b"\0"
    return screen + more + (control + frame) * frames + b"\x3b" + after


def _codes(pixels: int) -> bytes:
    """The codes of a picture of one colour, as an encoder writes them."""
    width, following, out, bits, table = 3, 6, 0, 0, {(0,): 0}
    codes, run = [4], ()
    for _ in range(pixels):
        if (*run, 0) in table or not run:
            run = (*run, 0)
            continue
        codes.append(table[run])
        table[(*run, 0)] = following
        following += 1
        run = (0,)
    codes += [table[run], 5]
    following = 6
    for number, code in enumerate(codes):
        out |= code << bits
        bits += width
        if number > 1 and following == 1 << width:
            width += 1
        following += number > 0
    return out.to_bytes((bits + 7) // 8, "little")


def exif(value: int, order: str = "<", more: bytes = b"") -> bytes:
    """A JPEG segment with a camera's facts: the way up, and `more` that nobody is to see."""
    sign = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, value, 0)
    body = b"Exif\0\0" + sign + struct.pack(f"{order}IH", 8, 1) + entries + bytes(4) + more
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
