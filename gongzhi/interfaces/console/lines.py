"""Lines of the ledger in words, each with the proof that it is in the log."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from gongzhi.actors.policies import power_names
from gongzhi.actors.queries import LISTINGS, people_active, visible
from gongzhi.engines.merkle import (
    InclusionProof,
    NoteRefused,
    leaf_hash,
    parse_checkpoint,
    parse_verifier_key,
    verify_inclusion,
    verify_note,
)
from gongzhi.interfaces.console import times, words
from gongzhi.interfaces.console.fetching import with_names
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import address_of_ref, named, number_in
from gongzhi.interfaces.console.words.said import SAID
from gongzhi.ledger.queries import Entry, last_checkpoint, proof_of, public_key
from gongzhi.writing import pair

AT_ONCE = 500
"""References asked for in one query, below every database's limit of parameters."""


@dataclass(frozen=True)
class Line:
    """One line of the ledger: a sentence, what it is about, and where it stands in the log."""

    number: int
    at: datetime
    sentence: str
    about: str
    about_href: str
    place: int | None
    href: str


@dataclass(frozen=True)
class Proof:
    """Whether an entry is in the signed log, and by which steps that was checked."""

    holds: bool
    sentence: str
    size: int
    steps: tuple[str, ...]


def entries_about(refs: Iterable[str], reader: Reader) -> QuerySet[Entry]:
    """Entries about these records that the reader may see, the latest first."""
    wanted = list(refs)[:AT_ONCE]
    return visible(Entry, reader.by, reader.now).filter(subject__in=wanted).order_by("-at", "-id")


def lines_of(entries: Iterable[Entry], reader: Reader) -> list[Line]:
    """Entries in words; names of people and records are looked up together."""
    found = list(entries)
    people = _people({e.by_ref for e in found})
    names = _names({e.subject for e in found}, reader)
    return [
        Line(
            number=entry.pk,
            at=entry.at,
            sentence=_sentence(entry, people),
            about=names.get(entry.subject, ""),
            about_href=address_of_ref(entry.subject) if entry.subject in names else "",
            place=entry.leaf_index,
            href=reverse("console:entry", args=[entry.pk]),
        )
        for entry in found
    ]


class _Facts(dict[str, Any]):
    """The facts of a line; one that an older line does not hold is shown as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def _sentence(entry: Entry, people: dict[str, str]) -> str:
    given = json.loads(entry.body)["facts"].items()
    facts = _Facts((k, times.readable(v) if isinstance(v, str) else v) for k, v in given)
    if "powers" in facts:
        facts["powers"] = power_names(facts["powers"])
    if "says" in facts:
        facts["says"] = words.code_name(facts["says"])
    facts["who"] = people.get(entry.by_ref) or entry.by_ref.replace(":", " ")
    text = SAID.get(entry.verb)
    if text is not None:
        return str(text) % facts
    deed = words.verb_name(entry.verb)
    return pair(facts["who"], deed)


def _people(refs: Iterable[str]) -> dict[str, str]:
    numbers = {int(ref[7:]) for ref in refs if ref.startswith("person:") and ref[7:].isdigit()}
    rows = people_active().filter(pk__in=numbers).values_list("pk", "name")
    return {f"person:{pk}": name for pk, name in rows}


def _names(refs: Iterable[str], reader: Reader) -> dict[str, str]:
    """Names of the records that the reader may see, by reference; one query for each class."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for ref in refs:
        kind, _colon, number = ref.partition(":")
        if (pk := number_in(number)) is not None:
            wanted[kind].add(pk)
    found = {}
    for (room, _listing), model in LISTINGS.items():
        numbers = wanted.get(f"{room}.{model.__name__}")
        if numbers:
            records = visible(model, reader.by, reader.now).filter(pk__in=numbers)
            records = with_names(records)
            found |= {record.ref: named(record) for record in records}
    return found


def proof_for(entry: Entry) -> Proof:
    """Check an entry against the last signed checkpoint, as a stranger would."""
    proof, checkpoint = proof_of(entry), last_checkpoint()
    if checkpoint is None or proof is None:
        return Proof(
            False, _("Not sealed yet: the next round gives it its place in the log."), 0, ()
        )
    try:
        note = verify_note(checkpoint.note, keys=[parse_verifier_key(public_key())])
        signed = parse_checkpoint(note.text)
    except NoteRefused as refusal:
        return Proof(False, _("The checkpoint is not valid: %(why)s") % {"why": refusal}, 0, ())
    if signed.size != proof.size:
        return Proof(False, _("The log is growing at this moment. Open this page again."), 0, ())
    leaf = leaf_hash(entry.body.encode())
    holds = bool(verify_inclusion(proof, leaf_hash=leaf, root=signed.root))
    steps = tuple(h.hex() for h in proof.hashes)
    return Proof(holds, _verdict(holds, proof), proof.size, steps)


def _verdict(holds: bool, proof: InclusionProof) -> str:
    if not holds:
        return _("It does NOT fit the signed checkpoint. Tell whoever runs the platform at once.")
    return _(
        "It is entry %(place)s of the %(size)s that the checkpoint signs; %(steps)s hashes show it."
    ) % {"place": proof.index, "size": proof.size, "steps": len(proof.hashes)}
