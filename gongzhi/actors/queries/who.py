"""Who is who, and the one place that says what a person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from gongzhi.actors.models import (
    Boundary,
    Delegation,
    Facility,
    Kind,
    Person,
    Post,
    Role,
    Tier,
    Unit,
)
from gongzhi.errors import NotFound
from gongzhi.ledger.compiled import CompiledQuery, param
from gongzhi.ledger.records import Record, number_in

M = TypeVar("M", bound=Record)

LISTINGS: dict[tuple[str, str], type[Record]] = {}
"""Records that interfaces may list: (room, plural name) → model."""


MOST_DUTIES = 100
"""Duties of one kind that are shown at most."""


@dataclass(frozen=True)
class Duty:
    """One thing that waits for somebody: a line of the page *Now*.

    `room`, `verb` and `inputs` name the deed that answers it; `link` the record to read.
    """

    title: str
    where: str
    due_at: datetime | None
    why: str
    room: str
    verb: str
    inputs: dict[str, Any] = field(default_factory=dict)
    subject: str = ""
    level: str = ""


def expose(room: str, **models: type[Record]) -> None:
    """Name the records of a room that interfaces may list."""
    for name, model in models.items():
        LISTINGS[room, name] = model


def after(path: str) -> str:
    """The first path that no longer lies below `path` (paths are digits of fixed width)."""
    return f"{int(path) + 1:0{len(path)}d}"


def posts_of(person: Person, now: datetime) -> list[Post]:
    """The posts a person holds at this moment, with unit and area.

    They are read once for one moment; a deed that changes posts calls `forget_posts`.
    """
    known = person.__dict__.get("_held")
    if known is not None and known[:2] == (now, _changes):
        held: list[Post] = known[2]
        return list(held)
    held = _POSTS.ask(person=person.pk, now=now)
    person.__dict__["_held"] = (now, _changes, held)
    return list(held)


def _posts_held() -> QuerySet[Post]:
    rows = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=param("now")),
        person_id=param("person"),
        starts_at__lte=param("now"),
    )
    return rows.select_related("unit", "area").order_by("id")


_POSTS = CompiledQuery(_posts_held)
_POSTS_AND_PERSON = CompiledQuery(
    lambda: _posts_held().filter(person__is_active=True).select_related("person", "unit", "area")
)
_changes = 0


def person_acting(number: int, now: datetime) -> Person | None:
    """Somebody who may log in, by number, read together with the posts held at this moment."""
    held = _POSTS_AND_PERSON.ask(person=number, now=now)
    if not held:
        return people_active().filter(pk=number).first()
    person = held[0].person
    person.__dict__["_held"] = (now, _changes, held)
    return person


def forget_posts() -> None:
    """Let every post be read anew: some have changed."""
    global _changes
    _changes += 1


def posts_in(unit: Unit, now: datetime, *, including_end: bool = False) -> list[Post]:
    """The posts held in a unit at a moment, with their people; also those that end just then."""
    ends = Q(ends_at__gte=now) if including_end else Q(ends_at__gt=now)
    held = Post.objects.filter(Q(ends_at=None) | ends, unit=unit, starts_at__lte=now)
    return list(held.select_related("person").order_by("id"))


def areas_of(person: Person, now: datetime) -> list[str]:
    """Paths of the areas a person sees: those of the posts, without what lies inside another."""
    paths = {p for post in posts_of(person, now) for p in (post.unit.path, post.area.path)}
    return sorted(p for p in paths if not any(p != q and p.startswith(q) for q in paths))


def charges_of(person: Person, now: datetime) -> set[int]:
    """Numbers of the units a person answers for: the unit and the area of each post.

    What lies deeper in the area is seen, but is first somebody else's to act on.
    """
    return {pk for post in posts_of(person, now) for pk in (post.unit_id, post.area_id)}


def works_close(person: Person, now: datetime) -> bool:
    """Whether one of the person's posts is at the street or below, where reports are worked."""
    close = (Tier.STREET, Tier.COMMUNITY, Tier.GRID)
    return any(post.area.tier in close for post in posts_of(person, now))


def within(lookups: Iterable[str], paths: Iterable[str]) -> Q:
    """A filter: one of the unit paths named by the lookups lies in one of the areas."""
    return _between(lookups, [(path, after(path)) for path in paths])


Bounds = tuple[Any, Any]
"""The first path of an area and the first that no longer lies in it."""


def _between(lookups: Iterable[str], areas: Iterable[Bounds]) -> Q:
    wanted = Q(pk__in=[])
    for first, behind in areas:
        for lookup in lookups:
            wanted |= Q(**{f"{lookup}__gte": first, f"{lookup}__lt": behind})
    return wanted


