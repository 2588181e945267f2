"""Reads amounts as people write them: 10台, 2万, 500-1000, 若干, 越多越好, a tick.

Conservative on purpose: an amount is known only when the text says one number; a tick (1), a
vague word or several numbers mean that something is needed but not how much. The text is
always kept. Grammar after the lists of January and February 2020.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from gongzhi.exchange.reading.cells import is_type_word
from gongzhi.exchange.said import Said, say


class State(StrEnum):
    """Whether an amount is known, open-ended, wanted but unknown, or not wanted at all."""

    KNOWN = "known"
    OPEN = "open"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is asked for or offered; `quantity` counts `unit` and is there only if known."""

    state: State
    quantity: int | None = None
    unit: str = ""
    specification: str = ""
    raw: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if (self.state is State.KNOWN) != (self.quantity is not None):
            raise ValueError("An amount has a quantity if and only if it is known.")
        if self.quantity is not None and self.quantity <= 0:
            raise ValueError(f"A known amount must be above nothing, not {self.quantity}.")

    def __str__(self) -> str:
        return f"{self.quantity} {self.unit}".strip() if self.quantity else str(self.state)


UNITS = (
    "个|只|件|套|瓶|桶|台|副|付|双|盒|箱|支|把|袋|包|升|公斤|吨|辆|张|条|片|枚|部|顶|卷|罐"
    "|人份|份|组|间"
)
_NONE = re.compile(r"(无|没有|不需要|暂不需要|暂无需求|不缺|充足|已足够|否|-+|/|×|none|n/?a)", re.I)
_OPEN = re.compile(r"越多越好|多多益善|不限|大量|无上限|尽量多|有多少要多少|长期")
_VAGUE = re.compile(r"(若干|一批|少量|适量|急需|急缺|需要|需|紧缺|缺|是|有|√|✓|y|yes)", re.I)
_STOCK = re.compile(r"库存|现有|剩余?|已有|存量")
_AT_LEAST = re.compile(r"以上|至少|起码|\+$")
_CODES = re.compile(
    r"(GB/?T?|YY/?T?|T/|DB|ISO|EN)\s*-?\s*\d[\d.]*(\s*[-—–]\s*\d{4})?|(?<![A-Za-z])K?N\d{2,3}(?!\d)|FFP\d"
    r"|3M\s*\d+(\s*/\s*\d+)*|84(?=消毒)|\d+(\.\d+)?\s*(%|ml|mL|毫升|mm|cm|厘米|mg|g(?![a-z])|w|W)",
    re.IGNORECASE,
)
_DIGITS = r"\d+(?:,\d{3})+|\d+(?:\.\d+)?"
_NUMERAL = "[一二两三四五六七八九十百千万]+"
_AMOUNT = re.compile(
    rf"(?P<low>{_DIGITS})\s*(?P<scale>[万千百]?)\s*(?:[-~—–至到]\s*(?P<high>{_DIGITS})\s*"
    rf"(?P<scale2>[万千百]?)\s*)?(?P<unit>{UNITS})?|(?P<words>{_NUMERAL})\s*(?P<unit2>{UNITS})"
)
_SCALE = {"": 1, "百": 100, "千": 1000, "万": 10000}
_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}


def read_amounts(value: object) -> tuple[Amount, ...]:
    """Return the amounts in a cell, mostly one; `护目镜1000; 眼罩500` are two.

    1 and true are ticks: wanted, amount unknown. Nothing, 0 and false are none.
    """
    if value is None or isinstance(value, bool | int | float):
        return (_from_number(value),)
    text = unicodedata.normalize("NFKC", str(value)).strip()
    parts = [p for p in re.split(r"[;；\n]", text) if p.strip()]
    if len(parts) > 1 and all(_AMOUNT.search(_CODES.sub(" ", p)) for p in parts):
        return tuple(_from_text(p.strip()) for p in parts)
    return (_from_text(text),)


def _from_number(value: float | int | None) -> Amount:
    raw = "" if value is None else str(value)
    if not value:
        return Amount(State.NONE, raw=raw)
    if value == 1 or value is True:
        return Amount(State.UNKNOWN, raw=raw)
    if value == -1:
        return Amount(State.UNKNOWN, raw=raw, note="-1 stands for wanted, amount not said")
    if not isfinite(value) or value < 0 or value != int(value):
        return Amount(State.UNKNOWN, raw=raw, note="no amount that can be counted")
    return Amount(State.KNOWN, int(value), raw=raw)


