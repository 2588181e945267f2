"""The drafts of a cell as lines with their spans, and what was left as parts."""

from bisect import bisect_left
from collections.abc import Sequence

from .drafts import Draft
from .names import Name
from .tokens import Cell
from .values import Kind, Left, Line, Reading, Reason, Span


def reading(cell: Cell, drafts: list[Draft], rest: list[tuple[int, int, Reason]]) -> Reading:
    """The drafts as lines with their spans; nothing covers the same text twice."""
    lines: list[Line] = []
    left: list[Left] = []
    drafts = sorted(drafts, key=lambda d: d.start)
    ends = [d.start for d in drafts[1:]] + [len(cell.text.text)] * bool(drafts)
    taken: list[Span] = []
    for draft, limit in zip(drafts, ends, strict=True):
        span = cell.text.span(draft.start, max(min(draft.end, limit), draft.start + 1))
        taken.append(span)
        if isinstance(draft.kind, Reason) or draft.name is None:
            reason = draft.kind if isinstance(draft.kind, Reason) else Reason.OWN_CLASS
            left.append(Left(span, reason))
        else:
            lines.append(_line(draft, draft.name, draft.kind, span))
    parts = sorted(rest)
    left += [
        Left(span, why)
        for start, end, why in parts
        for span in _trimmed(cell, start, end)
        if not _covered(span, taken)
    ]
    return Reading(tuple(lines), tuple(_joined(cell, sorted(left, key=lambda x: x.span))))


def _line(draft: Draft, name: Name, kind: Kind, span: Span) -> Line:
    return Line(
        name.item, name.name, kind, draft.state, span, draft.quantity, draft.unit,
        tuple(dict.fromkeys(draft.notes)),
    )  # fmt: skip


def _trimmed(cell: Cell, start: int, end: int) -> list[Span]:
    text = cell.text.text
    while start < end and not text[start].isalnum() and text[start] not in "(<《":
        start += 1
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in ")>》%":
        end -= 1
    return [cell.text.span(start, end)] if start < end else []


def _covered(span: Span, taken: Sequence[Span]) -> bool:
    """Whether a span lies over one of those, which are sorted and apart."""
    after = bisect_left(taken, (span[1],))
    return after > 0 and taken[after - 1][1] > span[0]


def _joined(cell: Cell, left: list[Left]) -> list[Left]:
    """Neighbours that were left for the same reason are one part."""
    joined: list[Left] = []
    speaking = {place for place, c in zip(cell.text.at, cell.text.text, strict=True) if c.isalnum()}
    for part in left:
        last = joined[-1] if joined else None
        between = range(last.span[1], part.span[0]) if last else ()
        alike = last is not None and last.reason is part.reason is Reason.NO_ITEM
        if last and alike and not any(place in speaking for place in between):
            joined[-1] = Left((last.span[0], part.span[1]), part.reason)
        else:
            joined.append(part)
    return joined
