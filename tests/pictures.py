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
