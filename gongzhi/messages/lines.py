"""A line of the ledger, the record it is about, the unit it concerns, and the words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from gongzhi.actors.models import Unit
from gongzhi.command.models import Order
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import Record, number_in
from gongzhi.messages.words import Words

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Concern:
    """One record that a line of the ledger is about, the unit it concerns, and the words.

    `rule` is given where it is told as another verb is; `template` and `power` only where the
    words, or those who are told, are not those of the rule. `person` is the number of the one
    person it concerns, where it is for nobody else of the unit.
    """

    entry: Entry
    record: Record
    unit: Unit
    words: Words
    order: Order | None = None
    rule: str = ""
    template: str = ""
    power: str = ""
    person: int | None = None


Facts = dict[str, Any]
Finder = Callable[[Sequence[Entry]], Iterable[Concern]]


def facts_of(entry: Entry) -> Facts:
    """The facts that a line of the ledger states."""
    found: Facts = json.loads(entry.body).get("facts") or {}
    return found


def records_of(
    model: type[R], entries: Iterable[Entry], *related: str
) -> Iterator[tuple[Entry, R]]:
    """Each line with the record it is about, all read at once; lines about others are left out."""
    kind = f"{model._meta.label}:"
    about = [(e, number_in(e.subject)) for e in entries if e.subject.startswith(kind)]
    read = model._default_manager.select_related(*related) if related else model._default_manager
    found = read.in_bulk({number for _entry, number in about})
    for entry, number in about:
        record = found.get(number)
        if record is not None:
            yield entry, record


def units_at(paths: Iterable[str]) -> dict[str, Unit]:
    """The units with these paths, by path."""
    return {unit.path: unit for unit in Unit.objects.filter(path__in=set(paths))}


def placed(entries: Iterable[Entry]) -> dict[str, Unit]:
    """The units at which these lines were written, by path."""
    return units_at(entry.unit_path for entry in entries)
