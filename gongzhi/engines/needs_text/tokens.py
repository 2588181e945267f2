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
_BREAK = re.compile(
    r"[、;。\n!?•|\t…]|(?<!\d),|,(?!\d{3}(?!\d))|(?<=[\x01\x02])[和及与](?=[\u4e00-\u9fff])"
)
_IDLE = re.compile(
    r"[\W_]|物资|用品|清单|如下|以下|等|其他|其它|防护|医疗|医用|设备|耗材|器械|药品|名称|数量|单位|情况|目前|我院|现在"
)
_SMALL = re.compile(
    r"[^\u4e00-\u9fff]|最[少低多]|大概|预计|目前|现在|我们|我科|左右|以上|使用|支持|帮助|希望|优先"
    r"|肌注|静注|注射|口服|一次性|无菌|灭菌|成人|儿童|进口|国产|连体|加厚|独立包装|可重复|符合|国家|标准|要求"
    r"|[还共计总量数每月请约仅够已也另再至只有的是为余多等了左右上下个单位规格用型款带]"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a cell between two breaks; `opened` is the break before it.

    It `speaks` if it says anything, and is `strange` if it says words that are nothing known.
    """

    start: int
    end: int
    opened: str
    tokens: tuple[Token, ...]
    speaks: bool
    strange: bool


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
        marked = [token for token in here if isinstance(token, Mark | Word)]
        speaks = bool(_rest(text, start, end, marked))
        strange = len(_SMALL.sub("", _rest(text, start, end, here))) > 1
        yield Clause(start, end, opened, tuple(here), speaks, strange)
        start, opened = end + 1, sign


def _rest(text: str, start: int, end: int, tokens: Iterable[Token]) -> str:
    """What a part says beside tokens, idle words and what is no goods."""
    part = list(text[start:end])
    for token in tokens:
        for place in range(token.start, min(token.end, end)):
            part[place - start] = GONE
    return _IDLE.sub("", "".join(part))
