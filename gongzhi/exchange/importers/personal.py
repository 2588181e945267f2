"""Contacts, accounts and the signs of personal data in free texts.

Everything found here goes into the `personal` part of a record, so that the room can drop or
mask it by rule. A free text that shows a sign of personal data counts as personal whole:
names inside a sentence cannot be masked reliably.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

_PHONE = re.compile(r"\+?\(?\d[\d\-—–－ ()]{3,}\d")
_CUT = re.compile(r"[|｜;；,，、\n/]")
_CLAUSE = re.compile(r"[^|｜;；,，、。\n]+")
_LABEL = re.compile(r"^(联系)?(电话|方式|人|热线|手机)?\s*[:：]?\s*|[\s:：]+$")
_SIGNS = re.compile(
    r"\d[\d\- ]{5,}\d|联系|电话|手机|微信|QQ|户名|账号|帐号|账户|开户|@"
    r"|先生|女士|老师|主任|科长|某|警官|身份证",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class Contact:
    """A person or desk to ask, with a telephone number; either may be empty."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """A bank account that gifts go to."""

    holder: str
    bank: str
    number: str


def shows_personal(text: str) -> bool:
    """Whether a free text shows a sign of personal data: a number, a name, an account."""
    return _SIGNS.search(text) is not None


def personal_stretches(text: str) -> list[tuple[int, int]]:
    """Where a free text may tell of a person: each clause with a sign of it, and its neighbours.

    A name mostly stands beside its number, and cannot be told from other words by itself.
    """
    clauses = [match.span() for match in _CLAUSE.finditer(text)]
    signs = {n for n, (start, end) in enumerate(clauses) if shows_personal(text[start:end])}
    near = {n + step for n in signs for step in (-1, 0, 1)}
    return [span for n, span in enumerate(clauses) if n in near]


def read_contacts(value: object) -> tuple[Contact, ...]:
    """Return the contacts in a cell: a number, a text with several, a list of either."""
    return tuple(dict.fromkeys(c for c in _contacts(value) if c.name or c.phone))


def _contacts(value: object) -> Iterator[Contact]:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, list):
        for part in value:
            yield from _contacts(part)
    elif isinstance(value, Mapping):
        yield from _from_mapping(value)
    elif isinstance(value, int | float):
        yield Contact("", str(int(value)) if isfinite(value) else str(value))
    else:
        yield from _from_text(unicodedata.normalize("NFKC", str(value)))


def _from_mapping(value: Mapping[str, object]) -> Iterator[Contact]:
    name = str(value.get("name") or value.get("联系人") or "").strip()
    phones = value.get("tel") or value.get("phone") or value.get("numbers") or value.get("电话")
    listed = phones if isinstance(phones, list) else [phones]
    for phone in listed:
        yield Contact(name, str(phone or "").strip())


def _from_text(text: str) -> Iterator[Contact]:
    name = ""
    for part in _CUT.split(text):
        phones = [p.strip() for p in _PHONE.findall(part)]
        label = _LABEL.sub("", _PHONE.sub(" ", part).strip()).strip(" :：-")
        name = label or name
        if not phones and label:
            yield Contact(label, "")
        for phone in phones:
            yield Contact(label, phone)


def read_accounts(value: object) -> tuple[Account, ...]:
    """Return the bank accounts in a list of `{name, bank, number}`."""
    if not isinstance(value, list):
        return ()
    found = [v for v in value if isinstance(v, Mapping)]
    accounts = (
        Account(*(str(v.get(k) or "").strip() for k in ("name", "bank", "number"))) for v in found
    )
    return tuple(a for a in accounts if a.holder or a.bank or a.number)


def split_accounts(holder: str, bank: str, number: str) -> tuple[Account, ...]:
    """Return the accounts in three cells, which may hold several each, divided by a bar."""
    cells = [[p.strip() for p in re.split(r"[|｜]", c)] for c in (holder, bank, number)]
    most = max(len(c) for c in cells)
    full = [c * most if len(c) == 1 else c for c in cells]
    if any(len(c) != most for c in full):
        full = [[holder], [bank], [number]]  # the bars do not pair up: keep the cells whole
    found = (Account(*parts) for parts in zip(*full, strict=True))
    return tuple(a for a in found if a.holder or a.bank or a.number)


def digits(text: str) -> str:
    """The digits and stars of a number, for comparing."""
    return "".join(c for c in text if c.isdigit() or c == "*")
