"""What a relief list says, in one shape for all its kinds and generations."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from gongzhi.exchange.accounts import Origin
from gongzhi.exchange.importers.personal import Account, Contact, digits
from gongzhi.exchange.importers.places import Place
from gongzhi.exchange.importers.quantities import Amount, State

_DESK = re.compile(r"[(（][^()（）]*(科|处|部|办|室|供应|设备|总务|主任|装备)[^()（）]*[)）]$")
_LOCAL = re.compile(r"省|市|县|区|州|镇|乡|旗")
_ENDING = re.compile(r"(市|州|盟|地区|自治州)$")


def name_key(name: str) -> str:
    """A name for comparing: no spaces, one width, without the desk in brackets after it."""
    text = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return _DESK.sub("", text)


@dataclass(frozen=True, slots=True)
class Line:
    """One item asked for or offered: the label as written, the catalogue id if it has one."""

    label: str
    item_id: str
    specification: str
    amount: Amount
    note: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether the line asks for anything."""
        return self.amount.state is not State.NONE


@dataclass(frozen=True, slots=True)
class Personal:
    """The personal part of a record, to be dropped or masked by the room's rule."""

    contacts: tuple[Contact, ...] = ()
    accounts: tuple[Account, ...] = ()
    email: str = ""
    remark: str = ""
    contributor: str = ""

    def as_values(self) -> dict[str, object]:
        """The parts that are not empty, as plain values."""
        return {k: v for k, v in asdict(self).items() if v}


@dataclass(frozen=True, slots=True)
class ReliefRecord:
    """One row of a relief list: a hospital's needs, a carrier, a house, an account, a clinic.

    `snapshot_on` is the day the list was true, `published_on` the day of the announcement.
    `review` is what the platform said of the row: verified, unverified, wrong or unstated.
    `remark` is empty when the text shows personal data; then it is in `personal`.
    `unread` keeps the columns nobody understood, raw: treat them as personal.
    """

    kind: str
    generation: str
    origin: Origin
    name: str
    place: Place
    lines: tuple[Line, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    url: str = ""
    remark: str = ""
    review: str = "unstated"
    published_on: date | None = None
    snapshot_on: date | None = None
    personal: Personal = field(default_factory=Personal)
    unread: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    rank: int = 0

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("A relief record needs the name of who asks or offers.")

    @property
    def subject(self) -> str:
        """Who the record is about, the same in every generation: the name, with its city."""
        key, city = name_key(self.name), self.place.city
        is_local = _LOCAL.search(key) or (city and _ENDING.sub("", city) in key)
        return key if is_local or not city else f"{city}{key}"

    @property
    def wanted(self) -> tuple[Line, ...]:
        """The lines that ask for something, whether or not they say how much."""
        return tuple(line for line in self.lines if line.is_wanted)

    @property
    def key(self) -> Hashable:
        """Rows with one key speak of the same subject in the same snapshot."""
        if self.kind == "need":
            return ("relief", self.kind, self.snapshot_on, self.subject)
        parts: tuple[Hashable, ...] = (_loose(self.place.address), _loose(self.url))
        if self.kind == "donation":
            accounts = self.personal.accounts
            parts = tuple(sorted((_loose(a.bank), _number(a.number)) for a in accounts))
        return ("relief", self.kind, self.snapshot_on, self.subject, parts)

    @property
    def form(self) -> str:
        """The generation: a copy in another one need not have what nobody understood."""
        return self.generation

    @property
    def beside(self) -> Hashable:
        """What the row says in columns that nobody understood."""
        return repr(sorted(self.unread.items()))

    @property
    def fingerprint(self) -> Hashable:
        """Rows with one fingerprint say the same, whatever their generation."""
        wanted = frozenset(
            (_loose(x.label), str(x.amount.state), x.amount.quantity, _loose(x.specification))
            for x in self.wanted
        )
        people = frozenset(digits(c.phone) for c in self.personal.contacts)
        accounts = frozenset(
            (_loose(a.holder), _loose(a.bank), _number(a.number)) for a in self.personal.accounts
        )
        details = frozenset((k, str(v)) for k, v in self.details.items() if v is not None)
        texts = (self.place.address, self.url, self.remark, self.personal.remark)
        return (
            "relief", self.kind, self.snapshot_on, name_key(self.name), self.published_on,
            wanted, people, accounts, details, tuple(_loose(t) for t in texts),
        )  # fmt: skip

    def as_values(self) -> dict[str, object]:
        """The record without its personal part, as plain values."""
        return {
            "kind": self.kind, "generation": self.generation, "name": self.name,
            "subject": self.subject, "place": asdict(self.place),
            "lines": [line_values(x) for x in self.lines], "details": dict(self.details),
            "url": self.url, "remark": self.remark, "review": self.review,
            "published_on": self.published_on and self.published_on.isoformat(),
            "snapshot_on": self.snapshot_on and self.snapshot_on.isoformat(),
            "notes": list(self.notes),
        }  # fmt: skip

    def as_personal(self) -> dict[str, object]:
        """The personal part; columns nobody understood may be personal and are here too."""
        found: dict[str, object] = dict(self.personal.as_values())
        if self.unread:
            found["unread"] = {k: _plain(v) for k, v in self.unread.items()}
        return found


def line_values(line: Line) -> dict[str, object]:
    """One line as plain values."""
    return {
        "label": line.label, "item_id": line.item_id, "specification": line.specification,
        "amount_state": str(line.amount.state), "quantity": line.amount.quantity,
        "unit": line.amount.unit, "raw": line.amount.raw,
        "note": "; ".join(n for n in (line.amount.note, line.note) if n),
    }  # fmt: skip


def newest(records: Iterable[ReliefRecord]) -> dict[tuple[str, str], ReliefRecord]:
    """The newest record of every subject, by (kind, subject); earlier snapshots are history."""
    found: dict[tuple[str, str], ReliefRecord] = {}
    for record in records:
        key = (record.kind, record.subject)
        if key not in found or _age(record) > _age(found[key]):
            found[key] = record
    return found


def _age(record: ReliefRecord) -> tuple[date, bool, int]:
    # In one snapshot a verified row wins over an unverified one, a later row over an earlier.
    day = record.snapshot_on or date.min
    return (day, record.review == "verified", record.origin.row)


def _number(account: str) -> str:
    # A number with stars was masked, not always in the same way: it cannot be compared.
    return "" if "*" in account else digits(account)


def _loose(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _plain(value: Any) -> object:
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