def _from_text(text: str) -> Amount:
    head, bar, rest = (part.strip() for part in text.partition("|"))
    if bar and (is_type_word(head) or _plain_number(head) is not None):
        amount = _from_text(head)
        return Amount(amount.state, amount.quantity, amount.unit, rest, text, amount.note)
    number = _plain_number(text)
    if number is not None:
        amount = _from_number(number)
        return Amount(amount.state, amount.quantity, raw=text, note=amount.note)
    if re.fullmatch(_NUMERAL, text) and (quantity := chinese_number(text)):
        return Amount(State.KNOWN, quantity, raw=text)
    if not text or _NONE.fullmatch(text) or is_type_word(text):
        return Amount(State.NONE, raw=text)
    if _STOCK.search(text):
        return Amount(State.UNKNOWN, specification=text, raw=text, note="the text speaks of stock")
    return _from_words(text)


def _plain_number(text: str) -> float | None:
    if not re.fullmatch(rf"-?(?:{_DIGITS})", text):
        return None
    return float(text.replace(",", ""))


def _from_words(text: str) -> Amount:
    bare = _CODES.sub(lambda m: " " * len(m[0]), text)
    found = [m for m in _AMOUNT.finditer(bare) if m[0].strip()]
    if not found:
        state = State.OPEN if _OPEN.search(text) else State.UNKNOWN
        vague = _VAGUE.fullmatch(text) or state is State.OPEN
        return Amount(state, specification="" if vague else text, raw=text)
    if len(found) > 1:
        note = "several numbers; which one is the amount is not clear"
        return Amount(State.UNKNOWN, specification=text, raw=text, note=note)
    return _from_match(text, found[0])


def _from_match(text: str, found: re.Match[str]) -> Amount:
    unit = found["unit"] or found["unit2"] or ""
    quantity, note = _count(found), ""
    if found["high"]:
        note = "a range; the lower end is taken"
    elif _AT_LEAST.search(text):
        note = "at least"
    rest = (text[: found.start()] + " " + text[found.end() :]).strip(" *×x:：,，、()（）")
    rest = _AT_LEAST.sub("", rest)
    if quantity is None or quantity <= 0:
        return Amount(State.UNKNOWN, specification=text, raw=text, note="no whole amount")
    return Amount(State.KNOWN, quantity, unit, " ".join(rest.split()), text, note)


def _count(found: re.Match[str]) -> int | None:
    if found["words"]:
        return chinese_number(found["words"])
    scale = found["scale"] or (found["scale2"] if found["high"] else "")
    value = float(found["low"].replace(",", "")) * _SCALE[scale or ""]
    return int(value) if value.is_integer() else None


def chinese_number(words: str) -> int | None:
    """Return the number in Chinese words: 五千 5000, 一万二 is not read, 两百五十 250."""
    total, section, digit = 0, 0, 0
    for char in words:
        if char in _DIGIT:
            digit = _DIGIT[char]
        elif char == "十":
            section, digit = section + (digit or 1) * 10, 0
        elif char in "百千":
            section, digit = section + (digit or 1) * _SCALE[char], 0
        elif char == "万":
            total, section, digit = total + (section + digit or 1) * 10000, 0, 0
        else:
            return None
    if digit and words[-2:-1] and words[-2:-1] in "百千万":
        return None  # 一万二: twelve thousand to a speaker, not written out
    return total + section + digit


@dataclass(frozen=True, slots=True)
class FilledDown:
    """A run of rows where a spreadsheet counted a text up instead of repeating it."""

    rows: tuple[int, ...]
    first: str
    last: str

    @property
    def said(self) -> Said:
        """What the spreadsheet did, as a part of a sentence."""
        return say(
            "rows %(first)s to %(last)s: %(text)s was filled down and counted up to %(end)s",
            first=self.rows[0],
            last=self.rows[-1],
            text=repr(self.first),
            end=repr(self.last),
        )

    def __str__(self) -> str:
        return str(self.said)


_LAST_NUMBER = re.compile(r"^(.*?\D)(\d+)(\D*)$", re.DOTALL)


def filled_down(cells: Sequence[tuple[int, object]], *, least: int = 3) -> Iterator[FilledDown]:
    """Yield the runs of at least `least` rows whose text counts up by one from row to row."""
    run: list[tuple[int, str]] = []
    for row, value in [*cells, (0, None)]:
        text = value if isinstance(value, str) else ""
        if run and _follows(run[-1][1], text):
            run.append((row, text))
            continue
        if len(run) >= least:
            yield FilledDown(tuple(r for r, _ in run), run[0][1], run[-1][1])
        run = [(row, text)] if text else []


def _follows(before: str, after: str) -> bool:
    one, two = _LAST_NUMBER.match(before), _LAST_NUMBER.match(after)
    if one is None or two is None or (one[1], one[3]) != (two[1], two[3]):
        return False
    return int(two[2]) == int(one[2]) + 1
