"""The map by tier: the highest open warning and the response level of each area, and its table.

The table is the page; the map is drawn beside it by a script from the same rows, so that both
are always in step and the page is whole without the script.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gongzhi.actors.queries import (
    Facility,
    Outlined,
    Tier,
    Unit,
    areas_with_outline,
    facilities_seen,
    find,
    own_areas,
    tiers_below,
)
from gongzhi.decision.public import public_levels
from gongzhi.decision.queries import ResponseLevel
from gongzhi.errors import Malformed, NotFound, Refused
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.reading import GRADES, address_of, number_in
from gongzhi.interfaces.console.templatetags.console import SHAPES
from gongzhi.sensing.queries import open_warnings

RANK = {"red": 3, "yellow": 2, "green": 1, "": 0}
FINEST_EVERYWHERE = (Tier.DISTRICT, Tier.STREET, Tier.COMMUNITY)
"""Grids are many: they are drawn inside a street or community, on demand."""


@dataclass(frozen=True)
class AreaRow:
    """One area of the map and of the table: what is open there.

    level: the highest open warning inside it, "" where there is none. grade: the response level
    over it, its own or that of the nearest tier above.
    """

    unit: Unit
    geometry: dict[str, Any] | None
    level: str
    warnings: int
    grade: int | None
    grade_word: str
    facilities: int
    inside: str

    @property
    def grade_level(self) -> str:
        """The colour that stands for the response level."""
        return GRADES.get(self.grade or 0, "")


@dataclass(frozen=True)
class Choice:
    """What the map shows: the areas of one tier inside one area."""

    below: Unit
    tier: str
    tiers: tuple[str, ...]


def _choice(request: HttpRequest, reader: Reader) -> Choice:
    """What was asked for in the address, or the tier next below the reader's own area."""
    number = request.GET.get("below", "")
    if number:
        below = find(Unit, number_in(number) or 0, reader.by, reader.now)
    else:
        tops = own_areas(reader.by, reader.now)
        if not tops:
            raise NotFound(_("You hold no post at the moment, so there is no area to show."))
        below = tops[0]
    tiers = tuple(
        tier
        for tier in tiers_below(reader.by, reader.now, below)
        if tier in FINEST_EVERYWHERE or below.tier in (Tier.STREET, Tier.COMMUNITY)
    )
    wanted = request.GET.get("tier", "")
    if wanted and wanted not in {*tiers, below.tier}:
        raise Malformed(
            _("There is no tier “%(tier)s” inside %(area)s. Choose one of those above the map.")
            % {"tier": wanted[:20], "area": below}
        )
    return Choice(below, wanted or (tiers[0] if tiers else below.tier), tiers)


def rows_of(choice: Choice, reader: Reader) -> list[AreaRow]:
    """The areas asked for, each with its level, warnings, response level and facilities."""
    outlined = areas_with_outline(reader.by, reader.now, choice.tier, choice.below)
    paths = [one.unit.path for one in outlined]
    levels = [(w.place.path, w.level) for w in open_warnings(reader.by, reader.now)]
    places = [f.place.path for f in facilities_seen(reader.by, reader.now, choice.below)]
    inside = _gathered(paths, levels)
    counted = _gathered(paths, ((place, "facility") for place in places))
    grades = public_levels()
    return [
        _row(one, inside.get(one.unit.path, []), len(counted.get(one.unit.path, [])), grades)
        for one in outlined
    ]