def visible(source: type[M] | QuerySet[M], by: Person, now: datetime) -> QuerySet[M]:
    """The records of a kind that this person may see: its own subtree and nothing else.

    Every read of every interface goes through here.
    """
    return _inside(source, [(path, after(path)) for path in areas_of(by, now)])


def _inside(source: type[M] | QuerySet[M], areas: Iterable[Bounds]) -> QuerySet[M]:
    """The records in one of the areas, each given by its first path and the first behind it."""
    records: QuerySet[M] = source if isinstance(source, QuerySet) else source._default_manager.all()
    scope = records.model.SCOPE
    if not scope:
        return records
    condition = _between(scope, areas)
    if not any("answers__" in lookup or "posts__" in lookup for lookup in scope):
        return records.filter(condition)
    inside = records.model._default_manager.filter(condition, pk=OuterRef("pk"))
    return records.filter(Exists(inside))


def kind_of(ref: str) -> type[Record] | None:
    """The listed kind of record that a reference names; None where there is no such list."""
    kind = ref.partition(":")[0]
    if kind == "person":
        return Person
    room, _dot, name = kind.partition(".")
    models = (model for (listed, _name), model in LISTINGS.items() if listed == room)
    return next((model for model in models if model.__name__ == name), None)


def seen_from(refs: Iterable[str]) -> dict[str, set[str]]:
    """The unit paths in whose areas each of these records is seen; none for what is gone."""
    asked: dict[type[Record], dict[int, str]] = {}
    for ref in set(refs):
        model = kind_of(ref)
        if model is not None:
            asked.setdefault(model, {})[number_in(ref)] = ref
    found: dict[str, set[str]] = {}
    for model, own in asked.items():
        rows = model._default_manager.filter(pk__in=own)
        for number, *paths in rows.values_list("pk", *model.SCOPE):
            found.setdefault(own[number], set()).update(filter(None, paths))
    return found


@cache
def _finding(model: type[M], areas: int) -> CompiledQuery[M]:
    """One record of a kind by its number, for a reader of so many areas."""
    inside = _inside(model, [(param(f"from{n}"), param(f"till{n}")) for n in range(areas)])
    return CompiledQuery(lambda: inside.filter(pk=param("pk")))


