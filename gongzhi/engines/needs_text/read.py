"""Reads the tokens of a cell, clause by clause, into lines; what fits nowhere is left."""

from __future__ import annotations

import re

from .drafts import Draft
from .marks import Mark, Word
from .names import Found, Lexicon, Name
from .numbers import UNITS, Pack, Quantity
from .result import reading
from .tokens import Cell, Clause, apart
from .values import Kind, Note, Reading, Reason, State

_HARD = ";。\n!?•"
_UNIT_BEFORE = re.compile(rf"[(/:]({UNITS})\)?[\W_]*$")
_LEADING = re.compile(
    r"(?:[\W_]|一次性|医用|使用|无菌|灭菌|的|成人|儿童|进口|国产|以上|左右|余|多|普通|加厚|防护|标准|新|全新|优质)*"
)
_OPENED = re.compile(r"[^或\0]*[:(][^或\0]*")
"""Between a name and what tells of it; a standard or another choice between them ends that."""
_CHOICE = re.compile(r"[/(,]*(?:/|或者?)[/(,]*")


def read(text: str, lexicon: Lexicon, *, counted_up: bool = False) -> Reading:
    """Read one cell of a list of needs: its lines, and the parts that a person must look at.

    With `counted_up` the cell is of a list where a spreadsheet counted N95 up (N96, N97…), so
    that N99 and N100 too are N95.
    """
    cell = apart(text, lexicon, counted_up=counted_up)
    reader = _Reader(cell)
    for clause in cell.clauses:
        reader.take(clause)
    return reading(cell, reader.drafts, reader.left)


