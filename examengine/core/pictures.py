"""Pictures from outside: known by their content, never by a name or declared type; what is no picture is left out.

Only the parts that draw are kept: no comments, places, thumbnails, scripts or bytes after the end. Of a camera's facts
one stays: which way up the picture is.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from examengine.core import codes, gif, orientation
from examengine.core.errors import Invalid
from examengine.core.i18n import N_, Message

TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
ACCEPT = ",".join(TYPES.values())
"""For a file field: what its dialog offers."""


@dataclass(frozen=True)
class Limits:
    """How large a picture may be; the area bounds what it unpacks to."""

    size: int
    """Bytes."""
    side: int
    area: int


LOGO = Limits(512 * 1024, 2000, 2000 * 2000)
QUESTION = Limits(1024 * 1024, 4000, 8_000_000)
"""A screenshot of a large screen fits; a camera's picture has to be made smaller before."""


_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"IDAT", b"IEND"}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_ANOTHER_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_JPEG_KEPT = {0xE0, 0xEE, 0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDD, 0xDA}
_JPEG_DROPPED = {*range(0xE1, 0xF0), 0xFE} - {0xEE}


class _Broken(Exception):
    """Not what its first bytes say."""


@dataclass(frozen=True)
class Picture:
    """A checked picture; `data` is what is kept."""

    extension: str
    width: int
    height: int
    data: bytes

    @property
    def name(self) -> str:
        """The name of its file: the SHA-256 of its content."""
        return f"{codes.sha256(self.data)}.{self.extension}"


