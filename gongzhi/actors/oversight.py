"""The uses of lent powers in the ledger, and which of them are drawn: recomputed by anybody.

A line of the ledger that names a lent power is a use of it. What is drawn depends on nothing but
the ledger, the signed terms of the delegation and the dated parameter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime

from gongzhi.actors.models import Delegation, Draw
from gongzhi.engines.merkle import NoteRefused, leaf_hash, parse_checkpoint
from gongzhi.engines.oversight import Lent, Scale, Step, is_drawn, share
from gongzhi.ledger.queries import Checkpoint, Entry, text_signed
from gongzhi.parameters import parameter

_LENT = re.compile(r"\(delegation:(\d+)\)$")


@dataclass(frozen=True)
class Use:
    """One use of a lent power: the sealed line, the delegation, the share that is drawn of it."""

    line: int
    entry: Entry
    delegation: Delegation
    per_mille: int
    leaf: bytes


@dataclass(frozen=True)
class Stretch:
    """Lines sealed before a checkpoint that decides which uses among them are drawn."""

    first: int
    upto: int
    deciding_size: int
    root: bytes

    def draws(self, use: Use) -> bool:
        """Whether a use in this stretch is drawn."""
        return is_drawn(root=self.root, place=use.line, leaf=use.leaf, per_mille=use.per_mille)


def scale_on(at: datetime) -> Scale:
    """The scale of shares in force at a time (`parameters/oversight.yaml`)."""
    rule = parameter("oversight.share", localtime(at).date()).value
    steps = {
        name: tuple(Step(limit, more) for limit, more in rule[name])
        for name in ("cents", "people", "days", "hours", "powers")
    }
    return Scale(rule["base"], rule["most"], rule["onward"], **steps)


def share_of(delegation: Delegation, at: datetime) -> int:
    """The share of the uses of a lent power that is drawn at a time, in per mille."""
    lent = Lent(
        delegation.limit_cents, delegation.limit_people, delegation.limit_days,
        int((delegation.ends_at - delegation.starts_at).total_seconds() // 3600),
        delegation.onward or delegation.lent_from_id is not None, len(delegation.powers),
    )  # fmt: skip
    return share(lent, scale_on(at))


def uses_between(first: int, upto: int) -> Iterator[Use]:
    """The uses of lent powers among the sealed lines from `first` up to, not including, `upto`."""
    entries = Entry.objects.filter(
        leaf_index__gte=first, leaf_index__lt=upto, body__contains="(delegation:"
    )
    known: dict[int, Delegation] = {}
    rows = Delegation.objects.select_related("lender", "borrower")
    for entry in entries.order_by("leaf_index").iterator():
        assert entry.leaf_index is not None
        numbers = _lent_in(entry)
        known |= rows.in_bulk(numbers - known.keys())
        for delegation in (known[number] for number in sorted(numbers & known.keys())):
            yield Use(
                entry.leaf_index, entry, delegation, share_of(delegation, entry.at),
                leaf_hash(entry.body.encode()),
            )  # fmt: skip


def _lent_in(entry: Entry) -> set[int]:
    """Numbers of the lent powers that a line names."""
    named = (_LENT.search(power) for power in json.loads(entry.body).get("powers", []))
    return {int(found[1]) for found in named if found}


def stretches_after(drawn: int) -> Iterator[Stretch]:
    """The stretches of the ledger after `drawn` lines whose deciding checkpoint is signed.

    What one checkpoint sealed is decided by the next: its root covers lines written later still.
    """
    signed = Checkpoint.objects.filter(size__gt=drawn).order_by("size")
    first, sealed = drawn, None
    for checkpoint in signed.iterator():
        if sealed is not None:
            yield Stretch(first, sealed.size, checkpoint.size, root_of(checkpoint))
            first = sealed.size
        sealed = checkpoint


def root_of(checkpoint: Checkpoint) -> bytes:
    """The root that a checkpoint signs.

    Errors: `NoteRefused` where its signature does not hold.
    """
    return parse_checkpoint(text_signed(checkpoint.note)).root


@dataclass(frozen=True)
class DrawVerdict:
    """Whether all draws are what the ledger says they must be."""

    draws: int
    uses: int
    drawn: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems

    def __str__(self) -> str:
        state = "hold" if self.holds else "DO NOT HOLD:\n  " + "\n  ".join(self.problems)
        return f"{self.draws} draws over {self.uses} uses, {self.drawn} drawn: the draws {state}"


def verify_draws() -> DrawVerdict:
    """Repeat every draw from the ledger alone and compare it with what was drawn."""
    problems: list[str] = []
    uses = drawn = number = upto = 0
    for draw in Draw.objects.order_by("first"):
        number += 1
        if draw.first != upto:
            problems.append(f"The lines {upto} to {draw.first - 1} were never drawn from.")
        stretch, upto = _repeated(draw, problems), draw.upto
        found = list(uses_between(draw.first, draw.upto))
        must = {(u.line, u.delegation.pk) for u in found if stretch and stretch.draws(u)}
        have = set(draw.reviews.values_list("line", "delegation"))
        problems += [f"Line {line} was drawn and is not reviewed." for line, _d in must - have]
        problems += [f"Line {line} is reviewed and was not drawn." for line, _d in have - must]
        if (len(found), len(have)) != (draw.uses, draw.drawn):
            problems.append(f"The draw {draw.pk} counts {draw.uses} uses, the ledger {len(found)}.")
        uses, drawn = uses + len(found), drawn + len(must)
    return DrawVerdict(number, uses, drawn, tuple(problems))


def _repeated(draw: Draw, problems: list[str]) -> Stretch | None:
    """The stretch of a draw with the root that had to decide it: the next after its lines."""
    sealing = Checkpoint.objects.filter(size=draw.upto).first()
    decisive = Checkpoint.objects.filter(size__gt=draw.upto).order_by("size").first()
    if sealing is None or decisive is None or decisive.size != draw.deciding_size:
        problems.append(f"The draw {draw.pk} was not decided by the next checkpoint.")
        return None
    try:
        return Stretch(draw.first, draw.upto, draw.deciding_size, root_of(decisive))
    except NoteRefused as refusal:
        problems.append(f"The checkpoint {draw.deciding_size}: {refusal}")
        return None
