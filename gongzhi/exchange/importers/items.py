"""Finds the catalogue item a label means; what is not in the catalogue stays a label.

The catalogue (`items.yaml`) is small on purpose: its ids are the ones needs, offers and stock
meet under. A label that could mean two items means none here, with a note for a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from gongzhi.engines.needs_text import Lexicon, Name
from gongzhi.exchange.importers.items_file import ItemEntry, ItemsFile, read_items_file

FILE = Path(__file__).parent / "items.yaml"
_COUNTED_UP = re.compile(r"N(9[678]|10[1-9]|11\d|12[01])(?!\d)", re.IGNORECASE)
_REAL_CLASS = re.compile(r"N(99|100)(?!\d)", re.IGNORECASE)
_LEAST = 2  # characters of a synonym that may be looked for inside a longer label


@dataclass(frozen=True, slots=True)
class StandIn:
    """An item that another one may replace, how well, and where that is forbidden (替代)."""

    item: str
    efficacy: float
    not_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the catalogue; `units` are the names one piece of it goes by.

    A name in `exact` is too general to be looked for inside a longer label. `packs` says how many
    pieces a pack usually holds, `codes` what other catalogues call it.
    """

    id: str
    group: str
    grade: str
    units: tuple[str, ...]
    names: Mapping[str, str]
    synonyms: tuple[str, ...]
    exact: tuple[str, ...] = ()
    packs: Mapping[str, int] = field(default_factory=dict)
    standards: tuple[str, ...] = ()
    stands_in_for: tuple[StandIn, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.id):
            raise ValueError(f"The item id {self.id!r} must be lower-case words with hyphens.")
        if {"zh-Hans", "zh-Hant", "en"} - self.names.keys():
            raise ValueError(f"The item {self.id} needs names in zh-Hans, zh-Hant and en.")


@dataclass(frozen=True, slots=True)
class Found:
    """The item a label means, or none, with a note when a person should look."""

    item: Item | None
    note: str = ""


@cache
def _file() -> ItemsFile:
    return read_items_file(FILE.name, FILE.read_text("utf-8"))


@cache
def catalogue() -> dict[str, Item]:
    """The items by id, from `items.yaml`."""
    return {entry.id: _item(entry) for entry in _file().items}


@cache
def lexicon() -> Lexicon:
    """The names of all items, for reading what people write (`needs_text`)."""
    names = [
        Name(
            item.id, item.names["zh-Hans"], item.group,
            (item.names["zh-Hant"], item.names["en"], *item.synonyms), item.exact,
        )
        for item in catalogue().values()
    ]  # fmt: skip
    return Lexicon(tuple(names), _file().slips)


def _item(entry: ItemEntry) -> Item:
    return Item(
        entry.id, entry.group, entry.grade, tuple(entry.units), entry.names,
        tuple(entry.synonyms), tuple(entry.exact), entry.packs, tuple(entry.standards),
        tuple(StandIn(s.item, s.efficacy, tuple(s.not_for)) for s in entry.stands_in_for),
        entry.codes.model_dump(),
    )  # fmt: skip


def plain(label: str) -> str:
    """A label without case, width, spaces and punctuation, for comparing."""
    text = unicodedata.normalize("NFKC", label).casefold()
    return "".join(c for c in text if c.isalnum() or c == "%")


@cache
def _index() -> dict[str, Item]:
    index: dict[str, Item] = {}
    for item in catalogue().values():
        for name in (*item.names.values(), *item.synonyms, *item.exact):
            other = index.setdefault(plain(name), item)
            if other is not item:
                raise ValueError(f"{name!r} is a name of {other.id} and of {item.id}.")
    return index


@cache
def find_item(label: str, *, counted_up: bool = False) -> Found:
    """Return the item `label` means: by its exact name, else by the longest name inside it.

    With `counted_up` the label is from a list where a spreadsheet counted N95 up (N96, N97…),
    so that N99 and N100 too are N95.
    """
    note = ""
    text = plain(label)
    if _COUNTED_UP.search(label) or (counted_up and _REAL_CLASS.search(label)):
        text = plain(_REAL_CLASS.sub("N95", _COUNTED_UP.sub("N95", label)))
        note = f"{label!r} is read as N95: a spreadsheet counted it up"
    elif _REAL_CLASS.search(label):
        return Found(None, f"{label!r} is a class of its own, not N95")
    exact = _index().get(text) or _index().get(text.removesuffix("等"))
    if exact is not None:
        return Found(exact, note)
    return _inside(text, note)


@cache
def _inner() -> tuple[tuple[str, Item], ...]:
    """The names that may be looked for inside a longer label, the longest first."""
    general = {plain(n) for i in catalogue().values() for n in i.exact}
    names = [n for n in _index() if len(n) >= _LEAST and not n.isdigit() and n not in general]
    return tuple((n, _index()[n]) for n in sorted(names, key=len, reverse=True))


def _inside(text: str, note: str) -> Found:
    """The item whose names lie inside the text; none if two different items are named."""
    found: dict[str, Item] = {}
    rest = text
    for name, item in _inner():
        if name in rest:
            found.setdefault(item.id, item)
            rest = rest.replace(name, "\0")
    if len(found) == 1:
        return Found(next(iter(found.values())), note)
    if found:
        return Found(None, f"the label names several items: {', '.join(sorted(found))}")
    return Found(None, note)
