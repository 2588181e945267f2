"""Receipts as signed objects: the counts of one hop in one canonical text (签收单).

The text is signed with the site's key, the one that signs the ledger's checkpoints (Ed25519,
C2SP signed-note). Its first line says what it is, so that no other signed text can stand for it.
Whoever has the site's public key checks a receipt without asking anybody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.engines.merkle import NoteRefused, parse_verifier_key, verify_note
from gongzhi.ledger.queries import signed
from gongzhi.ledger.records import canonical
from gongzhi.supply.models import Donation, Handover, Offer, Purchase

KIND = "gongzhi receipt 1"


def _note(terms: dict[str, Any]) -> str:
    return signed(f"{KIND}\n{canonical(terms)}\n")


def _moment(at: datetime | None) -> int | None:
    """Microseconds since 1970: one spelling of a time whatever the database gives back."""
    return round(at.timestamp() * 1_000_000) if at else None


def number_of(offer: Offer) -> str:
    """The number of the donation that an offer comes from; empty for what was not donated."""
    found = Donation.objects.filter(offer=offer).first()
    if found is None:
        bought = Purchase.objects.filter(offer=offer).select_related("donation").first()
        found = bought.donation if bought else None
    return found.number if found else ""


def of_handover(receipt: Handover, given: int) -> str:
    """The signed receipt of one hop, where the hop before gave so many good pieces."""
    sent = receipt.dispatch
    good, damaged = receipt.quantity_good, receipt.quantity_damaged
    return _note({
        "receipt": receipt.ref, "dispatch": sent.ref, "hop": receipt.hop, "place": receipt.place,
        "donation": number_of(sent.allocation.offer), "item": sent.allocation.offer.item.code,
        "given": given, "good": good, "damaged": damaged, "short": given - good - damaged,
        "final": receipt.is_final, "by": f"person:{receipt.taken_by_id}",
        "at": _moment(receipt.taken_at),
    })  # fmt: skip


def of_taking_in(donation: Donation) -> str:
    """The signed receipt of the hub for what a donor gave."""
    terms = {
        "receipt": donation.ref, "donation": donation.number, "place": donation.hub.name,
        "by": f"person:{donation.taken_by_id}", "at": _moment(donation.taken_at),
    }  # fmt: skip
    if donation.item is None:
        counts: dict[str, Any] = {
            "currency": donation.currency, "given_cents": donation.money_cents,
            "received_cents": donation.received_cents,
        }  # fmt: skip
    else:
        counts = {
            "item": donation.item.code, "fit_for": donation.fit_for, "given": donation.quantity,
            "good": donation.quantity_good, "damaged": donation.quantity_damaged,
            "short": donation.quantity_short,
        }  # fmt: skip
    return _note(terms | counts)


def of_purchase(bought: Purchase) -> str:
    """The signed receipt of what donated money was spent on."""
    return _note({
        "receipt": bought.ref, "donation": bought.donation.number, "item": bought.item.code,
        "good": bought.quantity, "cents": bought.cents, "currency": bought.donation.currency,
        "by": f"person:{bought.bought_by_id}", "at": _moment(bought.bought_at),
    })  # fmt: skip


@dataclass(frozen=True)
class ReceiptRead:
    """What a signed receipt says, in the terms that were signed."""

    signer: str
    terms: dict[str, Any]

    def __str__(self) -> str:
        said = "\n".join(f"  {name}: {value}" for name, value in self.terms.items())
        return f"The signature of {self.signer} holds.\n{said}"


def read_receipt(note: str, key: str) -> ReceiptRead:
    """Check a receipt with a public key alone.

    Errors: `NoteRefused` where the signature does not hold or something else was signed.
    """
    known = parse_verifier_key(key)
    kind, _break, rest = str(verify_note(note, keys=[known]).text).partition("\n")
    if kind != KIND:
        raise NoteRefused(f"What was signed is no receipt: its first line is “{kind}”.")
    return ReceiptRead(known.name, json.loads(rest))
