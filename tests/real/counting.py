"""Counts rows of data files in the plainest way there is, to check what the importers count.

Nothing here uses the project: `csv`, `json`, `openpyxl` and a YAML parser only.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import openpyxl
from ruamel.yaml import YAML


def rows_of(folder: Path, table: str) -> int | None:
    """The rows of a table as the report names it, `folder/file!member#part`; None: not countable.

    Errors: `KeyError` when there is no such file, member or part.
    """
    name, _, part = table.partition("#")
    file, _, member = name.partition("!")
    data = _members(folder.parent / file)[member] if member else _bytes(folder.parent / file)
    kind = Path((member or file).removesuffix(".xz")).suffix
    if kind in (".csv", ".tsv"):
        return _lines(data)
    if kind in (".json", ".geojson"):
        return _items(json.loads(data), part)
    if kind in (".yml", ".yaml"):
        return _items(YAML(typ="safe").load(data.decode("utf-8-sig")), part)
    return _cells(data, part) if kind == ".xlsx" else None


def files_of(folder: Path) -> Iterator[str]:
    """Every file below a folder, as the report names it."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield f"{folder.name}/{path.relative_to(folder).as_posix()}"


def _bytes(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


@lru_cache(maxsize=4)
def _members(path: Path) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(_bytes(path))) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]


def _lines(data: bytes) -> int:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise KeyError("no encoding")
    filled = [row for row in csv.reader(io.StringIO(text, newline="")) if any(row)]
    return max(0, len(filled) - 1)


def _items(found: object, part: str) -> int:
    for key in filter(None, part.split(".")):
        assert isinstance(found, dict)
        found = found[key]
    if found is None:
        return 0
    return len(found) if isinstance(found, list) else 1


def _cells(data: bytes, part: str) -> int:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    sheet = book[part] if part else book.worksheets[0]
    filled = [row for row in sheet.iter_rows(values_only=True) if any(c is not None for c in row)]
    return max(0, len(filled) - 1)
