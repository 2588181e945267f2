"""Opens the wrappers data arrive in: xz, gzip, bzip2, tar and zip, by their first bytes.

A member that cannot be opened is a value with its reason, like everything else that is not
read. Sizes are limited while unpacking, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from gongzhi.exchange.reading.limits import OWN, Limits
from gongzhi.exchange.said import Said, say

DEPTH = 3  # wrappers inside wrappers


@dataclass(frozen=True, slots=True)
class Member:
    """One file out of a wrapper; `reason` instead of `data` when it could not be opened."""

    file: str
    data: bytes
    reason: Said | None = None


class _TooLarge(Exception):
    """What is unpacked goes beyond the limit."""

    def __init__(self, why: Said) -> None:
        self.why = why
        super().__init__(str(why))


@dataclass
class _Left:
    """What may still be unpacked of one file, wrappers inside wrappers included."""

    limits: Limits
    unpacked: int = 0
    members: int = 0

    def read(self, stream: IO[bytes]) -> bytes:
        """All of a member, counted."""
        data = stream.read(self.limits.unpacked - self.unpacked + 1)
        self.unpacked += len(data)
        self.members += 1
        if self.unpacked > self.limits.unpacked:
            most = f"{self.limits.unpacked // 2**20}"
            raise _TooLarge(
                say("it unpacks to more than %(number)s MiB, send it in parts", number=most)
            )
        if self.members > self.limits.members:
            most = f"{self.limits.members:,}"
            raise _TooLarge(
                say("it holds more than %(number)s files, send it in parts", number=most)
            )
        return data


def unpack(file: str, data: bytes, *, limits: Limits = OWN) -> Iterator[Member]:
    """Yield the plain files in `data`; a file without a wrapper is yielded as it is."""
    yield from _unpacked(file, data, DEPTH, _Left(limits))


def _unpacked(file: str, data: bytes, depth: int, left: _Left) -> Iterator[Member]:
    opener = _opener(data)
    if opener is None:
        yield Member(file, data)
    elif depth == 0:
        reason = say("More than %(number)s wrappers lie inside each other.", number=DEPTH)
        yield Member(file, b"", reason)
    else:
        yield from _opened(file, data, opener, depth, left)


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are a spreadsheet (XLSX, XLSB, ODS, or the older XLS)."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return True
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        names = set(zipfile.ZipFile(io.BytesIO(data)).namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False
    return bool(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})


Opener = Callable[[str, bytes, _Left], Iterator[Member]]


def _opener(data: bytes) -> Opener | None:
    if data.startswith(b"\xfd7zXZ\0"):
        return lambda f, d, k: _stream(f, lzma.open(io.BytesIO(d)), k)
    if data.startswith(b"\x1f\x8b"):
        return lambda f, d, k: _stream(f, cast("IO[bytes]", gzip.open(io.BytesIO(d))), k)
    if data.startswith(b"BZh"):
        return lambda f, d, k: _stream(f, bz2.open(io.BytesIO(d)), k)
    if data[257:262] == b"ustar":
        return _tar
    if data.startswith(b"PK\x03\x04") and not is_workbook(data):
        return _zip
    return None


def _opened(file: str, data: bytes, opener: Opener, depth: int, left: _Left) -> Iterator[Member]:
    try:
        for member in opener(file, data, left):
            if member.reason:
                yield member
            else:
                yield from _unpacked(member.file, member.data, depth - 1, left)
    except _TooLarge as error:
        yield Member(file, b"", _unopened(error.why))
    except NotImplementedError:
        yield Member(file, b"", _unopened(say("it is packed in a way that is not known here")))
    except EOFError:
        yield Member(file, b"", say("The archive is broken: %(reason)s.", reason=_CUT_OFF))
    except _DAMAGE:
        yield Member(file, b"", say("The archive is broken: %(reason)s.", reason=_DAMAGED))


_DAMAGE = (
    OSError, ValueError, RuntimeError, lzma.LZMAError, zlib.error, tarfile.TarError,
    zipfile.BadZipFile,
)  # fmt: skip
_CUT_OFF = say("it ends too early")
_DAMAGED = say("what lies in it is damaged")


def _unopened(why: Said) -> Said:
    return say("The archive is broken or cannot be opened: %(reason)s.", reason=why)


def _stream(file: str, stream: IO[bytes], left: _Left) -> Iterator[Member]:
    # The name stays: x.csv and x.csv.xz may lie side by side.
    with stream:
        yield Member(file, left.read(stream))


def _tar(file: str, data: bytes, left: _Left) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            name = f"{file}!{entry.name}"
            if entry.isdir():
                continue
            stream = archive.extractfile(entry) if entry.isfile() else None
            if stream is None:
                yield Member(name, b"", say("The entry is a link or a device, not a file."))
                continue
            yield Member(name, left.read(stream))


def _zip(file: str, data: bytes, left: _Left) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            name = f"{file}!{_zip_name(entry)}"
            if entry.is_dir():
                continue
            if entry.flag_bits & 1:
                yield Member(name, b"", say("The entry is locked with a password."))
                continue
            with archive.open(entry) as stream:
                yield Member(name, left.read(stream))


def _zip_name(entry: zipfile.ZipInfo) -> str:
    # Chinese tools write the name in GB18030 without saying so; zipfile then assumes CP437.
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename
