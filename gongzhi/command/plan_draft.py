"""From a contingency plan written in a word processor to a draft in our format (预案导入).

The draft follows the document: what is understood becomes keys and orders, everything else
stands as a comment in its place. Nothing is left out and nothing is made up: what the document
does not say is missing from the draft, and the check of the draft asks for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gongzhi.command.plan_chinese import (
    ORDERING,
    chapter_of,
    duty_bodies,
    grades_in,
    hazard_in,
    looks_like_heading,
    minutes_in,
    plain,
    receiver_of,
)
from gongzhi.exchange.reading.word import Blocks, Grid, Paragraph, texts_of

LONGEST_TITLE = 60
"""Characters of a sentence that become the title of an order; all of it is the instruction."""
LONGEST_INSTRUCTION = 2000
MOST_ORDERS = 100
"""Orders that a plan may have; further ones are kept as unread."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BODY_COLUMN = re.compile(r"单位|部门|责任|成员|机构")
_TASK_COLUMN = re.compile(r"职责|任务|措施|工作|内容")
_TIME_COLUMN = re.compile(r"时限|时间|期限")


@dataclass(frozen=True)
class Draft:
    """The draft as YAML, and how much of the document it understands."""

    text: str
    orders: int
    unread: int

    def __post_init__(self) -> None:
        if not self.text.endswith("\n"):
            raise ValueError("A draft ends with its last line.")


@dataclass
class _Writer:
    """Writes the draft line by line, in the order of the document."""

    code: str
    head: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    grades: set[int] = field(default_factory=set)
    chapter: str = ""
    heading: str = ""
    orders: int = 0
    unread: int = 0

    def keep(self, mark: str, text: str) -> None:
        """A comment in the place where the text stood, before or among the orders."""
        lines = self.body if self.orders else self.head
        lines += [f"# {mark}: {line}" for line in _lines(text)]
        self.unread += mark == "unread"

    def key(self, name: str, text: str) -> None:
        """A key of the plan itself, each once, in Simplified Chinese only."""
        self.said.add(name)
        self.head.append(f"{name}: {{zh-Hans: {_quoted(text)}}}")


def draft_of(blocks: Blocks, code: str = "imported-plan") -> Draft:
    """A draft of the plan that a document describes; every word of it is somewhere in there.

    code: what the plan is to be called, small letters and hyphens.
    """
    writer = _Writer(code)
    for block in blocks:
        if isinstance(block, Grid):
            _table(block, writer)
        elif block.text.strip():
            _paragraph(block, writer)
    return Draft(_joined(writer), writer.orders, writer.unread)


def _joined(writer: _Writer) -> str:
    first = [f"plan: {writer.code}", 'version: "0.1"']
    trigger = [f"trigger: {{response_grade: {max(writer.grades)}}}"] if writer.grades else []
    orders = ["", "orders:", *writer.body] if writer.orders else writer.body
    return "\n".join([*first, *writer.head, *trigger, *orders]) + "\n"


def _lines(text: str) -> list[str]:
    """The lines of a text as a comment can hold them; what YAML cannot print is written out."""
    shown = _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return [line for line in shown.splitlines() if line.strip()] or [""]


def _quoted(text: str) -> str:
    return json.dumps(" ".join(" ".join(_lines(text)).split()), ensure_ascii=False)


# Paragraphs -------------------------------------------------------------------------------------


def _paragraph(paragraph: Paragraph, writer: _Writer) -> None:
    text = paragraph.text
    writer.grades |= set(grades_in(text))
    if "title" not in writer.said and _is_title(paragraph, writer):
        writer.key("title", text)
        hazard = hazard_in(text)
        writer.head += [f"hazard: {hazard}"] if hazard else []
    elif paragraph.level > 0 or (not paragraph.is_item and looks_like_heading(text)):
        writer.heading = plain(" ".join(_lines(text)))
        # A heading that says nothing of its own (一级响应) goes on with the chapter around it.
        writer.chapter = chapter_of(text) or writer.chapter
        writer.keep("chapter", text)
    elif not _of_general(text, writer):
        _sentence(text, writer)


def _is_title(paragraph: Paragraph, writer: _Writer) -> bool:
    """The title is so styled, or is the first short paragraph that calls itself a plan."""
    said = plain(paragraph.text)
    called = "预案" in said and len(said) <= LONGEST_TITLE and not re.search(r"[。;;]", said)
    return len(said) <= 200 and (paragraph.level == -1 or (called and not writer.heading))