class _Reader:
    """The lines read so far, and of what kind a list is that goes on."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.drafts: list[Draft] = []
        self.left: list[tuple[int, int, Reason]] = []
        self.base: Kind | Reason = Kind.NEED
        self.zone: Kind | Reason = Kind.NEED
        self.run: list[Draft] = []
        self.rate = False
        self.pending_pack: Pack | None = None

    def take(self, clause: Clause) -> None:
        """Read one clause."""
        if clause.opened in _HARD or (clause.opened == "," and isinstance(self.zone, Reason)):
            self.zone = self.base
        if clause.opened in _HARD:
            self.run, self.rate = [], False
        if any(isinstance(token, Found) for token in clause.tokens):
            _WithItems(self, clause).read()
        else:
            self._without_items(clause)

    def _without_items(self, clause: Clause) -> None:
        last, used = self.drafts[-1] if self.drafts else None, False
        kind: Kind | Reason | None = None
        rate = any(isinstance(t, Word) and t.rate for t in clause.tokens)
        for token in clause.tokens:
            if isinstance(token, Mark):
                kind = self._turned(token)
            elif last is None or isinstance(last.kind, Reason):
                continue
            elif isinstance(token, Pack):
                used |= self._packed(last, token)
            elif isinstance(token, Quantity) and (
                not clause.strange or self.inside(last, clause.start)
            ):
                used |= self._added(last, token, kind, rate)
                last = self.drafts[-1]
            elif clause.speaks or last.settled:
                continue
            elif isinstance(token, Word) and not token.rate:
                for draft in self.run[:-1] if token.state is State.OPEN else ():
                    draft.worded(token, draft.kind)
                used |= last.worded(token, last.kind)
        if not used and clause.speaks:
            self.left.append((clause.start, clause.end, Reason.NO_ITEM))

    def inside(self, last: Draft, place: int) -> bool:
        """Whether a bracket is open after an item without an amount: 手套（乳胶、橡胶）200双."""
        return not last.settled and _bracketed(self.cell.plain, last.end, place)

    def resume(self, name: Name | None, place: int) -> Draft | None:
        """The last line again, where a bracket after it only goes on about the same item."""
        last = self.drafts[-1] if self.drafts else None
        if last is None or last.name is not name or not self.inside(last, place):
            return None
        self.run = [draft for draft in self.run if draft is not last]
        return self.drafts.pop()

    def _turned(self, mark: Mark) -> Kind | Reason:
        self.zone = mark.kind
        if mark.heads:
            self.base = mark.kind
        return mark.kind

    def _packed(self, last: Draft, pack: Pack) -> bool:
        if last.pack(pack):
            last.end = max(last.end, pack.end)
            return True
        self.pending_pack = pack
        return not last.settled

    def _added(self, last: Draft, token: Quantity, kind: Kind | Reason | None, rate: bool) -> bool:
        """Give a number that stands alone to the item before it; whether that could be done."""
        if kind is not None and isinstance(kind, Reason):
            return False
        if last.settled and kind is not None and kind is not last.kind and token.value:
            again = Draft(last.name, kind, token.start, token.end)
            self.give(again, token, rate)
            self.drafts.append(again)
            return True
        if last.settled or (kind is not None and kind is not last.kind and last.kind != Kind.NEED):
            return not rate and self._several(last, token)
        last.kind = kind or last.kind
        if token.each:
            for draft in self.run:
                draft.amount(token, rate=rate)
        if not last.settled:
            self.give(last, token, rate)
        last.end = max(last.end, token.end)
        self.run = []
        return True

    def _several(self, last: Draft, token: Quantity) -> bool:
        """In 防护服（S码100，M码200） neither number is the amount."""
        if last.state is not State.KNOWN or not _bracketed(self.cell.plain, last.start, last.end):
            return False
        last.state, last.quantity, last.unit = State.UNKNOWN, None, ""
        last.notes.append(Note.SEVERAL)
        last.end = max(last.end, token.end)
        return True

    def give(self, draft: Draft, token: Quantity, rate: bool) -> None:
        """Let a draft have a quantity, with the unit before it and the pack said before it."""
        draft.amount(token, rate=rate)
        before = _UNIT_BEFORE.search(self.cell.plain, draft.end, token.start)
        if draft.quantity and not draft.unit and before:
            draft.unit = before[1]
        if self.pending_pack and draft.pack(self.pending_pack):
            self.pending_pack = None


class _WithItems:
    """One clause that names items."""

    def __init__(self, reader: _Reader, clause: Clause) -> None:
        self.reader, self.clause = reader, clause
        self.plain = reader.cell.plain
        self.pending: list[Draft] = []
        self.made: list[Draft] = []
        self.lead: Quantity | None = None
        self.lead_state: Word | None = None
        self.local: Mark | None = None
        first = next((t for t in clause.tokens if isinstance(t, Found | Quantity)), None)
        rates = [t for t in clause.tokens if isinstance(t, Word) and t.rate]
        if rates and isinstance(first, Found) and rates[0].start < first.start:
            reader.rate = True  # 每日消耗：N95 200个，防护服100套
        self.rate = bool(rates) or reader.rate

    def read(self) -> None:
        """Go through the tokens from the front."""
        tokens = self.clause.tokens
        for index, token in enumerate(tokens):
            after = next((t for t in tokens[index + 1 :] if not isinstance(t, Pack)), None)
            if isinstance(token, Found):
                self._item(token, after)
            elif isinstance(token, Quantity):
                self._quantity(token, after)
            elif isinstance(token, Pack):
                if not (self.made and self.made[-1].pack(token)):
                    self.reader.pending_pack = token
                else:
                    self.made[-1].end = max(self.made[-1].end, token.end)
            elif isinstance(token, Word):
                self._word(token)
            else:
                self._mark(token)
        self._ended()

    @property
    def kind(self) -> Kind | Reason:
        return self.local.kind if self.local else self.reader.zone

    def _item(self, token: Found, after: object) -> None:
        if self.pending and self._tells_of(self.pending[-1], token, after):
            return
        if not (self.pending or self.made) and (on := self.reader.resume(token.name, token.start)):
            on.end = token.end
            self.pending.append(on)
            return
        again = any(d.name is token.name for d in self.made)
        if again and self.lead is None and not isinstance(after, Quantity):
            return
        draft = Draft(token.name, self.kind, token.start, token.end)
        if token.name is None:
            draft.kind = Reason.OWN_CLASS
        if token.counted_up:
            draft.notes.append(Note.COUNTED_UP)
        if self.lead is not None and self._leads(self.lead, token):
            draft.start = self.lead.start
            self.reader.give(draft, self.lead, self.rate)
            self.lead = None
            self._keep(draft)
        elif self.lead_state is not None and self._leads(self.lead_state, token):
            draft.state, draft.settled = State.OPEN, True
            self._keep(draft)
        else:
            self.pending.append(draft)

    def _tells_of(self, before: Draft, token: Found, after: object) -> bool:
        """Whether a second name only describes the first, or the first heads the second."""
        between = self.plain[before.end : token.start]
        if before.name is token.name and token.name is not None:
            return True
        if not between and token.name and token.words in token.name.general:
            before.end = token.end  # 3M1860口罩: the second word only ends the first
            return True
        heads = before.name and token.name and before.end - before.start <= 2
        if between in ("等", "等各类", "等各种") and _one_group(before.name, token.name):
            return True
        if between.startswith("中") or (
            not between and heads and _one_group(before.name, token.name)
        ):
            self.pending.pop()
        elif _OPENED.fullmatch(between) and _one_group(before.name, token.name):
            if isinstance(after, Quantity) or before.end - before.start <= 2:
                self.pending.pop()
            else:
                return True
        return False

    def _leads(self, lead: Quantity | Word, token: Found) -> bool:
        return _LEADING.fullmatch(self.plain, lead.end, token.start) is not None

    def _quantity(self, token: Quantity, after: object) -> None:
        if self.pending:
            self._to_pending(token)
        elif self.local and self._counts_again(token):
            again = Draft(self.made[-1].name, self.local.kind, token.start, token.end)
            self.reader.give(again, token, self.rate)
            self._keep(again)
            self.local = None
        elif isinstance(after, Found) and (token.unit or (token.value or 0) >= 100):
            self._number_left()
            self.lead = token
        else:
            self._leave(token)

    def _counts_again(self, token: Quantity) -> bool:
        """Whether a second number is of another kind for the same item: 库存100，需求2000."""
        return bool(self.made and token.value and not isinstance(self.made[-1].kind, Reason))

    def _to_pending(self, token: Quantity) -> None:
        given = self.pending if token.each else self.pending[-1:]
        first, last = self.pending[-1], self.pending[-1]
        if len(self.pending) > 1 and not token.each:
            between = self.plain[self.pending[-2].end : last.start]
            if _CHOICE.fullmatch(between):
                last.notes.append(Note.SEVERAL)
                last.settled, given = True, []
        for draft in given:
            draft.kind = self.local.kind if self.local else draft.kind
            self.reader.give(draft, token, self.rate)
        if token.each:
            for draft in self.reader.run:
                draft.amount(token, rate=self.rate)
            self.reader.run = []
        first.end = max(first.end, token.end)
        self._flush()
        self.local = None

    def _word(self, token: Word) -> None:
        if token.rate:
            return
        if not self.pending:
            self.lead_state = token if token.state is State.OPEN else None
        else:
            self.pending[-1].end = max(self.pending[-1].end, token.end)
            for draft in self.pending:
                draft.worded(token, self.kind if self.local else draft.kind)
            self._flush()

    def _mark(self, token: Mark) -> None:
        if not self.pending and not self.made:
            self.reader.zone = token.kind
            if token.heads:
                self.reader.base = token.kind
            return
        if token.heads and not _bracketed(self.plain, self.clause.start, token.start):
            self.reader.zone = self.reader.base = token.kind
        self.local = token

    def _ended(self) -> None:
        """What stands at the end without a number: marks hold for what was named before."""
        if self.local is not None and not self.pending:
            for draft in self.made:
                draft.kind = self.local.kind if draft.name else draft.kind
        elif self.local is not None:
            for draft in self.pending:
                draft.kind = self.local.kind if draft.name else draft.kind
        self._flush()
        self._number_left()

    def _flush(self) -> None:
        for draft in self.pending:
            self._keep(draft)
        self.pending = []

    def _keep(self, draft: Draft) -> None:
        self.made.append(draft)
        self.reader.drafts.append(draft)
        if draft.settled:
            self.reader.run = []
        else:
            self.reader.run.append(draft)

    def _number_left(self) -> None:
        if self.lead is not None:
            self._leave(self.lead)
            self.lead = None

    def _leave(self, token: Quantity) -> None:
        if token.start < token.end:
            self.reader.left.append((token.start, token.end, Reason.NO_LINE))


def _bracketed(text: str, start: int, end: int) -> bool:
    return text.count("(", start, end) > text.count(")", start, end)


def _one_group(one: Name | None, two: Name | None) -> bool:
    return one is not None and two is not None and one.group == two.group
