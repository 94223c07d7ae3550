"""Pictures from outside: what is one by its content, what is kept of it, and that nothing else gets through."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.core import pictures
from examengine.core.errors import Invalid
from examengine.core.orientation import orientation, segment_of
from tests.pictures import JPEG, SIGN, WEBP, WEBP_LOSSLESS, chunk, exif, gif, head, picture, told

ALL = {"png": picture(12, 7), "jpg": JPEG, "webp": WEBP, "gif": gif()}
SCRIPT = b"<svg onload=alert(1)><script>alert(1)</script>"


@pytest.mark.parametrize(("extension", "data"), [*ALL.items(), ("webp", WEBP_LOSSLESS)], ids=told)
def test_real_pictures_are_known_by_their_content(extension: str, data: bytes) -> None:
    found = pictures.checked(data)
    assert (found.extension, found.width, found.height) == (extension, 12, 7)
    assert found.data == data
    assert found.name.endswith(f".{extension}")
    assert len(found.name.partition(".")[0]) == 64


@pytest.mark.parametrize(
    "data",
    [
        SCRIPT,
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF90a" + bytes(40),
        b"%PDF-1.7",
        b"\x89PNG",
        b"\xff\xd8",
        b"RIFF\x10\0\0\0WAVE",
        b"<html>" + picture(),
    ],
    ids=told,
)
def test_anything_else_is_none(data: bytes) -> None:
    with pytest.raises(Invalid, match="no PNG"):
        pictures.checked(data)


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(Invalid, match="file is empty"):
        pictures.checked(b"")


def jpeg_with(segment: bytes) -> bytes:
    return JPEG[:2] + segment + JPEG[2:]


def webp_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """The lossless one with further chunks."""
    body = WEBP_LOSSLESS[12:]
    for name, part in chunks:
        body += name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) & 1)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (picture(12, 7, more=chunk(b"tEXt", b"Comment\0" + SCRIPT)), ALL["png"]),
        (picture(12, 7, more=chunk(b"eXIf", SCRIPT) + chunk(b"acTL", bytes(8))), ALL["png"]),
        (picture(12, 7, after=SCRIPT), ALL["png"]),
        (jpeg_with(b"\xff\xe1" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT), JPEG),
        (jpeg_with(b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT), JPEG),
        (JPEG + SCRIPT, JPEG),
        (webp_with((b"XMP ", SCRIPT)), WEBP_LOSSLESS),
        (webp_with((b"EXIF", SCRIPT)) + SCRIPT, WEBP_LOSSLESS),
        (jpeg_with(exif(1, more=SCRIPT)), JPEG),
        (gif(b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0"), ALL["gif"]),
        (gif(b"\x21\xff" + bytes([len(SCRIPT)]) + SCRIPT + b"\0", version=b"GIF87a"), ALL["gif"]),
        (gif(after=SCRIPT), ALL["gif"]),
    ],
    ids=told,
)
def test_what_is_no_picture_is_left_out(data: bytes, kept: bytes) -> None:
    assert SCRIPT in data or b"acTL" in data
    assert pictures.checked(data).data == kept


def zipped(size: int) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes(size)))


END = chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        SIGN + head(8, 4) + END,  # nothing drawn
        SIGN + head(8, 4) + zipped(5) + END,  # too little
        SIGN + head(8, 4) + zipped(50_000_000 // 100) + END,  # too much
        SIGN + head(8, 4, depth=3) + zipped(132) + END,
        SIGN + head(8, 4, colour=3) + zipped(36) + END,  # no palette
        SIGN + head(8, 4) + head(8, 4) + zipped(132) + END,
        SIGN + head(0, 4) + zipped(132) + END,
        SIGN + head(8, 4) + chunk(b"ABCD", b"") + zipped(132) + END,  # a critical chunk that nobody knows
        picture()[:-20],
        picture().replace(b"IDAT", b"IDAX"),
        JPEG[:-2],
        JPEG[: len(JPEG) // 2],
        JPEG.replace(b"\xff\xc0", b"\xff\xc9"),  # arithmetic coding
        webp_with((b"ANIM", bytes(6))),
        webp_with((b"VP8 ", bytes(20))),
        WEBP_LOSSLESS[:-4],
        gif()[:-1],
        gif()[:30],
        gif(frames=0),
        gif(frames=2),  # it moves
        gif(b"\x99"),  # a block that nobody knows
        gif().replace(b"\x0c\x00\x07", b"\x0b\x00\x07", 1),  # the frame is wider than the picture
        gif().replace(b"\x07\x00\x00\x02", b"\x07\x00\x00\x63"),  # codes wider than a byte
    ],
    ids=told,
)
def test_a_broken_one_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        pictures.checked(data)


def test_interlaced_and_palette_pictures_are_pictures() -> None:
    sizes = pictures._png_size(3, 3, 8, pictures._PASSES)
    adam7 = SIGN + head(3, 3, 8, 0, 1) + zipped(sizes) + END
    assert pictures.checked(adam7).width == 3
    assert pictures._png_size(8, 8, 8, pictures._PASSES) == 8 * 8 + 1 + 1 + 1 + 2 + 2 + 4 + 4
    palette = SIGN + head(2, 2, 1, 3) + chunk(b"PLTE", bytes(6)) + zipped(4) + END
    assert pictures.checked(palette).height == 2


def test_the_size_is_bounded_in_bytes_and_pixels() -> None:
    with pytest.raises(Invalid, match="larger than 512 KiB"):
        pictures.checked(picture() + bytes(pictures.LOGO.size))
    with pytest.raises(Invalid, match="wider or higher than 2000"):
        pictures.checked(picture(2001, 1))
    assert pictures.checked(picture(2000, 3)).width == 2000


def test_a_questions_picture_may_be_a_screenshot_and_no_bomb() -> None:
    assert pictures.checked(picture(3840, 2000), pictures.QUESTION).width == 3840
    with pytest.raises(Invalid, match="more than 8 million pixels"):
        pictures.checked(picture(4000, 2001), pictures.QUESTION)
    with pytest.raises(Invalid, match="wider or higher than 4000"):
        pictures.checked(picture(1, 4001), pictures.QUESTION)
    with pytest.raises(Invalid, match="wider or higher"):
        pictures.checked(gif().replace(b"GIF89a\x0c\x00", b"GIF89a\xff\xff"), pictures.QUESTION)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(2, 9))
def test_of_a_cameras_facts_the_way_up_is_kept_and_nothing_else(value: int, order: str) -> None:
    kept = pictures.checked(jpeg_with(exif(value, order, b"GPS 39.9 116.4"))).data
    assert b"GPS" not in kept
    assert kept[2:].startswith(segment_of(value))
    assert orientation(segment_of(value)[4:]) == value
    assert kept.replace(segment_of(value), b"") == JPEG
    assert pictures.checked(kept).data == kept


@given(st.binary(max_size=60))
def test_facts_that_make_no_sense_say_upright(body: bytes) -> None:
    assert 1 <= orientation(body) <= 8
    assert 1 <= orientation(b"Exif\0\0II" + body) <= 8
    assert segment_of(1) == b""


@given(st.sampled_from(sorted(ALL)), st.data())
def test_bytes_changed_anywhere_never_break_the_reader(extension: str, data: st.DataObject) -> None:
    changed = bytearray(ALL[extension])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = pictures.checked(bytes(changed)[: data.draw(st.integers(1, len(changed)))])
    except Invalid:
        return
    assert pictures.checked(found.data) == found
