"""Photos without what the camera wrote into them: place, time, owner, serial number, thumbnail.

Formats: JPEG (ITU-T T.81, segments of JFIF and Exif) and PNG (ISO/IEC 15948, chunks). Only what
is needed to draw the picture is kept; what stands behind its end is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

JPEG, PNG = "image/jpeg", "image/png"
_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN = 0xDA
_ALONE = {0x01, *range(0xD0, 0xD8)}
_COMMENT = 0xFE
_JFIF, _ADOBE = 0xE0, 0xEE
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_DRAWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT"}


class NoPhoto(ValueError):
    """The bytes are no JPEG or PNG that can be read to its end."""


@dataclass(frozen=True)
class Picture:
    """A photo as it is kept: its media type and its bytes, nothing else in them."""

    media_type: str
    content: bytes


def bare_picture(data: bytes) -> Picture:
    """The picture alone. Errors: `NoPhoto` where it is none."""
    if data.startswith(_START):
        return Picture(JPEG, _bare_jpeg(data))
    if data.startswith(_PNG_HEAD):
        return Picture(PNG, _bare_png(data))
    raise NoPhoto("neither JPEG nor PNG")


def _bare_jpeg(data: bytes) -> bytes:
    """Keep the tables, the frame and the scans; leave out application data and comments."""
    kept, at = [_START], 2
    while True:
        marker, at = _marker(data, at)
        if marker == _END[1]:
            return b"".join([*kept, _END])
        if marker in _ALONE:
            kept.append(bytes((0xFF, marker)))
            continue
        end = at + int.from_bytes(data[at : at + 2])
        if end < at + 2 or end > len(data):
            raise NoPhoto("a segment is cut off")
        application = 0xE0 <= marker <= 0xEF and marker not in (_JFIF, _ADOBE)
        if not application and marker != _COMMENT:
            kept.append(bytes((0xFF, marker)) + _without_thumbnail(marker, data[at:end]))
        at = end
        if marker == _SCAN:
            stop = _end_of_scan(data, at)
            kept.append(data[at:stop])
            at = stop


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The next marker and where what follows it begins; fill bytes may stand before it."""
    if data[at : at + 1] != b"\xff":
        raise NoPhoto("no marker where one must stand")
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise NoPhoto("the picture is cut off")
    return data[at], at + 1


def _without_thumbnail(marker: int, segment: bytes) -> bytes:
    """A JFIF head of version, density and no thumbnail; every other segment as it is."""
    if marker != _JFIF:
        return segment
    if segment[2:7] != b"JFIF\x00" or len(segment) < 16:
        return b"\x00\x02"
    return (16).to_bytes(2) + segment[2:14] + b"\x00\x00"


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is no stuffed byte and no restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NoPhoto("the picture is cut off")
        if data[at + 1] != 0 and data[at + 1] not in _ALONE and data[at + 1] != 0xFF:
            return at
        at += 1 if data[at + 1] == 0xFF else 2


def _bare_png(data: bytes) -> bytes:
    """Keep the chunks that draw; texts, times and Exif are left out."""
    kept, at = [_PNG_HEAD], len(_PNG_HEAD)
    while True:
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + size
        if len(kind) < 4 or end > len(data):
            raise NoPhoto("a chunk is cut off")
        if kind in _DRAWN:
            kept.append(data[at:end])
        at = end
        if kind == b"IEND":
            return b"".join(kept)
