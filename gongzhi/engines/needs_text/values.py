"""What is read from a cell: lines with their place in the text, and what was left."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

Span = tuple[int, int]
"""Where something stands in the text: first character, and the one after the last."""


class Kind(StrEnum):
    """Whether a place needs an item, has it, or offers it."""

    NEED = "need"
    STOCK = "stock"
    OFFER = "offer"


class State(StrEnum):
    """Whether an amount is known, not said, or as much as can be had."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    OPEN = "open"


class Note(StrEnum):
    """What a person should know of how an amount or a name was read.

    Of a range the lower end is taken; packs were counted out by what the text says is in one;
    a spreadsheet counted N95 up; a use per day, several numbers and no whole one are no amount.
    """

    RANGE = "range"
    AT_LEAST = "at_least"
    PACKS = "packs"
    COUNTED_UP = "counted_up"
    A_DAY = "a_day"
    SEVERAL = "several"
    BROKEN = "broken"


class Reason(StrEnum):
    """Why a part of the text was left for a person.

    It names no item of the catalogue; its number belongs to no item; it says that something is
    not wanted, or was delivered; it names N99 or N100, which are classes of their own.
    """

    NO_ITEM = "no_item"
    NO_LINE = "no_line"
    NOT_WANTED = "not_wanted"
    DELIVERED = "delivered"
    OWN_CLASS = "own_class"


HEADS = {Kind.NEED: "需要", Kind.STOCK: "库存", Kind.OFFER: "可提供"}
AMOUNTS = {State.UNKNOWN: "若干", State.OPEN: "越多越好"}


@dataclass(frozen=True, slots=True)
class Line:
    """One item asked for, in stock or offered; `quantity` counts `unit`, which may be unsaid."""

    item: str
    name: str
    kind: Kind
    state: State
    span: Span
    quantity: int | None = None
    unit: str = ""
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if (self.state is State.KNOWN) != (self.quantity is not None):
            raise ValueError("A line has a quantity if and only if its amount is known.")
        if self.quantity is not None and self.quantity < self.wanted:
            raise ValueError("A quantity is above nothing; only a stock may be 0.")
        if not 0 <= self.span[0] < self.span[1]:
            raise ValueError("A span ends after it begins.")

    @property
    def wanted(self) -> bool:
        """Whether the line moves goods; a stock does not."""
        return self.kind is not Kind.STOCK

    def __str__(self) -> str:
        known = f"{self.quantity:,}{self.unit}" if self.quantity is not None else ""
        return f"{HEADS[self.kind]}：{self.name}｜{known or AMOUNTS[self.state]}"


@dataclass(frozen=True, slots=True)
class Left:
    """A part of the text that became no line, for a person to look at."""

    span: Span
    reason: Reason


@dataclass(frozen=True, slots=True)
class Reading:
    """All of one cell: its lines and what was left, in the order of the text."""

    lines: tuple[Line, ...]
    left: tuple[Left, ...]

    def __post_init__(self) -> None:
        spans = sorted([line.span for line in self.lines] + [part.span for part in self.left])
        if any(one[1] > two[0] for one, two in pairwise(spans)):
            raise ValueError("Two parts of a reading cover the same text.")

    def __str__(self) -> str:
        """The lines in the form that reads back as the same lines."""
        return "\n".join(str(line) for line in self.lines)
