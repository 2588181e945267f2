"""The items a relief row asks for or offers: supply columns, lists and free enumerations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gongzhi.engines.needs_text import Kind, read
from gongzhi.exchange.importers.items import catalogue, find_item, lexicon
from gongzhi.exchange.importers.quantities import Amount, State, filled_down, read_amounts
from gongzhi.exchange.importers.relief_columns import SUPPLY, Layout
from gongzhi.exchange.importers.relief_values import Line
from gongzhi.exchange.reading.values import RawRow
from gongzhi.exchange.said import Said, say

_LISTED = re.compile(r"[；;\n]")
_STANDARD = re.compile(r"(?:GB|YY)\s*/?\s*T?\s*\d{4}", re.IGNORECASE)
_ENUMERATED = re.compile(r"[、，,；;\n]")
_COUNTED_UP = re.compile(r"(?<![A-Za-z])N(9[678]|10[1-9]|11\d|12[01])(?!\d)", re.IGNORECASE)


def read_lines(
    rows: Sequence[RawRow], layout: Layout
) -> tuple[list[tuple[Line, ...]], tuple[Said, ...]]:
    """Return the lines of every row, and what is to be said of the table as a whole."""
    columns = layout.columns(SUPPLY)
    first, notes = _filled_down(rows, columns)
    counted_up = any(_COUNTED_UP.search(r.raw) for r in rows)
    if counted_up:
        notes += (say("A spreadsheet counted N95 up (N96, N97…); these are read as N95."),)
    lines = []
    for row in rows:
        found = (*_from_columns(row, columns, first), *_from_lists(row, layout, counted_up))
        lines.append(tuple(dict.fromkeys(found)))  # named twice in the same words: asked once
    return lines, notes


def _filled_down(
    rows: Sequence[RawRow], columns: Sequence[str]
) -> tuple[dict[tuple[int, str], str], tuple[Said, ...]]:
    """The cells that were filled down, with the text that was meant, and a note per run."""
    meant: dict[tuple[int, str], str] = {}
    notes = []
    for column in columns:
        for run in filled_down([(r.number, r.values.get(column)) for r in rows]):
            meant.update({(row, column): run.first for row in run.rows})
            notes.append(
                say(
                    "Column %(column)s, %(run)s; the first is taken for all.",
                    column=repr(column),
                    run=run.said,
                )
            )
    return meant, tuple(notes)


def _from_columns(
    row: RawRow, columns: Sequence[str], meant: Mapping[tuple[int, str], str]
) -> Iterator[Line]:
    for column in columns:
        if column not in row.values:
            continue
        value = meant.get((row.number, column), row.values[column])
        said = str(row.marks.get(column, {}).get("specification") or "")
        for amount in read_amounts(value):
            if amount.state is not State.NONE:
                yield _line(column, amount, said)


def _from_lists(row: RawRow, layout: Layout, counted_up: bool) -> Iterator[Line]:
    wishes = [row.values.get(c) for c in layout.columns("supplies")]
    asked = [row.values.get(c) for c in layout.columns("requirements")]
    specifications = _ENUMERATED.split(str(asked[0])) if asked and asked[0] else []
    for wish in wishes:
        if isinstance(wish, str):
            yield from _enumerated(wish, specifications, counted_up)
        elif isinstance(wish, list):
            for entry in wish:
                yield from _entry(entry, counted_up)


def _enumerated(text: str, specifications: list[str], counted_up: bool) -> Iterator[Line]:
    labels = _ENUMERATED.split(text)
    paired = len(labels) == len(specifications)
    for index, label in enumerate(labels):
        said = specifications[index].strip() if paired else ""
        if label.strip():
            yield _wish(label.strip(), said, counted_up)


def lines_in_remark(text: str, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The needs that a remark names beside the columns (另需双氧水2万瓶), each said once.

    A known amount counts where the columns only tick the item; anything else only where they are
    silent about it, and where the remark does not tell what standard goods must meet. Stock and
    offers are no needs.
    """
    tells_standards = _STANDARD.search(text) is not None
    told = {line.item_id for line in lines if line.is_wanted}
    known = {line.item_id for line in lines if line.amount.state is State.KNOWN}
    found = []
    for said in read(text, lexicon()).lines:
        silent = said.item not in (known if said.quantity else told)
        if said.kind is Kind.NEED and silent and (said.quantity or not tells_standards):
            raw = text[slice(*said.span)]
            amount = Amount(State(said.state), said.quantity, said.unit, "", raw)
            found.append(Line(raw, said.item, "", amount, "read in the remark"))
    return tuple(found)


_ENTRY = (
    ("key", "name", "item", "物资名称", "物资", "名称", "品名"),
    ("specification", "spec", "规格", "规格型号", "要求"),
    ("unit", "单位"),
)
_AMOUNTS = ("value", "amount", "quantity", "count", "need", "number", "数量", "需求数量", "需求量")


def _first(entry: Mapping[str, object], names: Sequence[str]) -> object:
    return next((entry[n] for n in names if entry.get(n) not in (None, "")), None)


def _entry(entry: object, counted_up: bool) -> Iterator[Line]:
    """The lines of one entry of a list: a wish in words, or `{name, amount}`."""
    if isinstance(entry, Mapping):
        label, said, unit = (str(_first(entry, names) or "").strip() for names in _ENTRY)
        given = [entry[k] for k in _AMOUNTS if k in entry]
        for amount in read_amounts(given[0] if given else True):
            if label and amount.state is not State.NONE:
                yield _line(label, replace(amount, unit=amount.unit or unit), said, counted_up)
    elif entry is not None:
        for part in _LISTED.split(str(entry)):
            label, _, said = re.sub("[:：]", ":", part).partition(":")
            if label.strip():
                yield _wish(label.strip(), said.strip(), counted_up)


def _wish(label: str, said: str, counted_up: bool) -> Line:
    """A wish in words: what is named is wanted; how much only if the words say so."""
    amounts = read_amounts(label)
    known = len(amounts) == 1 and amounts[0].state is State.KNOWN
    amount = amounts[0] if known else Amount(State.UNKNOWN, raw=label)
    name = amount.specification if known and amount.specification else label
    bare = Amount(amount.state, amount.quantity, amount.unit, "", amount.raw, amount.note)
    return _line(name, bare, said, counted_up)


def _line(label: str, amount: Amount, said: str, counted_up: bool = False) -> Line:
    found = find_item(label, counted_up=counted_up)
    specification = ", ".join(dict.fromkeys(s for s in (amount.specification, said) if s))
    note = found.note
    if found.item and amount.unit and amount.unit not in catalogue()[found.item.id].units:
        unit = found.item.units[0]
        note = "; ".join(n for n in (note, f"counted in {amount.unit}, not in {unit}") if n)
    return Line(label, found.item.id if found.item else "", specification, amount, note)
