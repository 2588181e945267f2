"""Slow twins for tests: numbers written out in Chinese, names looked for at every place."""

from itertools import pairwise

from .fold import compact
from .names import Lexicon, Name

_DIGITS = "零一二三四五六七八九"
_STEPS = ((1000, "千"), (100, "百"), (10, "十"), (1, ""))


def spelled(number: int) -> str:
    """A number from 1 to 99,999,999 in Chinese words, as a clerk writes it out."""
    high, low = divmod(number, 10_000)
    if not high:
        return _below(low)
    gap = "零" if 0 < low < 1000 else ""
    return f"{_below(high)}万{gap}{_below(low) if low else ''}"


def _below(number: int) -> str:
    words, gap = "", False
    for step, scale in _STEPS:
        digit, number = divmod(number, step)
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + scale
        gap = not digit
    return words


def names_in(text: str, lexicon: Lexicon) -> list[Name]:
    """The items named in a text of Chinese names: at every place the longest name that fits."""
    plain = compact(text, lexicon.slips).text
    known = {
        compact(word, lexicon.slips).text: name
        for name in lexicon.names
        for word in (name.name, *name.words)
    }
    found, at = [], 0
    while at < len(plain):
        fits = [word for word in known if plain.startswith(word, at)]
        if fits:
            longest = max(fits, key=len)
            found.append(known[longest])
            at += len(longest)
        else:
            at += 1
    return [one for one, two in pairwise([*found, None]) if one is not None and one is not two]
