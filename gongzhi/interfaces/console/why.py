"""The why panel, the same everywhere: rule, data, who and when, the ledger entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import ForeignKey

from gongzhi.actors.queries import LISTINGS, Person, visible
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.lines import Line, entries_about, lines_of
from gongzhi.interfaces.console.reading import (
    Cause,
    Fact,
    address_of,
    cause_of,
    chain_of,
    facts_of,
    named,
)
from gongzhi.ledger.records import Record

RULES = ("legal_basis", "power", "parameters_version", "policy_version", "minutes_allowed")
REASONS = (
    "reason", "judgement", "findings", "note", "waiting_for", "ruling", "result", "explanation",
    "estimate_basis", "override_reason", "reason_closed", "reason_ended", "reason_lost",
    "reason_withdrawn",
)  # fmt: skip
DATA = (
    "numbers", "entry_test", "exit_test", "switch_test", "snapshot_digest",
    "facts_digest", "figures_digest", "parameters", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """Who did one thing to a record, and when."""

    what: str
    who: str
    at: datetime | None


@dataclass(frozen=True)
class Objection:
    """A dissent in full, beside what it is about: nobody shortens or alters it."""

    text: str
    who: str
    at: datetime
    href: str
    read: list[Act]


@dataclass(frozen=True)
class Why:
    """Why a record is as it is, for the panel at the side."""

    name: str
    kind: str
    href: str
    rules: list[Fact]
    reasons: list[Fact]
    data: list[Fact]
    acts: list[Act]
    chain: list[Cause]
    lines: list[Line]
    inherited: bool
    dissents: tuple[Objection, ...] = ()


def why(record: Record, reader: Reader, most: int = 8) -> Why:
    """Everything that explains one record."""
    facts = {f.name: f for f in facts_of(record, reader) if not f.value.is_empty}
    lines, inherited = lines_about(record, reader, most)
    return Why(
        name=named(record),
        kind=words.record_name(type(record).__name__),
        href=address_of(record),
        rules=[facts[n] for n in RULES if n in facts],
        reasons=[facts[n] for n in REASONS if n in facts],
        data=[facts[n] for n in DATA if n in facts],
        acts=acts_on(record),
        chain=chain_of(record, reader),
        lines=lines,
        inherited=inherited,
        dissents=tuple(dissents_beside(record, reader)),
    )


DISSENTED = {
    "Incident": "assessment__incident",
    "Assessment": "assessment",
    "Decision": "assessment__decisions",
    "ResponseLevel": "assessment__decisions__levels",
    "Measure": "assessment__decisions__measures",
    "Mode": "assessment__decisions__modes",
}
"""How a dissent leads to what it stands beside: the assessment, and all that rests on it."""


def dissents_beside(record: Record, reader: Reader) -> list[Objection]:
    """The dissents from the assessment that a record rests on, the first one first."""
    lookup = DISSENTED.get(type(record).__name__)
    model = LISTINGS.get(("assessment", "dissents"))
    if lookup is None or model is None:
        return []
    found: Any = visible(model, reader.by, reader.now).filter(**{lookup: record}).distinct()
    found = found.select_related("filed_by").order_by("filed_at", "id")
    return [_objection(dissent) for dissent in found]


def _objection(dissent: Any) -> Objection:
    copies = dissent.copies.select_related("unit", "read_by").order_by("-unit__path")
    read = [Act(str(c.unit), str(c.read_by or ""), c.read_at) for c in copies]
    return Objection(
        dissent.text, str(dissent.filed_by), dissent.filed_at, address_of(dissent), read
    )


def lines_about(record: Record, reader: Reader, most: int) -> tuple[list[Line], bool]:
    """The ledger's lines about a record; of its cause where a batch left it none of its own."""
    own = lines_of(entries_about([record.ref], reader)[:most], reader)
    if own:
        return own, False
    cause = cause_of(record, reader)
    above = [cause.ref] if cause is not None else []
    return lines_of(entries_about(above, reader)[:most], reader), bool(above)


def acts_on(record: Record) -> list[Act]:
    """The people a record names, each with the time that stands beside it, in order of time."""
    found = []
    for field in record._meta.get_fields():
        if not isinstance(field, ForeignKey) or field.related_model is not Person:
            continue
        person = getattr(record, field.name)
        if person is not None:
            at = getattr(record, f"{field.name.removesuffix('_by')}_at", None)
            found.append(Act(words.field_name(field.name), str(person), at))
    return sorted(found, key=lambda act: (act.at is None, act.at))
