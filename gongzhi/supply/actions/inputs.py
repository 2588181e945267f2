"""The inputs that several deeds of the room share, and how a batch finds what it names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.actors.queries import kind_name, visible
from gongzhi.errors import NotFound
from gongzhi.ledger.records import Record
from gongzhi.writing import listed

Pieces = Annotated[int, Field(ge=1, le=100_000_000)]
Counted = Annotated[int, Field(ge=0, le=100_000_000)]
Urgency = Annotated[int, Field(ge=1, le=3)]
Cents = Annotated[int, Field(ge=0, le=10**15)]
Number = Annotated[int, Field(ge=1)]
Words = Annotated[str, Field(max_length=400)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Note = Annotated[str, Field(max_length=300)]

R = TypeVar("R", bound=Record)


def with_units() -> QuerySet[Facility]:
    """Facilities with the units they belong to and lie in."""
    return Facility.objects.select_related("unit", "place")


def named(
    source: type[R] | QuerySet[R], numbers: Iterable[int | None], by: Person, now: datetime
) -> dict[int, R]:
    """The records a batch names by number, all of them or a refusal that lists the missing."""
    wanted = {number for number in numbers if number is not None}
    found: dict[int, R] = visible(source, by, now).in_bulk(wanted) if wanted else {}
    model = source.model if isinstance(source, QuerySet) else source
    if missing := sorted(wanted - found.keys()):
        raise NotFound(
            _("These numbers of %(what)s are not in your area: %(numbers)s. Nothing was taken in.")
            % {
                "what": kind_name(model),
                "numbers": listed(map(str, missing[:10])),
            }
        )
    return found


def common(units: Iterable[Unit]) -> Unit:
    """The lowest unit over all of these."""
    chains = [unit.ancestor_paths() for unit in units]
    shared = [level[0] for level in zip(*chains, strict=False) if len(set(level)) == 1]
    return Unit.objects.get(path=shared[-1])


def only_facilities(units: Iterable[Unit]) -> dict[int, Facility]:
    """The facility of each unit that runs exactly one, by the unit's number."""
    found: dict[int, list[Facility]] = {}
    wanted = {unit.pk for unit in units}
    for facility in with_units().filter(unit__in=wanted):
        found.setdefault(facility.unit_id, []).append(facility)
    return {unit: held[0] for unit, held in found.items() if len(held) == 1}