def checked(data: bytes, limits: Limits = LOGO) -> Picture:
    """The picture in `data`. Raises Invalid: empty, too large, not PNG, JPEG, WebP or GIF, broken."""
    if not data:
        raise Invalid(N_("The file is empty."))
    if len(data) > limits.size:
        raise Invalid(Message(N_("The picture is larger than %(n)s KiB."), {"n": limits.size // 1024}))
    reader = _reader(data)
    if reader is None:
        raise Invalid(N_("This is no PNG, JPEG, WebP or GIF picture."))
    try:
        found = reader(data, limits)
    except (_Broken, gif.Broken, struct.error, IndexError, zlib.error):
        raise Invalid(N_("The picture is damaged, moves, or is of a rare kind; save it anew as a PNG.")) from None
    return found


def _reader(data: bytes) -> Callable[[bytes, Limits], Picture] | None:
    if data.startswith(_PNG):
        return _png
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _gif
    return _webp if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _need(condition: object) -> None:
    if not condition:
        raise _Broken


def _fits(width: int, height: int, limits: Limits) -> None:
    if not (width and height):
        raise _Broken
    if max(width, height) > limits.side:
        raise Invalid(Message(N_("The picture is wider or higher than %(n)s pixels."), {"n": limits.side}))
    if width * height > limits.area:
        text = N_("The picture has more than %(n)s million pixels. Make it smaller, or show a part of it.")
        raise Invalid(Message(text, {"n": limits.area // 1_000_000}))


def _png(data: bytes, limits: Limits) -> Picture:
    chunks = list(_png_chunks(data))
    names = [name for name, _ in chunks]
    _need(names[0] == b"IHDR" and names.count(b"IHDR") == 1 and b"IDAT" in names and len(chunks[0][1]) == 13)
    width, height, depth, colour, method, way, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    _fits(width, height, limits)
    _need(depth in _DEPTHS.get(colour, ()) and not method and not way and interlaced in (0, 1))
    _need(colour != 3 or b"PLTE" in names[: names.index(b"IDAT")])
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    _inflate(
        (body for name, body in chunks if name == b"IDAT"), _png_size(width, height, depth * _CHANNELS[colour], passes)
    )
    kept = b"".join(_png_chunk(name, body) for name, body in chunks if name in _PNG_KEPT)
    return Picture("png", width, height, _PNG + kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Chunks up to and with IEND; what follows is no part of the picture."""
    at = len(_PNG)
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        _need(len(body) == length and struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(name + body))
        _need(name in _PNG_KEPT or name[0] & 0x20)  # an unknown critical chunk
        yield name, body
        if name == b"IEND":
            return
        at += 12 + length


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png_size(width: int, height: int, bits: int, passes: tuple[tuple[int, int, int, int], ...]) -> int:
    """Bytes of the unpacked picture: each row has its filter's byte before it."""
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _inflate(parts: Iterator[bytes], size: int) -> None:
    """Unpack to nowhere, never more than the picture's own size."""
    packed, left = zlib.decompressobj(), size
    for part in parts:
        rest = part
        while rest and not packed.eof:
            left -= len(packed.decompress(rest, 1 << 18))
            _need(left >= 0)
            rest = packed.unconsumed_tail
    _need(packed.eof and left == 0)


def _jpeg(data: bytes, limits: Limits) -> Picture:
    kept, size = [b"\xff\xd8"], (0, 0)
    at, scans, up = 2, 0, 1
    while True:
        _need(data[at] == 0xFF)
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == 0xD9:
            break
        _need(marker in _JPEG_KEPT or marker in _JPEG_DROPPED)
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        _need(length >= 2 and end < len(data))
        if marker in (0xC0, 0xC1, 0xC2):
            _need(size == (0, 0) and length >= 8)
            height, width = struct.unpack_from(">HH", data, at + 5)
            _fits(width, height, limits)
            size = (width, height)
        if marker == 0xDA:
            _need(size != (0, 0))
            found = _ANOTHER_MARKER.search(data, end)
            _need(found)
            end, scans = (found.start() if found else end), scans + 1
        if marker == 0xE1 and up == 1:
            up = orientation.orientation(data[at + 4 : end])
        if marker == 0xE0 and data[at + 4 : at + 9] == b"JFIF\0":  # without its thumbnail
            kept.append(b"\xff\xe0\x00\x10" + data[at + 4 : at + 16] + b"\0\0")
        elif marker in _JPEG_KEPT - {0xE0}:
            kept.append(b"\xff" + data[at + 1 : end])
        at = end
    _need(scans)
    kept.insert(1, orientation.segment_of(up))
    return Picture("jpg", *size, b"".join(kept) + b"\xff\xd9")


def _gif(data: bytes, limits: Limits) -> Picture:
    width, height, kept = gif.still(data)
    _fits(width, height, limits)
    return Picture("gif", width, height, kept)


def _webp(data: bytes, limits: Limits) -> Picture:
    (length,) = struct.unpack_from("<I", data, 4)
    _need(length + 8 <= len(data))
    chunks = dict(_webp_chunks(data[12 : length + 8]))
    lossy, lossless = chunks.get(b"VP8 "), chunks.get(b"VP8L")
    _need((lossy is None) != (lossless is None) and b"ANIM" not in chunks and b"ANMF" not in chunks)
    size = _vp8_size(lossy) if lossy is not None else _vp8l_size(lossless or b"")
    _fits(*size, limits)
    drawn: tuple[bytes, ...] = (b"ALPH", b"VP8 ", b"VP8L")
    kept = [(name, chunks[name]) for name in drawn if name in chunks]
    if b"VP8X" in chunks:
        head = chunks[b"VP8X"]
        _need(len(head) == 10 and _extended_size(head) == size)
        alpha = head[0] & 0x10  # the only flag whose chunks are kept
        kept.insert(0, (b"VP8X", bytes([alpha]) + head[1:]))
    else:
        _need(b"ALPH" not in chunks)
    body = b"".join(name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) & 1) for name, part in kept)
    return Picture("webp", *size, b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, seen = 0, set()
    while at < len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        _need(len(body) == length and name not in seen)
        seen.add(name)
        yield name, body
        at += 8 + length + (length & 1)


def _extended_size(head: bytes) -> tuple[int, int]:
    return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")


def _vp8_size(body: bytes) -> tuple[int, int]:
    _need(len(body) > 10 and not body[0] & 1 and body[3:6] == b"\x9d\x01\x2a")
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _vp8l_size(body: bytes) -> tuple[int, int]:
    _need(len(body) > 5 and body[0] == 0x2F)
    bits = int.from_bytes(body[1:5], "little")
    _need(bits >> 29 == 0)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
