"""A line while it is read: what it is of, and how it comes to its amount."""

from dataclasses import dataclass, field

from .marks import Word
from .names import Name
from .numbers import Pack, Quantity
from .values import Kind, Note, Reason, State


@dataclass(slots=True)
class Draft:
    """A line while it is read; a reason instead of a kind says why it will be none."""

    name: Name | None
    kind: Kind | Reason
    start: int
    end: int
    state: State = State.UNKNOWN
    quantity: int | None = None
    unit: str = ""
    notes: list[Note] = field(default_factory=list)
    settled: bool = False

    def amount(self, quantity: Quantity, *, rate: bool) -> None:
        """Take a quantity for the amount; a use per day or a broken number is none."""
        self.settled = True
        self.notes += quantity.notes
        if rate or not quantity.value:
            self.state = State.UNKNOWN
            self.notes += [Note.A_DAY] if rate else []
            return
        self.state, self.quantity, self.unit = State.KNOWN, quantity.value, quantity.unit

    def worded(self, word: Word, kind: Kind | Reason) -> bool:
        """Take a word for the amount; none of it is a stock of 0, or nothing that is wanted."""
        self.kind, self.settled = kind, True
        if word.state is not None:
            self.state = word.state
        elif kind is Kind.STOCK:
            self.state, self.quantity = State.KNOWN, 0
        else:
            self.kind = Reason.NOT_WANTED
        return True

    def pack(self, pack: Pack) -> bool:
        """Count packs out where the text says what is in one."""
        if self.quantity is None or self.unit != pack.pack:
            return False
        self.quantity, self.unit = self.quantity * pack.pieces, pack.piece
        self.notes.append(Note.PACKS)
        return True
