"""Read messages, replies and the tree of categories; every row is read or set aside, with why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.errors import NotFound
from gongzhi.exchange.reading import RawRow, RawTable, read_path

CHINA = timezone(timedelta(hours=8))
"""The zone of the stamps in the files (they name none)."""
KINDS: Mapping[str, tuple[str, ...]] = {
    "replies": ("留言主题", "留言时间", "答复时间"),
    "categories": ("一级分类", "二级分类", "三级分类"),
    "labelled": ("留言主题", "留言时间", "一级分类"),
    "grouped": ("问题ID",),
    "messages": ("留言主题", "留言时间"),
}
"""What a file is, told by its columns; the first that fits. Grouped ones repeat messages."""
_STAMP = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_AREA = re.compile(r"[A-Z]\d{0,2}[市区县]")


@dataclass(frozen=True)
class Message:
    """One message: its number, its words, when it was sent, the first district it names."""

    number: str
    words: str
    sent_at: datetime
    area: str


@dataclass(frozen=True)
class Reply:
    """How long a message waited for its reply, and the words by which its category is known."""

    words: str
    waited: timedelta


@dataclass
class Material:
    """All that was read, and all that was set aside: file, row number, reason."""

    messages: list[Message] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    categories: list[tuple[str, ...]] = field(default_factory=list)
    labelled: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, dict[str, int]] = field(default_factory=dict)
    aside: list[dict[str, Any]] = field(default_factory=list)

    def set_aside(self, file: str, row: int, reason: str) -> None:
        """Keep why a row was not read; row 0 is the whole file."""
        self.aside.append({"file": file, "row": row, "reason": reason})


def read_material(folder: Path) -> Material:
    """Read a folder of this layout, or the one named citizen_messages inside it.

    Errors: `NotFound` where messages, replies or categories are missing.
    """
    inner = folder / "citizen_messages"
    place = inner if inner.is_dir() else folder
    material = Material()
    for path in sorted(p for p in place.glob("*") if ".csv" in p.name):
        for table in read_path(path):
            if isinstance(table, RawTable):
                _take(table, material)
            else:
                material.set_aside(table.file, 0, table.reason.shown())
    if not (material.messages and material.replies and material.categories):
        raise NotFound(
            _(
                "%(folder)s holds no messages, replies and categories together. Name the folder "
                "with messages*.csv, message_replies*.csv and category_tree.csv."
            )
            % {"folder": folder}
        )
    return material


def _take(table: RawTable, material: Material) -> None:
    kind = next((k for k, needed in KINDS.items() if set(needed) <= set(table.columns)), "")
    take = _TAKERS.get(kind)
    read = 0
    why_not = _("repeats messages of another file") if kind == "grouped" else _("unknown columns")
    for row in table.rows:
        reason = take(row, material) if take else why_not
        if reason:
            material.set_aside(table.file, row.number, reason)
        read += not reason
    for bad in table.unreadable:
        material.set_aside(table.file, bad.number, bad.reason.shown())
    material.files[table.file] = {
        "rows": table.size, "read": read, "aside": table.size - read,
    }  # fmt: skip


def _text(row: RawRow, column: str) -> str:
    return " ".join(str(row.values.get(column) or "").split())


def _words(row: RawRow) -> str:
    return f"{_text(row, '留言主题')} {_text(row, '留言详情')}"


def _message(row: RawRow, material: Material) -> str:
    sent_at = _moment(_text(row, "留言时间"))
    if sent_at is None:
        return _("the time of the message cannot be read")
    words = _words(row)
    found = [area for area in _AREA.findall(words) if area.endswith(("区", "县"))]
    area = found[0] if found else ""
    material.messages.append(Message(_text(row, "留言编号"), words, sent_at, area))
    return ""


def _reply(row: RawRow, material: Material) -> str:
    asked, answered = _moment(_text(row, "留言时间")), _moment(_text(row, "答复时间"))
    if asked is None or answered is None:
        return _("the time of the message or of its reply cannot be read")
    if answered < asked:
        return _("the reply is older than the message")
    material.replies.append(Reply(_words(row), answered - asked))
    return ""


def _category(row: RawRow, material: Material) -> str:
    levels = (_text(row, c) for c in KINDS["categories"])
    path = tuple(level.replace("/", "／") for level in levels if level)
    if not path:
        return _("the category is empty")
    material.categories.append(path)
    return ""


def _label(row: RawRow, material: Material) -> str:
    label = _text(row, "一级分类")
    if not label:
        return _("the category is empty")
    material.labelled.append((_words(row), label))
    return ""


_TAKERS: Mapping[str, Callable[[RawRow, Material], str]] = {
    "messages": _message, "replies": _reply, "categories": _category, "labelled": _label,
}  # fmt: skip


def _moment(text: str) -> datetime | None:
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    numbers: Iterator[int] = (int(part or 0) for part in found.groups())
    try:
        return datetime(*numbers, tzinfo=CHINA).astimezone(UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
