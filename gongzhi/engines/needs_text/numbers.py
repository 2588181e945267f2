"""Numbers as people write them: 2,000, 1.5万, 3k, 两千, 一万二, 500-1000, 20箱（每箱500只）."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from .values import Note

UNITS = (
    "人份|人次|机时|公斤|千克|kg|支装|boxes|box|pieces|piece|pcs|pairs|pair|sets|set|units|unit|bottles|bottle"
    "|个|只|件|套|瓶|桶|台|副|付|双|对|盒|箱|支|把|袋|包|升|l|斤|吨|辆|张|条|片|枚|部|顶|卷|罐|份|组|间"
    "|床|针|根|块|架|艘|捆|提|打|板|粒|令|具|座|席|盏|株|幅|扎|听|筐|丸|头|盘"
)
MOST = 10**9
"""A larger number counts no goods."""
_DIGITS = r"\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,12}(?:\.\d{1,6})?(?!\d)"
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "k": 1000, "w": 10_000}
_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2}
_WORDS = "[零一二三四五六七八九两十百千万亿]{1,24}"
_NUM = rf"(?:(?:{_DIGITS})(?:\s?(?:[百千万亿]{{1,3}}|[kw](?![a-z])))?|{_WORDS})"
_FEW = "近|约|大约|大概|左右|共|共计|总计|合计"
QUANTITY = re.compile(
    rf"(?P<each>各类?|均|每种|每样)?(?P<less>至少|不少于|起码|最少|>=?)?(?:{_FEW})?"
    rf"(?<![a-wyz\d.])(?<![a-z]x)(?P<low>{_NUM})(?P<more>[余多+])?"
    rf"(?:(?P<lowunit>{UNITS})?[-~至到](?P<high>{_NUM})[余多+]?)?"
    rf"\)?(?P<unit>{UNITS})?(?![a-z])(?P<least>以上|\+|起|多|余)?(?:左右)?"
    rf"(?:\*(?P<times>\d{{1,7}})(?P<piece>{UNITS}))?"
)
PACK = re.compile(
    rf"(?:每|[一1](?=[箱盒包袋件桶卷捆提板]))(?P<pack>{UNITS})(?:内?装|内?有|里|各|含|为|是|=|约)*"
    rf"(?P<n>\d{{1,7}})(?P<piece>{UNITS})"
    rf"|(?P<n2>\d{{1,7}})(?P<piece2>{UNITS})(?:/|每|一)(?P<pack2>{UNITS})"
)
_BARE = re.compile(r"[\u4e00-\u9fffa-z%\d]")
"""What may not follow a number that has no unit."""
_BARE_BEFORE = re.compile(r"以上|左右|用于|[需急缺库剩现可各供等另还及和与越都请望]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; `value` is None where it is no whole number of anything."""

    start: int
    end: int
    value: int | None
    unit: str = ""
    each: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """How many pieces the text says are in one pack."""

    start: int
    end: int
    pack: str
    pieces: int
    piece: str


def number(words: str) -> Fraction | None:
    """The value of a number in digits, with a scale, or in Chinese words; None if it is none."""
    match = re.fullmatch(rf"({_DIGITS})\s?([百千万亿kw]*)", words)
    if match is None:
        spoken = chinese_number(words)
        return None if spoken is None else Fraction(spoken)
    value = Fraction(match[1].replace(",", ""))
    for scale in match[2]:
        value *= _SCALES[scale]
    return value


def chinese_number(words: str) -> int | None:
    """The number in Chinese words: 五千 5000, 两百五十 250, 一万二 12000, 一〇五 105."""
    if words and all(c in _DIGIT for c in words):
        return int("".join(str(_DIGIT[c]) for c in words))
    total = section = digit = 0
    scale, spaced = 1, False
    for char in words:
        if char in _DIGIT:
            digit, spaced = _DIGIT[char], spaced or char == "零"
        elif char in ("万", "亿"):
            scale, spaced = _SCALES[char], False
            total, section, digit = (total + section + digit or 1) * scale, 0, 0
        elif char in _SCALES:
            scale, spaced = _SCALES[char], False
            section, digit = section + (digit or 1) * scale, 0
        else:
            return None
    if digit and scale >= 100 and not spaced:
        digit *= scale // 10  # 一万二: what is left out is the next lower scale
    return total + section + digit if words else None


def quantities(text: str) -> Iterator[Quantity]:
    """The numbers in a text from which names, standards and sizes were taken out."""
    at = 0
    while (match := QUANTITY.search(text, at)) is not None:
        at = max(match.end(), match.start() + 1)
        if _stands(text, match):
            yield _quantity(match)


def _stands(text: str, match: re.Match[str]) -> bool:
    """Whether a number counts something: it has a unit, or nothing that could be another one."""
    low = match["low"]
    if match["unit"] or match["times"]:
        return not (match["unit"] == "l" and low.isalpha())
    if not low[0].isdigit() and not any(c in _SCALES for c in low[1:]):
        return False
    after = match.end()
    return not _BARE.match(text, after) or _BARE_BEFORE.match(text, after) is not None


def _quantity(match: re.Match[str]) -> Quantity:
    value, unit, notes = number(match["low"]), match["unit"] or match["lowunit"] or "", []
    if match["high"]:
        notes.append(Note.RANGE)
        value = _low_end(match["low"], match["high"])
    elif match["less"] or match["least"] or match["more"]:
        notes.append(Note.AT_LEAST)
    if match["times"] and value is not None:
        value, unit = value * int(match["times"]), match["piece"]
        notes.append(Note.PACKS)
    if value is not None and unit == "吨" and value.denominator != 1:
        value, unit = value * 1000, "公斤"
    if value is None or value.denominator != 1 or value >= MOST:
        return Quantity(match.start(), match.end(), None, "", bool(match["each"]), (Note.BROKEN,))
    return Quantity(match.start(), match.end(), int(value), unit, bool(match["each"]), tuple(notes))


def _low_end(low: str, high: str) -> Fraction | None:
    """The lower end of a range; in 1-2万 the scale holds for both."""
    one, two = number(low), number(high)
    if one is None or two is None:
        return None
    last = high[-1]
    if one < two and last in _SCALES and low[-1] not in _SCALES and one * _SCALES[last] < two:
        return one * _SCALES[last]
    return min(one, two)


def packs(text: str) -> Iterator[Pack]:
    """What a text says of packs: 每箱500只, 500只/箱."""
    for match in PACK.finditer(text):
        pack, pieces = match["pack"] or match["pack2"], int(match["n"] or match["n2"])
        piece = match["piece"] or match["piece2"]
        if pack != piece and pieces:
            yield Pack(match.start(), match.end(), pack, pieces, piece)
