"""A cell as clauses of tokens: items, quantities, packs, words for amounts, marks of kind."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .fold import Compact, compact
from .marks import Mark, Word, marks, words
from .names import Found, Lexicon
from .noise import GONE, without_addresses, without_sizes
from .numbers import Pack, Quantity, packs, quantities

Token = Found | Quantity | Pack | Word | Mark
_ITEM, _MODEL = "\x01", "\x02"
_BREAK = re.compile(r"[、;。\n!?•|\t…]|(?<!\d),|,(?!\d{3}(?!\d))")
_IDLE = re.compile(
    r"[\W_]|物资|用品|清单|如下|以下|等|其他|其它|防护|医疗|医用|设备|耗材|器械|药品|名称|数量|单位|情况|目前|我院|现在"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a cell between two breaks; `opened` is the break before it."""

    start: int
    end: int
    opened: str
    tokens: tuple[Token, ...]
    speaks: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell taken apart; `plain` is its compact text with names and sizes taken out."""

    text: Compact
    plain: str
    clauses: tuple[Clause, ...]


def apart(text: str, lexicon: Lexicon, *, counted_up: bool = False) -> Cell:
    """Take a cell apart: each step sees only what the steps before it did not take."""
    written = compact(text, lexicon.slips)
    left = without_addresses(written.text)
    found = list(lexicon.find(left, counted_up=counted_up))
    left = without_sizes(_named(left, found))
    said = list(words(left))
    left = _blank(left, said)
    packed = list(packs(left))
    left = _blank(left, packed)
    counted = list(quantities(left))
    marked = list(_beside(marks(left), counted))
    tokens: list[Token] = [*found, *said, *packed, *counted, *marked]
    tokens.sort(key=lambda t: (t.start, t.end))
    return Cell(written, left, tuple(_clauses(left, tokens)))


def _named(text: str, found: Iterable[Found]) -> str:
    out = list(text)
    for one in found:
        fill = _MODEL if one.words.startswith("3m") else _ITEM
        out[one.start : one.end] = fill * (one.end - one.start)
    return "".join(out)


def _blank(text: str, tokens: Iterable[Token]) -> str:
    out = list(text)
    for token in tokens:
        out[token.start : token.end] = GONE * (token.end - token.start)
    return "".join(out)


def _beside(found: Iterable[Mark], counted: list[Quantity]) -> Iterator[Mark]:
    """The marks that do not lie in a quantity."""
    taken = {place for one in counted for place in range(one.start, one.end)}
    return (mark for mark in found if mark.start not in taken)


def _clauses(text: str, tokens: list[Token]) -> Iterator[Clause]:
    # A break inside a token is none: 1,000 is one number, a name may hold a bar.
    inside = {place for t in tokens for place in range(t.start, t.end)}
    breaks = [m for m in _BREAK.finditer(text) if m.start() not in inside]
    start, opened, rest = 0, "\n", list(reversed(tokens))
    for end, sign in [(m.start(), m[0]) for m in breaks] + [(len(text), "\n")]:
        here = []
        while rest and rest[-1].start < end:
            here.append(rest.pop())
        yield Clause(start, end, opened, tuple(here), _speaks(text, start, end, here))
        start, opened = end + 1, sign


def _speaks(text: str, start: int, end: int, tokens: list[Token]) -> bool:
    """Whether a part says anything beside marks, words for amounts and what is no goods."""
    part = list(text[start:end])
    for token in tokens:
        if isinstance(token, Mark | Word):
            for place in range(token.start, min(token.end, end)):
                part[place - start] = GONE
    return bool(_IDLE.sub("", "".join(part)))