def _found(model: type[M], pk: int, areas: list[str]) -> M | None:
    if model.SCOPE and not areas:
        return None
    bounds: dict[str, str] = {}
    for number, path in enumerate(areas if model.SCOPE else []):
        bounds |= {f"from{number}": path, f"till{number}": after(path)}
    return next(iter(_finding(model, len(bounds) // 2).ask(pk=pk, **bounds)), None)


def kind_name(model: type[Record]) -> str:
    """What one record of a class is called in a refusal; "record" where it has no word of its own.

    The words are those under which the console names records; in English a class names itself.
    """
    name = str(model._meta.verbose_name)
    said = pgettext("record", name)
    if said != name or str(get_language()).startswith("en"):
        return said
    return pgettext("record", "record")


def find(source: type[M] | QuerySet[M], pk: object, by: Person, now: datetime) -> M:
    """One record that this person may see, or a refusal that does not tell whether it exists."""
    model = source.model if isinstance(source, QuerySet) else source
    if isinstance(source, QuerySet) or not isinstance(pk, int) or abs(pk) >= 2**63:
        record = visible(source, by, now).filter(pk=pk).first()
    else:
        record = _found(source, pk, areas_of(by, now))
    if record is None:
        raise NotFound(
            _("There is no %(what)s with the number %(pk)s in your area. Check the number.")
            % {"what": kind_name(model), "pk": pk}
        )
    return record


def own_areas(by: Person, now: datetime) -> list[Unit]:
    """The topmost units of what a person sees, in the order of the tree."""
    return list(Unit.objects.filter(path__in=areas_of(by, now)).order_by("path"))


def root_unit() -> Unit | None:
    """The first root of the tree of units: what concerns the whole house is written down there."""
    return Unit.objects.filter(parent=None).order_by("path").first()


def roots() -> list[Unit]:
    """The units that belong to no other: the public board is about all of them."""
    return list(Unit.objects.filter(parent=None).order_by("path"))


@dataclass(frozen=True)
class Outlined:
    """An area government with its outline as stored.

    geometry: GeoJSON (RFC 7946), WGS 84; None where none is known.
    """

    unit: Unit
    geometry: dict[str, Any] | None


def areas_with_outline(by: Person, now: datetime, tier: str, below: Unit) -> list[Outlined]:
    """The areas of one tier inside an area that this person may see, each with its outline."""
    areas = visible(Unit, by, now).filter(kind=Kind.AREA, tier=tier)
    areas = areas.filter(within(["path"], [below.path])).select_related("boundary")
    return [Outlined(unit, _geometry(unit)) for unit in areas.order_by("path")]


def _geometry(unit: Unit) -> dict[str, Any] | None:
    try:
        outline: dict[str, Any] = unit.boundary.geometry
    except Boundary.DoesNotExist:
        return None
    return outline


def tiers_below(by: Person, now: datetime, area: Unit) -> list[str]:
    """The tiers of area government inside an area that this person may see, from the top."""
    areas = visible(Unit, by, now).filter(within(["path"], [area.path]), kind=Kind.AREA)
    found = set(areas.exclude(pk=area.pk).order_by().values_list("tier", flat=True).distinct())
    return [tier for tier in Tier if tier in found]


def facilities_seen(by: Person, now: datetime, below: Unit) -> QuerySet[Facility]:
    """Hospitals, hubs and other facilities inside an area that this person may see."""
    seen = visible(Facility, by, now).filter(within(["place__path"], [below.path]))
    return seen.select_related("unit", "place").order_by("kind", "place__path", "id")


def units_below(area: Unit, *, tier: str | None = None, kind: str | None = None) -> QuerySet[Unit]:
    """The area itself and all units below it, optionally of one tier or kind."""
    units = Unit.objects.filter(path__gte=area.path, path__lt=after(area.path))
    units = units.filter(tier=tier) if tier else units
    return (units.filter(kind=kind) if kind else units).order_by("path")


def government_above(unit: Unit) -> Unit | None:
    """The area government one tier up from a unit (the escalation ladder's next step)."""
    above = unit.ancestor_paths()[:-1]
    return Unit.objects.filter(path__in=above, kind=Kind.AREA).order_by("-path").first()


def departments_serving(unit: Unit) -> QuerySet[Unit]:
    """Departments of the unit's own and all upper tiers: those a street may call."""
    above = Unit.objects.filter(path__in=unit.ancestor_paths(), kind=Kind.AREA)
    return Unit.objects.filter(kind=Kind.DEPARTMENT, parent__in=above).order_by("-path")


def commander_of(unit: Unit, now: datetime) -> Person | None:
    """The responsible commander of a unit: its own, or that of the next tier up."""
    held = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        unit__path__in=unit.ancestor_paths(),
        role=Role.COMMANDER,
        starts_at__lte=now,
        person__is_active=True,
    )
    post = held.select_related("person").order_by("-unit__path", "-starts_at", "-id").first()
    return post.person if post else None


_TERMS = (
    "lender", "borrower", "area", "lent_from__lender", "lent_from__borrower", "lent_from__area",
)  # fmt: skip
"""What a delegation's signed text and its chain speak of."""


def _lent(**more: Any) -> QuerySet[Delegation]:
    rows = Delegation.objects.filter(borrower_id=param("borrower"), **more)
    return rows.select_related(*_TERMS).order_by("id")


_IN_FORCE = CompiledQuery(
    lambda: _lent(starts_at__lte=param("now"), ends_at__gt=param("now"), revoked_at=None)
)
_ENDED = CompiledQuery(
    lambda: _lent().filter(Q(ends_at__lte=param("now")) | Q(revoked_at__isnull=False))
)


def delegations_in_force(borrowers: Iterable[Unit], power: str, now: datetime) -> list[Delegation]:
    """Powers lent to these units that can be used at this moment."""
    return _lent_to(borrowers, _IN_FORCE, power, now)


def delegations_ended(borrowers: Iterable[Unit], power: str, now: datetime) -> list[Delegation]:
    """Powers once lent to these units that can no longer be used, latest first."""
    ended = _lent_to(borrowers, _ENDED, power, now)
    return sorted(ended, key=lambda lent: lent.ends_at, reverse=True)


def _lent_to(
    borrowers: Iterable[Unit], lent: CompiledQuery[Delegation], power: str, now: datetime
) -> list[Delegation]:
    found = [
        delegation
        for number in {unit.pk for unit in borrowers}
        for delegation in lent.ask(borrower=number, now=now)
        if power in delegation.powers
    ]
    return sorted(found, key=lambda delegation: delegation.pk)


def people_active() -> QuerySet[Person]:
    """All people who may log in."""
    return Person.objects.filter(is_active=True).annotate(number=F("id")).order_by("id")
