"""Which way up a camera's picture is: of its EXIF that alone must stay, or the picture lies on its side (pure)."""

from __future__ import annotations

import struct

_EXIF, _TAG, _SHORT = b"Exif\0\0", 0x0112, 3


def orientation(segment: bytes) -> int:
    """1 (upright) to 8, of an APP1 segment's body; 1 where it says nothing that makes sense."""
    if not segment.startswith(_EXIF) or segment[6:8] not in (b"II", b"MM"):
        return 1
    tiff, order = segment[6:], "<" if segment[6:8] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, number, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if (tag, kind, number) == (_TAG, _SHORT, 1) and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass
    return 1


def segment_of(value: int) -> bytes:
    """A JPEG segment that says this and nothing else; nothing for an upright picture."""
    if value == 1:
        return b""
    body = _EXIF + b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _TAG, _SHORT, 1, value, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
