"""Finds the names of items in a folded text: the longest name that begins first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .fold import compact, folded
from .numbers import UNITS

_N95 = "n95"
_COUNTED = r"n(?:95|9[678]|10[1-9]|11\d|12[01])"
_SHOWS = re.compile(r"(?<![a-z\d])k?n(?:9[678]|10[1-9]|11\d|12[01])(?!\d)")
_COUNTED_UP = r"n(?:95|9[6-9]|10\d|11\d|12[01])"
_OWN_CLASS = re.compile(
    r"(?<![a-z\d])k?n(?:99|100)(?!\d)[\u4e00-\u9fff]{0,4}?(?:口罩|$|(?![\u4e00-\u9fff]))"
)
_BETWEEN = re.compile(r"[:(*x=|]*")
_UNIT = re.compile(rf"[百千万]|{UNITS}").match
_GENERAL_AFTER = frozenset(
    "需要求购缺分的和及与或有剩存赠捐类种用性批个只片枚箱盒包袋万千百人通余多供助收少量些中是为"
)


@dataclass(frozen=True, slots=True)
class Name:
    """One item of a catalogue with everything it is called.

    What is `general` (口罩) is this item only where no other word stands before it.
    """

    item: str
    name: str
    group: str = ""
    words: tuple[str, ...] = ()
    general: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.item or not self.name:
            raise ValueError("An item needs an id and a name.")


@dataclass(frozen=True, slots=True)
class Found:
    """A name in the compact text; without an item it is a class that no item stands for."""

    start: int
    end: int
    name: Name | None
    words: str
    counted_up: bool = False


@dataclass(frozen=True)
class Lexicon:
    """The names of all items, ready to be looked for; `slips` are misreadings, wrong to right."""

    names: Sequence[Name]
    slips: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(len(wrong) != len(right) for wrong, right in self.slips.items()):
            raise ValueError("A slip must have as many characters as what was meant.")
        slips = {folded(w, {}): folded(r, {}) for w, r in self.slips.items()}
        object.__setattr__(self, "slips", slips)
        index: dict[str, Name] = {}
        general: set[str] = set()
        for name in self.names:
            for word in (name.name, *name.words, *name.general):
                plain = compact(word, self.slips).text
                if index.setdefault(plain, name) is not name:
                    raise ValueError(f"{word!r} is a name of {index[plain].item} and {name.item}.")
            general |= {compact(word, self.slips).text for word in name.general}
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "general", frozenset(general))
        object.__setattr__(self, "plain", _pattern(index, _COUNTED))
        object.__setattr__(self, "counting", _pattern(index, _COUNTED_UP))

    index: Mapping[str, Name] = field(init=False, repr=False, compare=False)
    general: frozenset[str] = field(init=False, repr=False, compare=False)
    plain: Mapping[str, re.Pattern[str]] = field(init=False, repr=False, compare=False)
    counting: Mapping[str, re.Pattern[str]] = field(init=False, repr=False, compare=False)

    def find(self, text: str, *, counted_up: bool = False) -> Iterator[Found]:
        """Every name in a compact text, from the front, the longest where several begin."""
        pattern = self.counting if counted_up else self.plain
        own = [] if counted_up else list(_OWN_CLASS.finditer(text))
        at, next_own = 0, iter(own)
        other = next(next_own, None)
        for match in _matches(pattern, text):
            while other is not None and other.start() <= match.start():
                if other.start() >= at:
                    at = other.end()
                    yield Found(other.start(), at, None, other[0])
                other = next(next_own, None)
            if match[0].isdigit() and _counts(text, at, match):
                continue
            found = self._found(text, match) if match.start() >= at else None
            if found is not None:
                at = match.end()
                yield found
        while other is not None:
            if other.start() >= at:
                at = other.end()
                yield Found(other.start(), at, None, other[0])
            other = next(next_own, None)

    def _found(self, text: str, match: re.Match[str]) -> Found | None:
        plain = re.sub(_COUNTED_UP, _N95, match[0])
        if plain in self.general and not _alone(text, match.start()):
            return None
        name = self.index[plain]
        return Found(match.start(), match.end(), name, match[0], plain != match[0])


def counts_up(text: str) -> bool:
    """Whether a cell shows that a spreadsheet counted N95 up: N96, N97, N101 (下拉填充)."""
    return _SHOWS.search(compact(text, {}).text) is not None


def _counts(text: str, at: int, match: re.Match[str]) -> bool:
    """Whether a name in digits (84) is a number here: after an item, or before a unit."""
    return bool((at and _BETWEEN.fullmatch(text, at, match.start())) or _UNIT(text, match.end()))


def _alone(text: str, start: int) -> bool:
    before = text[start - 1 : start]
    return before in _GENERAL_AFTER or not ("\u4e00" <= before <= "\u9fff")


def _pattern(index: Mapping[str, Name], counted: str) -> dict[str, re.Pattern[str]]:
    """The names by their first character, the longest first."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(index, key=lambda w: (-len(w), w)):
        by_first.setdefault(word[0], []).append(_bounded(word, counted))
    return {first: re.compile("|".join(words)) for first, words in by_first.items()}


def _matches(patterns: Mapping[str, re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        pattern = patterns.get(text[at])
        match = pattern.match(text, at) if pattern else None
        if match is None:
            at += 1
        else:
            yield match
            at = match.end()


def _bounded(word: str, counted: str) -> str:
    """A name that begins or ends with a letter or digit is no part of a longer one."""
    first, last = word[0], word[-1]
    before = r"(?<!\d)(?<!\d\.)" if first.isdigit() else "(?<![a-z])" if _is_letter(first) else ""
    after = r"(?!\d)(?!\.\d)" if last.isdigit() else "(?![a-z])" if _is_letter(last) else ""
    return before + re.escape(word).replace(_N95, counted) + after


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()
