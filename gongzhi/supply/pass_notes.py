"""A transport pass as a text that the site has signed, and what a checkpoint reads from it.

Signed like a lent power (Ed25519, C2SP signed-note), so that it is verified without a line to
anybody. Its first line says what it is: no other signed text can stand for it. What was taken back
is told by a list that is signed in the same way and carried to the checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from gongzhi.engines.merkle import NoteRefused, parse_verifier_key, verify_note
from gongzhi.ledger.queries import signed
from gongzhi.ledger.records import canonical
from gongzhi.supply.models import TransportPass

PASS = "gongzhi transport pass 1"
REVOKED = "gongzhi transport passes taken back 1"
FIELDS = ("number", "vehicle", "quantity", "item", "from", "to", "via", "issued", "ends")
"""The lines of a pass after its first, in this order."""


class PassRefused(ValueError):
    """A text that is no pass to be believed; the message says why."""


@dataclass(frozen=True)
class PassRead:
    """What a signed pass says, line by line, and whether it is over or was taken back."""

    lines: dict[str, str]
    is_over: bool
    is_revoked: bool

    @property
    def holds(self) -> bool:
        """Whether the vehicle may pass."""
        return not self.is_over and not self.is_revoked


def text_of(one: TransportPass) -> str:
    """The text of a pass: a line for each thing a checkpoint compares with what it sees."""
    allocation = one.dispatch.allocation
    need = allocation.need
    values = (
        one.pk, one.vehicle, one.dispatch.quantity, allocation.offer.item,
        allocation.offer.facility or allocation.offer.unit, need.facility or need.unit,
        one.via or "-", _moment(one.issued_at), _moment(one.ends_at),
    )  # fmt: skip
    rows = (f"{name}: {_plain(value)}" for name, value in zip(FIELDS, values, strict=True))
    return "\n".join([PASS, *rows, ""])


def sign(one: TransportPass) -> None:
    """Write the site's signature over its text into a pass that has its number."""
    one.signed = signed(text_of(one))


def signed_list(numbers: Iterable[int], now: datetime) -> str:
    """The signed list of the passes taken back that have not ended by themselves."""
    return signed(f"{REVOKED}\nas of: {_moment(now)}\n{canonical(sorted(numbers))}\n")


def read(note: str, key: str, now: datetime, revoked: str = "") -> PassRead:
    """What a pass says, if the key has signed it. Errors: `PassRefused`."""
    first, *rows = _text(note, key).splitlines()
    if first != PASS or len(rows) != len(FIELDS):
        raise PassRefused("This is a signed text, but no transport pass.")
    lines = dict(row.split(": ", 1) for row in rows)
    is_over = datetime.fromisoformat(lines["ends"]) <= now
    taken_back = _numbers(revoked, key) if revoked else set()
    return PassRead(lines, is_over, int(lines["number"]) in taken_back)


def _numbers(note: str, key: str) -> set[int]:
    first, *rows = _text(note, key).splitlines()
    if first != REVOKED or len(rows) != 2:
        raise PassRefused("This is a signed text, but no list of passes taken back.")
    return {int(number) for number in rows[1].strip("[]").split(",") if number}


def _text(note: str, key: str) -> str:
    try:
        return verify_note(note, keys=[parse_verifier_key(key)]).text
    except NoteRefused as refusal:
        raise PassRefused(str(refusal)) from None


def _plain(value: object) -> str:
    """One line without what could end it or hide in it."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
