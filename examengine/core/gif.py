"""GIF pictures: one frame, without comments, programs' own blocks and what follows the end (pure)."""

from __future__ import annotations

import struct

_IMAGE, _EXTENSION, _END, _CONTROL = 0x2C, 0x21, 0x3B, 0xF9


class Broken(Exception):
    """No GIF of one frame."""


def still(data: bytes) -> tuple[int, int, bytes]:
    """Width, height and the parts that draw. Raises Broken, IndexError, struct.error."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table(flags)
    kept, control, frames = [b"GIF89a" + data[6:at]], b"", 0
    while data[at] != _END:
        if data[at] == _EXTENSION:
            end = _after_blocks(data, at + 2)
            if data[at + 1] == _CONTROL:  # says which colour is none
                _need(data[at + 2] == 4 and end == at + 8)
                control = data[at:end]
        else:
            _need(data[at] == _IMAGE)
            end = _after_frame(data, at, width, height)
            kept += [control, data[at:end]]
            frames += 1
        at = end
    _need(frames == 1 and len(kept[0]) == 13 + _table(flags))
    return width, height, b"".join(kept) + bytes([_END])


def _after_frame(data: bytes, at: int, width: int, height: int) -> int:
    left, top, across, down, flags = struct.unpack_from("<HHHHB", data, at + 1)
    _need(across and down and left + across <= width and top + down <= height)
    coded = at + 10 + _table(flags)
    _need(2 <= data[coded] <= 8 and data[coded + 1])  # the width of a code, and at least one block of them
    return _after_blocks(data, coded + 1)


def _table(flags: int) -> int:
    """Bytes of the table of colours, if there is one."""
    return int(3 * 2 ** ((flags & 7) + 1)) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Where a row of blocks ends; each begins with its length, the last is empty."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _need(condition: object) -> None:
    if not condition:
        raise Broken
