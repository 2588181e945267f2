"""Bytes in, raw rows out: the reading half of the exchange hub's intake.

`read_bytes(file, data)` opens wrappers, finds the encoding and the form by content, and
returns every table in the file, or the reason why there is none. Forms: CSV, TSV, XLSX,
JSON, JSON lines, JavaScript data files, YAML; wrappers: xz, gz, bz2, tar, zip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from gongzhi.exchange.reading.containers import is_workbook, unpack
from gongzhi.exchange.reading.documents import looks_like_javascript, read_javascript, read_json
from gongzhi.exchange.reading.encodings import Decoded, decode
from gongzhi.exchange.reading.limits import OWN, RECEIVED, Limits, too_much, too_wide
from gongzhi.exchange.reading.separated import read_separated
from gongzhi.exchange.reading.values import RawRow, RawTable, Unreadable, UnreadFile
from gongzhi.exchange.reading.workbooks import read_workbook
from gongzhi.exchange.reading.yamls import looks_like_yaml, nests_too_deeply, read_yaml
from gongzhi.exchange.said import Said, say

__all__ = [
    "OWN",
    "RECEIVED",
    "Limits",
    "RawRow",
    "RawTable",
    "UnreadFile",
    "Unreadable",
    "decode",
    "nests_too_deeply",
    "read_bytes",
    "read_path",
]


def read_path(path: Path, *, name: str = "") -> tuple[RawTable | UnreadFile, ...]:
    """Read one file from disk; `name` is what its rows are said to come from."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = say("The file cannot be opened: %(error)s.", error=str(error))
        return (UnreadFile(name or path.name, "", reason),)
    return read_bytes(name or path.name, data, limits=OWN)


def read_bytes(
    file: str, data: bytes, *, limits: Limits = RECEIVED
) -> tuple[RawTable | UnreadFile, ...]:
    """Return every table in the bytes, each with its encoding, form, rows and what is broken.

    Nothing is dropped: each physical record is a row or is listed as unreadable, and each
    member of an archive is a table or is listed with the reason why it is none. What goes
    beyond the limits is not begun, and says so.
    """
    found: list[RawTable | UnreadFile] = []
    for member in unpack(file, data, limits=limits):
        sha256 = hashlib.sha256(member.data).hexdigest()
        if member.reason:
            found.append(UnreadFile(member.file, sha256, member.reason))
        else:
            found.extend(_read_plain(member.file, sha256, member.data, limits))
    return tuple(_told_apart(found)) or (UnreadFile(file, "", say("The archive holds no files.")),)


def _told_apart(found: Iterable[RawTable | UnreadFile]) -> Iterator[RawTable | UnreadFile]:
    """Number what has the same name, as two members of an archive may have."""
    seen: dict[str, int] = {}
    for table in found:
        seen[table.file] = count = seen.get(table.file, 0) + 1
        name = f"{table.file} ({count})"
        if count == 1:
            yield table
        elif isinstance(table, UnreadFile):
            yield replace(table, file=name)
        else:
            yield replace(table, file=name, rows=tuple(replace(r, file=name) for r in table.rows))


def _read_plain(file: str, sha256: str, data: bytes, limits: Limits) -> list[RawTable | UnreadFile]:
    if not data.strip():
        return [UnreadFile(file, sha256, say("The file is empty."))]
    if is_workbook(data):
        return read_workbook(file, sha256, data)
    decoded = decode(data)
    if isinstance(decoded, Said):
        return [UnreadFile(file, sha256, decoded)]
    if reason := too_much(decoded.text, limits):
        return [UnreadFile(file, sha256, reason)]
    return _read_text(file, sha256, decoded, limits)


def _read_text(
    file: str, sha256: str, decoded: Decoded, limits: Limits
) -> list[RawTable | UnreadFile]:
    start = decoded.text.lstrip()
    if start[:1] in ("[", "{"):
        return read_json(file, sha256, decoded)
    if looks_like_javascript(start):
        return read_javascript(file, sha256, decoded)
    if looks_like_yaml(decoded.text):
        if len(decoded.text) > limits.written:
            most = f"{limits.written:,}"
            reason = say("It has more than %(number)s characters of YAML. Split it.", number=most)
            return [UnreadFile(file, sha256, reason)]
        return read_yaml(file, sha256, decoded)
    table = too_wide(decoded.text, limits) or read_separated(file, sha256, decoded)
    return [UnreadFile(file, sha256, table) if isinstance(table, Said) else table]
