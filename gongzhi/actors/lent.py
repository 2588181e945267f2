"""Lent powers as a signed object: its terms in one canonical text, and whether they still hold.

The text is signed with the site's key, the one that signs the ledger's checkpoints (Ed25519,
C2SP signed-note). Its first line says what it is, so that no other signed text can stand for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gongzhi.actors.models import Delegation, Tier
from gongzhi.engines.merkle import NoteRefused
from gongzhi.ledger.queries import public_key, signed, text_signed
from gongzhi.ledger.records import canonical

KIND = "gongzhi delegation 2"


def text_of(delegation: Delegation) -> str:
    """The canonical text of what is lent, by whom, to whom, how far and until when."""
    terms = {
        "ref": delegation.ref,
        "powers": delegation.powers,
        "lender": delegation.lender.code,
        "borrower": delegation.borrower.code,
        "area": delegation.area.code,
        "legal_basis": delegation.legal_basis,
        "limit_cents": delegation.limit_cents,
        "limit_people": delegation.limit_people,
        "limit_tier": delegation.limit_tier,
        "limit_days": delegation.limit_days,
        "onward": delegation.onward,
        "lent_from": delegation.lent_from.ref if delegation.lent_from else None,
        "starts_at": _moment(delegation.starts_at),
        "ends_at": _moment(delegation.ends_at),
        "granted_by": f"person:{delegation.granted_by_id}",
    }
    return f"{KIND}\n{canonical(terms)}\n"


def _moment(at: datetime) -> int:
    """Microseconds since 1970: one spelling of a time whatever the database gives back."""
    return round(at.timestamp() * 1_000_000)


def sign(delegation: Delegation) -> None:
    """Write the site's signature over its terms into a delegation that has its number."""
    delegation.signed = signed(text_of(delegation))


def signature_fault(delegation: Delegation) -> str:
    """What is wrong with the signature of a delegation; empty where it holds."""
    try:
        text = text_signed(delegation.signed)
    except NoteRefused as refusal:
        return str(refusal)
    return "" if text == text_of(delegation) else "The row says something else than was signed."


def order_of(tier: str) -> int:
    """The place of a tier, the province first; a lower tier has the greater number."""
    return list(Tier).index(Tier(tier))


def limits_beyond(delegation: Delegation, above: Delegation) -> list[str]:
    """The terms of powers lent on that reach beyond those they were lent from, by field name."""
    over = [
        name
        for name in ("limit_cents", "limit_people", "limit_days")
        if _more(getattr(delegation, name), getattr(above, name))
    ]
    if above.limit_tier and (
        not delegation.limit_tier or order_of(delegation.limit_tier) < order_of(above.limit_tier)
    ):
        over.append("limit_tier")
    if not delegation.area.path.startswith(above.area.path):
        over.append("area")
    if delegation.ends_at > above.ends_at:
        over.append("ends_at")
    if not set(delegation.powers) <= set(above.powers):
        over.append("powers")
    return over


def _more(limit: int | None, above: int | None) -> bool:
    return above is not None and (limit is None or limit > above)


@dataclass(frozen=True)
class LentVerdict:
    """Whether a lent power is what was signed, and can be used now: one link after the other."""

    delegation: Delegation
    signed_text: str
    faults: tuple[str, ...]
    in_force: bool
    key: str

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong with what was signed."""
        return not self.faults

    def __str__(self) -> str:
        state = "in force" if self.in_force else "not in force"
        holds = "the signature holds" if self.holds else "DOES NOT HOLD: " + " ".join(self.faults)
        return f"{self.delegation.ref} {self.delegation}: {holds}; {state}\n{self.signed_text}"


def verify(delegation: Delegation, now: datetime) -> list[LentVerdict]:
    """The delegation and what it was lent from, each with whether it holds, the last one first."""
    chain: list[LentVerdict] = []
    link: Delegation | None = delegation
    while link is not None:
        fault = signature_fault(link)
        faults = [fault] if fault else []
        if link.lent_from is not None:
            if beyond := limits_beyond(link, link.lent_from):
                faults.append(f"Beyond what it was lent from: {', '.join(beyond)}.")
            if not link.lent_from.onward:
                faults.append("It was lent from a power that must not be lent on.")
        text = "" if fault else text_signed(link.signed)
        chain.append(LentVerdict(link, text, tuple(faults), link.in_force(now), public_key()))
        link = link.lent_from
    return chain