def _gathered(paths: list[str], things: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """For each of these areas, what lies inside it (all paths are of one length per tier)."""
    wanted, lengths = set(paths), {len(path) for path in paths}
    found: dict[str, list[str]] = {}
    for place, what in things:
        for length in lengths:
            if place[:length] in wanted:
                found.setdefault(place[:length], []).append(what)
    return found


def grade_over(unit: Unit, levels: Iterable[ResponseLevel]) -> ResponseLevel | None:
    """The response level over an area: of each hazard the nearest tier's, of these the gravest."""
    above = set(unit.ancestor_paths())
    nearest: dict[str, ResponseLevel] = {}
    for level in sorted(levels, key=lambda one: len(one.area.path)):
        if level.area.path in above:
            nearest[level.hazard] = level
    return min(nearest.values(), key=lambda one: one.grade, default=None)


def _row(one: Outlined, inside: list[str], facilities: int, levels: list[ResponseLevel]) -> AreaRow:
    over = grade_over(one.unit, levels)
    return AreaRow(
        unit=one.unit,
        geometry=one.geometry,
        level=max(inside, key=lambda level: RANK[level], default=""),
        warnings=len(inside),
        grade=over.grade if over else None,
        grade_word=over.get_grade_display() if over else "",
        facilities=facilities,
        inside=_address(one.unit),
    )


def _address(unit: Unit, tier: str = "") -> str:
    query = {"below": unit.pk} | ({"tier": tier} if tier else {})
    return f"{reverse('console:map')}?{urlencode(query)}"


@page
def areas(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The map with its table."""
    choice = _choice(request, reader)
    rows = rows_of(choice, reader)
    query = urlencode({"below": choice.below.pk, "tier": choice.tier})
    context = {
        "choice": choice,
        "rows": sorted(rows, key=lambda row: (-RANK[row.level], -row.warnings, row.unit.path)),
        "trail": _trail(choice.below, reader),
        "tiers": [
            {"word": Tier(t).label, "href": _address(choice.below, t), "is_here": t == choice.tier}
            for t in choice.tiers
        ],
        "tier_word": Tier(choice.tier).label,
        "is_last": choice.tier == Tier.GRID,
        "open": sum(row.warnings for row in rows),
        "facilities": facilities_seen(reader.by, reader.now, choice.below),
        "areas_url": f"{reverse('console:map_areas')}?{query}",
        "points_url": f"{reverse('console:map_points')}?{query}",
    }
    return show(request, "map/map.html", context, now=reader.now)


def _trail(below: Unit, reader: Reader) -> list[dict[str, Any]]:
    """The way from the reader's own area down to the one that is shown."""
    tops = [unit.path for unit in own_areas(reader.by, reader.now)]
    chain: list[Unit] = [below]
    while chain[0].parent is not None and any(chain[0].parent.path.startswith(t) for t in tops):
        chain.insert(0, chain[0].parent)
    return [{"name": unit, "href": _address(unit), "is_here": unit == below} for unit in chain]


def _json(request: HttpRequest, collection: Any) -> HttpResponse:
    """A GeoJSON answer for whoever is logged in, or the refusal as its sentence."""
    person = request.user
    if not person.is_authenticated:
        return JsonResponse({"detail": _("Log in first.")}, status=403)
    reader = Reader(person, clock.now())
    try:
        features = collection(request, reader)
    except Refused as refusal:
        return JsonResponse({"detail": str(refusal)}, status=refusal.status)
    answer = JsonResponse(
        {"type": "FeatureCollection", "features": features, "as_of": _iso(reader.now)}
    )
    answer["Content-Type"] = "application/geo+json"
    answer["Cache-Control"] = "no-store"
    return answer


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def areas_json(request: HttpRequest) -> HttpResponse:
    """`GET /map/areas.json?tier=&below=`: the areas as GeoJSON (RFC 7946) with what is open."""
    return _json(
        request, lambda r, reader: [_area(row) for row in rows_of(_choice(r, reader), reader)]
    )


def _area(row: AreaRow) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row.unit.pk,
        "geometry": row.geometry,
        "properties": {
            "name": str(row.unit),
            "tier": row.unit.tier,
            "level": row.level,
            "shape": SHAPES.get(row.level, ""),
            "warnings": row.warnings,
            "grade": row.grade,
            "grade_word": row.grade_word,
            "lon": row.unit.lon,
            "lat": row.unit.lat,
            "inside": row.inside,
        },
    }


def points_json(request: HttpRequest) -> HttpResponse:
    """`GET /map/points.json?below=`: facilities and hubs as GeoJSON points."""

    def points(r: HttpRequest, reader: Reader) -> list[dict[str, Any]]:
        seen = facilities_seen(reader.by, reader.now, _choice(r, reader).below)
        return [_point(one) for one in seen if one.lon is not None and one.lat is not None]

    return _json(request, points)


def _point(one: Facility) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": one.pk,
        "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        "properties": {
            "name": str(one),
            "kind": one.kind,
            "kind_word": one.get_kind_display(),
            "beds": one.beds,
            "href": address_of(one),
        },
    }


urlpatterns = [
    path("map", areas, name="map"),
    path("map/areas.json", areas_json, name="map_areas"),
    path("map/points.json", points_json, name="map_points"),
]
