"""Which encoding a text has, and how sure that is.

GB18030 decodes almost any bytes, so a strict decode proves nothing. The ladder is UTF-8,
then GB18030, Big5 and UTF-16, and the one whose text has the smallest share of odd
characters wins (private use, control, unassigned, hanzi outside the common sets).
Sources: GB 18030-2022, GB 2312-80 and Big5 level 1 as the common sets.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from gongzhi.exchange.said import Said, say

SAMPLE = 60_000  # characters looked at for the sanity check
TOLERATED = 0.25  # share of odd characters above which the text is not sensible
CONTROLS = 0.01  # share of control characters above which the bytes are no text
DAMAGED = re.compile("[\udc80-\udcff]+")  # what PEP 383 makes of bytes that are no text
DAMAGE = 0.02  # share of undecodable bytes up to which a damaged file is still read

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text, its encoding, the share of odd characters, and how many bytes are damaged."""

    text: str
    encoding: str
    odd: float
    damaged: int = 0

    @property
    def notes(self) -> tuple[Said, ...]:
        """What a reader should know about the decoding, as sentences."""
        found = []
        if self.damaged:
            found.append(
                say(
                    "%(number)s bytes are not valid %(encoding)s; the rows that hold them are set "
                    "aside.",
                    number=self.damaged,
                    encoding=self.encoding,
                )
            )
        if lost := self.text.count("\ufffd"):
            found.append(
                say(
                    "%(number)s characters were lost (U+FFFD) before this file was written.",
                    number=lost,
                )
            )
        return tuple(found)


def decode(data: bytes) -> Decoded | Said:
    """Return the text with its encoding, or one sentence why these bytes are no text.

    Damaged bytes are kept as surrogates (PEP 383), so that a caller can set aside the
    records they stand in and still read the others.
    """
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return _after_bom(data[len(bom) :], encoding)
    tried = [_strict(data, encoding) for encoding in _ladder(data)]
    sane = [d for d in tried if d is not None and _is_sensible(d)]
    if sane:
        return min(sane, key=lambda d: round(d.odd, 2))
    tried = [_lenient(data, encoding) for encoding in ("utf-8", "gb18030")]
    sane = [d for d in tried if d is not None and _is_sensible(d)]
    if sane:
        return min(sane, key=lambda d: d.damaged)
    return say("The bytes are no text in UTF-8, GB18030, Big5 or UTF-16.")


def show(text: str) -> str:
    r"""Return the text with damaged bytes written as \xNN, so that it can be stored."""
    if not is_damaged(text):
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


def is_damaged(text: str) -> bool:
    """Whether the text holds bytes that could not be decoded."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _ladder(data: bytes) -> tuple[str, ...]:
    """The encodings worth trying; UTF-8 that decodes needs no rival."""
    if b"\0" in data[:65536]:
        return ("utf-16-le", "utf-16-be")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return ("gb18030", "big5")
    return ("utf-8",)


def _after_bom(body: bytes, encoding: str) -> Decoded | Said:
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    found = _strict(body, plain) or _lenient(body, plain)
    if found is None or not _is_text(found.text):
        return say(
            "The file begins with the mark of %(encoding)s but is no text in it.", encoding=plain
        )
    name = "utf-8 with BOM" if encoding == "utf-8-sig" else f"{plain} with BOM"
    return Decoded(found.text, name, found.odd, found.damaged)


def _strict(data: bytes, encoding: str) -> Decoded | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return Decoded(text, encoding, oddness(text, legacy=encoding in ("gb18030", "big5")))


def _lenient(data: bytes, encoding: str) -> Decoded | None:
    if encoding.startswith("utf-16"):
        return None
    bearable = max(4, DAMAGE * len(data))
    # A large file that is no text is told by its beginning: reading all of it takes a minute.
    beginning = data[: int(3 * bearable) + SAMPLE].decode(encoding, "surrogateescape")
    if _damaged_in(beginning) > bearable + 4:
        return None
    text = data.decode(encoding, "surrogateescape")
    damaged = _damaged_in(text)
    if damaged > bearable:
        return None
    return Decoded(text, encoding, oddness(text, legacy=encoding == "gb18030"), damaged)


def _damaged_in(text: str) -> int:
    return sum(map(len, DAMAGED.findall(text)))


def _is_sensible(found: Decoded) -> bool:
    # What decodes as UTF-8 without a fault is UTF-8, however odd its characters.
    certain = found.encoding == "utf-8" and not found.damaged
    return (certain or found.odd <= TOLERATED) and _is_text(found.text)


def _is_text(text: str) -> bool:
    sample = text[:SAMPLE]
    controls = sum(c < " " and c not in "\t\r\n\f" for c in sample)
    return controls <= CONTROLS * len(sample)


def oddness(text: str, *, legacy: bool) -> float:
    """The share of the characters beyond ASCII that a Chinese text would hardly hold.

    With `legacy` also Greek, Cyrillic, kana and rare hanzi count: they are what Big5 and
    GB 18030 turn into when one is read as the other.
    """
    wide = [c for c in text[:SAMPLE] if c > "\x7f"]
    if not wide:
        return 0.0
    return sum(_odd(c, legacy) for c in wide) / len(wide)


@cache
def _odd(char: str, legacy: bool) -> bool:
    if "\udc80" <= char <= "\udcff":
        return False  # a damaged byte, counted by itself
    if char == "\ufffd" or unicodedata.category(char) in ("Co", "Cn", "Cc", "Cs"):
        return True
    if not legacy:
        return False
    if "\u0370" <= char <= "\u052f" or "\u3040" <= char <= "\u312f" or "\u2500" <= char <= "\u257f":
        return True
    return char >= "\u3400" and unicodedata.category(char) == "Lo" and not _common(char)


def _common(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        pass
    else:
        return True
    try:
        big5 = char.encode("big5")
    except UnicodeEncodeError:
        return False
    return b"\xa4\x40" <= big5 <= b"\xc6\x7e"