def _of_general(text: str, writer: _Writer) -> bool:
    """Purpose and legal basis: the first paragraph of their chapter that can stand as a key."""
    words = " ".join(text.split())
    if writer.chapter == "purpose" and "purpose" not in writer.said and len(words) <= 2000:
        writer.key("purpose", words)
    elif writer.chapter == "basis" and "legal_basis" not in writer.said and len(words) <= 300:
        writer.said.add("legal_basis")
        writer.head.append(f"legal_basis: {_quoted(words)}")
    else:
        return False
    return True


def _sentence(text: str, writer: _Writer) -> None:
    bodies = duty_bodies(text) if writer.chapter in ORDERING else ()
    if not bodies or len(text) > LONGEST_INSTRUCTION:
        writer.keep("unread", text)
        return
    if writer.orders + len(bodies) > MOST_ORDERS:
        writer.keep("unread", text)
        return
    for body in bodies:
        _order(body, text, minutes_in(text), writer)


def _order(body: str, text: str, minutes: int | None, writer: _Writer) -> None:
    """One order; who receives it and how long it may take are left out where nobody said so."""
    writer.orders += 1
    words = " ".join(_lines(text))
    title = words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1] + "…"
    who = " ".join(_lines(body))
    writer.body.append(f"  # {who} · {writer.heading}" if writer.heading else f"  # {who}")
    writer.body.append(f"  - key: order-{writer.orders}")
    writer.body.append(f"    title: {{zh-Hans: {_quoted(title)}}}")
    receiver = receiver_of(body)
    if receiver:
        pairs = ", ".join(f"{name}: {value}" for name, value in receiver.items())
        writer.body.append(f"    to: {{{pairs}}}")
    writer.body += [] if minutes is None else [f"    minutes: {minutes}"]
    if title != words:
        writer.body.append(f"    instruction: {{zh-Hans: {_quoted(text)}}}")


# Tables -----------------------------------------------------------------------------------------


def _table(table: Grid, writer: _Writer) -> None:
    """A table of duties gives an order a row; any other is kept row by row."""
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    columns = _columns(rows[0]) if rows else None
    if columns is not None:
        writer.keep("table", " | ".join(rows[0]))
    for row in rows[1:] if columns is not None else rows:
        if columns is None or not _row(row, columns, writer):
            writer.keep("unread", " | ".join(row))


def _cell(cell: Iterable[Paragraph | Grid]) -> str:
    """All that stands in a cell, tables inside it included."""
    return " ".join(" ".join(text.split()) for text in texts_of(cell) if text.strip())


def _columns(head: list[str]) -> tuple[int, int, int | None] | None:
    """Where body, task and time stand in a table of duties; None for any other table."""
    body = _first(head, _BODY_COLUMN)
    task = next((n for n in _all(head, _TASK_COLUMN) if n != body), None)
    if body is None or task is None:
        return None
    return body, task, next((n for n in _all(head, _TIME_COLUMN) if n not in (body, task)), None)


def _first(head: list[str], wanted: re.Pattern[str]) -> int | None:
    return next(_all(head, wanted), None)


def _all(head: list[str], wanted: re.Pattern[str]) -> Iterator[int]:
    return (n for n, name in enumerate(head) if len(name) <= 20 and wanted.search(name))


def _row(row: list[str], columns: tuple[int, int, int | None], writer: _Writer) -> bool:
    """An order from a row of a table of duties; what other columns say stands before it."""
    body, task, time = columns
    if len(row) <= max(body, task) or not row[body] or not row[task]:
        return False
    too_long = len(row[task]) > LONGEST_INSTRUCTION or len(row[body]) > LONGEST_TITLE
    if too_long or writer.orders >= MOST_ORDERS:
        return False
    said = row[time] if time is not None and len(row) > time else ""
    others = [cell for n, cell in enumerate(row) if n not in (body, task) and cell]
    if others:
        writer.body += [f"  # unread: {line}" for line in _lines(" | ".join(others))]
    minutes = minutes_in(said) if said else None
    _order(row[body], row[task], minutes or minutes_in(row[task]), writer)
    return True
