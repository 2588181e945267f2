"""From a text to the parts of a list, by the engine; and the text back, marked by its parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from gongzhi.engines.needs_text import Line, State, counts_up, read
from gongzhi.exchange.importers import catalogue, lexicon
from gongzhi.exchange.importers.personal import personal_stretches, shows_personal
from gongzhi.supply.models import Item, ListPart, Need, NeedList

MOST = 100_000_000
"""Pieces that a deed takes at most; what a text says beyond that is a slip."""
LETTERS = 400
UNDERSTOOD = (ListPart.Left.NOT_WANTED, ListPart.Left.DELIVERED)
"""What was left because the text itself says so: nobody has to name it."""


@dataclass(frozen=True)
class Mark:
    """A stretch of a text as it is shown. what: line, left or plain; hidden: shown to nobody."""

    words: str
    what: str
    part: ListPart | None
    hidden: bool = False


def read_parts(need_list: NeedList) -> list[ListPart]:
    """The parts of a list as the engine reads its text, in its order, not saved."""
    found = read(need_list.text, lexicon(), counted_up=counts_up(need_list.text))
    items = {
        item.code: item for item in Item.objects.filter(code__in={x.item for x in found.lines})
    }
    parts = [_line(line, items.get(line.item)) for line in found.lines]
    parts += [_left(part.span, ListPart.Left(part.reason.value)) for part in found.left]
    closed = personal_stretches(need_list.text)
    for part in parts:
        part.need_list = need_list
        part.words = _open_words(need_list.text, part, closed)
    return sorted(parts, key=lambda part: part.span_start)


def _line(line: Line, item: Item | None) -> ListPart:
    """A line of the engine; an item that the catalogue of the house lacks is for a person."""
    if item is None:
        return _left(line.span, ListPart.Left.NO_ITEM)
    quantity, notes = _pieces(line)
    amount = {State.UNKNOWN: Need.Amount.UNKNOWN, State.OPEN: Need.Amount.OPEN}.get(line.state)
    if amount is None:
        amount = Need.Amount.UNKNOWN if quantity is None else Need.Amount.KNOWN
    return ListPart(
        span_start=line.span[0], span_end=line.span[1], item=item, kind=line.kind.value,
        amount=amount, quantity=quantity, notes=[*(note.value for note in line.notes), *notes],
        state=ListPart.State.READ,
    )  # fmt: skip


def _pieces(line: Line) -> tuple[int | None, list[str]]:
    """How many pieces a line means, packs counted out; None where only its writer knows."""
    if line.quantity is None:
        return None, []
    item, pieces, notes = catalogue()[line.item], line.quantity, []
    if line.unit and line.unit not in item.units:
        if line.unit not in item.packs:
            return None, ["unit"]
        pieces, notes = pieces * item.packs[line.unit], ["usual_pack"]
    return (pieces, notes) if pieces <= MOST else (None, ["too_many"])


def _left(span: tuple[int, int], why: ListPart.Left) -> ListPart:
    state = ListPart.State.DROPPED if why in UNDERSTOOD else ListPart.State.TRIAGE
    reason = str(why.value) if why in UNDERSTOOD else ""
    return ListPart(
        span_start=span[0], span_end=span[1], why_left=why, state=state, reason_dropped=reason
    )


def _open_words(text: str, part: ListPart, closed: Iterable[tuple[int, int]]) -> str:
    """A raw piece as everybody on duty may read it; nothing where it may tell of a person."""
    raw = text[part.span_start : part.span_end]
    hidden = shows_personal(raw) or (
        bool(part.why_left) and _touches(part.span_start, part.span_end, closed)
    )
    return "" if hidden else raw[:LETTERS]


def _touches(first: int, last: int, stretches: Iterable[tuple[int, int]]) -> bool:
    return any(start < last and first < end for start, end in stretches)


def marked(need_list: NeedList, parts: Iterable[ListPart]) -> list[Mark]:
    """The whole text as stretches: what was read, what was not, the rest.

    The words of a stretch that may tell of a person stay hidden.
    """
    text, at, marks = need_list.text, 0, []
    closed = personal_stretches(text)
    for part in sorted(parts, key=lambda part: part.span_start):
        marks += _plain(text, at, part.span_start, closed)
        words = _open_words(text, part, closed)
        marks.append(Mark(words, "line" if part.item_id else "left", part, not words))
        at = part.span_end
    return marks + _plain(text, at, len(text), closed)


def _plain(text: str, first: int, last: int, closed: list[tuple[int, int]]) -> list[Mark]:
    """The stretch between two parts, cut where a clause that stays hidden begins or ends."""
    cuts = {cut for span in closed for cut in span if first < cut < last}
    edges = [first, *sorted(cuts), last]
    found = []
    for start, end in pairwise(edges):
        hidden = _touches(start, end, closed)
        found += [Mark("" if hidden else text[start:end], "plain", None, hidden)]
    return [mark for mark in found if mark.words or mark.hidden]
