"""Who plays: the units, posts and places of Linjiang in the words of the house."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gongzhi.interfaces.cli.linjiang import Area, City, Facility, Hub, LogIn, Names, Organisation

KINDS = {
    "department": "department",
    "hospital": "hospital",
    "supplier": "supplier",
    "logistics": "logistics",
    "platform": "firm",
    "social": "social",
    "volunteers": "volunteers",
    "oversight": "department",
}
ROLES = {
    "officer": "officer",
    "commander": "commander",
    "grid_worker": "grid_worker",
    "expert": "expert",
    "supplier_clerk": "clerk",
    "logistics_clerk": "clerk",
    "social_worker": "lead",
    "volunteer_lead": "lead",
    "oversight": "oversight",
}
FACILITY_KINDS = {
    "hospital": "hospital",
    "fever_clinic": "clinic",
    "community_health_centre": "health_centre",
    "village_clinic": "health_centre",
}
CHANNELS = {"grid_worker": "form", "hotline": "hotline", "web": "web", "clinic": "clinic"}
STREAMS = {
    "cluster": "fever", "rumour": "rumour", "noise": "city_services", "supply": "supplies",
}  # fmt: skip
"""What a report is about, in the words of the queue."""
ITEMS = {
    "n95_mask": "mask-n95",
    "surgical_mask": "mask-surgical",
    "coverall": "coverall",
    "goggles": "goggles",
    "disinfectant": "disinfectant-chlorine",
    "antiviral": "oseltamivir",
    "test_kit": "test-kit",
}
"""Linjiang's goods by their code in the catalogue; food is not asked for by hospitals."""
OWN_PLACE = ("hospital", "firm", "social", "volunteers")
"""Desks whose people see their own unit only, not the area in which it stands."""

FOUNDER = "province"
"""Log-in of the province's hand in the play: it founds the house and its clock walks it."""
DEVELOPER = "F901"
DEVELOPER_LOGIN = "firm.f901"


DELIVERED = 0.5
"""Part of the ordinary deliveries that still comes: over the holiday the factories stand still."""


def in_holiday(city: City) -> City:
    """The city as it is when the play begins: hospitals live mostly on what they have in stock."""
    return replace(
        city,
        facilities=tuple(
            replace(row, resupply=round(row.resupply * DELIVERED, 2)) for row in city.facilities
        ),
    )


@dataclass(frozen=True)
class Mapped:
    """The rows that the house is founded from."""

    root: dict[str, str]
    units: list[dict[str, Any]]
    facilities: list[dict[str, Any]]
    posts: list[dict[str, Any]]


def map_city(city: City, people: tuple[LogIn, ...]) -> Mapped:
    """Lay the city out for the deeds that found it; units are named by their codes."""
    top = city.areas[0]
    return Mapped(
        root={"code": top.code, "tier": top.tier, **_names(top.names)},
        units=[*_areas(city), *_organisations(city), _developer(city)],
        facilities=[*_facilities(city.facilities), *_hubs(city.hubs)],
        posts=[*(_post(desk) for desk in people), _developer_post()],
    )


def _names(names: Names) -> dict[str, str]:
    return {"name": names.hans, "name_hant": names.hant, "name_en": names.en}


def _areas(city: City) -> Iterator[dict[str, Any]]:
    for area in city.areas[1:]:
        yield {
            **_names(area.names),
            "code": area.code,
            "parent_code": area.parent,
            "kind": "area",
            "tier": area.tier,
            "population": area.residents,
            "households": area.households,
            "persons_65_plus": area.persons_65_plus,
            "lon": area.lon,
            "lat": area.lat,
            "boundary": area.geometry,
        }


def _organisations(city: City) -> Iterator[dict[str, Any]]:
    spots: dict[str, Any] = {row.code: row for row in city.facilities}
    spots |= {row.code: row for row in city.firms}
    for unit in city.organisations:
        spot = spots.get(unit.code, city.area_of[unit.area])
        yield _member(unit, city.area_of[unit.parent], spot.lon, spot.lat)


def _member(unit: Organisation, parent: Area, lon: float, lat: float) -> dict[str, Any]:
    return {
        **_names(unit.names),
        "code": unit.code,
        "parent_code": parent.code,
        "kind": KINDS[unit.kind],
        "tier": parent.tier,
        "subject": "oversight" if unit.kind == "oversight" else unit.subject,
        "lon": lon,
        "lat": lat,
    }


def _developer(city: City) -> dict[str, Any]:
    """The firm that built the flats at the market: one department says the trouble is its."""
    market = city.area_of[city.market_community]
    names = Names("临江澄岸置业有限公司", "臨江澄岸置業有限公司", "Linjiang Cheng'an Estates")
    unit = Organisation(DEVELOPER, "platform", names, market.code, market.code[:6])
    return _member(unit, city.ancestor(market.code, "district"), market.lon, market.lat)


def _developer_post() -> dict[str, Any]:
    return {
        "login": DEVELOPER_LOGIN, "name": "温砚秋", "unit": DEVELOPER, "area": DEVELOPER,
        "role": "clerk",
    }  # fmt: skip


def _facilities(rows: tuple[Facility, ...]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            **_names(row.names),
            "unit": row.code,
            "place": row.community,
            "kind": FACILITY_KINDS[row.kind],
            "beds": row.beds,
            "lon": row.lon,
            "lat": row.lat,
        }


def _hubs(rows: tuple[Hub, ...]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            **_names(row.names),
            "unit": row.operator,
            "place": row.community,
            "kind": "hub",
            "lon": row.lon,
            "lat": row.lat,
        }


def _post(desk: LogIn) -> dict[str, Any]:
    clerk = desk.duty == "hospital"
    return {
        "login": desk.login,
        "name": desk.names.hans,
        "unit": desk.unit,
        "area": desk.unit if desk.duty in OWN_PLACE else desk.area,
        "role": "clerk" if clerk else ROLES[desk.role],
    }
