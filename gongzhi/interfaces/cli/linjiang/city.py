"""What the fictional city of Linjiang is made of: areas, organisations, places, goods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

TIERS = ("province", "city", "district", "street", "community", "grid")
DEPARTMENT_SUBJECTS = (
    "health", "police", "civil_affairs", "transport", "market", "water", "power", "emergency",
)  # fmt: skip
ORGANISATION_KINDS = (
    "department", "hospital", "supplier", "logistics", "platform", "social", "volunteers",
    "oversight",
)  # fmt: skip
FACILITY_KINDS = (
    "hospital", "fever_clinic", "community_health_centre", "village_clinic",
)  # fmt: skip
ASKING = ("steady", "vague", "loud", "quiet")
Point = tuple[float, float]


@dataclass(frozen=True)
class Names:
    """One name as people write it: Simplified, Traditional, and pinyin-based English."""

    hans: str
    hant: str
    en: str

    def __post_init__(self) -> None:
        if not (self.hans and self.hant and self.en):
            raise ValueError("A name is needed in all three written forms.")

    def __str__(self) -> str:
        return self.hans


@dataclass(frozen=True)
class Area:
    """An administrative area with its counts and its outline (行政区划).

    `ring` is closed (last point = first), counter-clockwise, degrees lon/lat in WGS 84 with
    5 decimals. `lon`/`lat` is a point inside the area. `form` tells apart what law calls
    differently on one tier: street or town, community or village.
    """

    code: str
    tier: str
    form: str
    names: Names
    parent: str | None
    residents: int
    households: int
    persons_65_plus: int
    lon: float
    lat: float
    ring: tuple[Point, ...]

    def __post_init__(self) -> None:
        if self.tier not in TIERS:
            raise ValueError(f"There is no tier {self.tier!r}.")
        if not 0 < self.households <= self.residents or self.persons_65_plus > self.residents:
            raise ValueError(f"The counts of area {self.code} do not fit together.")
        if len(self.ring) < 4 or self.ring[0] != self.ring[-1]:
            raise ValueError(f"The outline of area {self.code} is not a closed ring.")

    def __str__(self) -> str:
        return f"{self.names} ({self.tier} {self.code}, {self.residents:,} residents)"

    @property
    def geometry(self) -> dict[str, Any]:
        """The outline as a GeoJSON Polygon (RFC 7946)."""
        return {"type": "Polygon", "coordinates": [[list(point) for point in self.ring]]}


@dataclass(frozen=True)
class Organisation:
    """A unit that is not an area: department, health facility, firm, society, team.

    `area` is the code of the area it works for (departments, teams) or sits in (firms,
    facilities). `parent` is the code of the organisation or area it belongs under.
    `subject` is one of `DEPARTMENT_SUBJECTS` for departments, else "".
    """

    code: str
    kind: str
    names: Names
    area: str
    parent: str
    subject: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ORGANISATION_KINDS:
            raise ValueError(f"There is no kind of organisation {self.kind!r}.")
        if (self.kind == "department") != (self.subject in DEPARTMENT_SUBJECTS):
            raise ValueError(f"Only a department has a subject; see {self.code}.")

    def __str__(self) -> str:
        return f"{self.names} ({self.kind} {self.code})"


@dataclass(frozen=True)
class Facility:
    """A health facility: hospital, fever clinic, community health centre, village clinic.

    `grade` is "3A", "2A", "2B" for hospitals, else "". `asking` says how it asks for
    supplies: "steady" what it needs, "vague" without amounts, "loud" ten times its use,
    "quiet" never. `stock` is item code and quantity on the day before the outbreak;
    `resupply` is the share of its usual daily use that ordinary deliveries bring each day.
    """

    code: str
    kind: str
    names: Names
    grade: str
    beds: int
    staff: int
    has_fever_clinic: bool
    asking: str
    community: str
    street: str
    district: str
    lon: float
    lat: float
    stock: tuple[tuple[str, int], ...]
    resupply: float

    def __post_init__(self) -> None:
        if self.kind not in FACILITY_KINDS or self.asking not in ASKING:
            raise ValueError(f"Facility {self.code} is of no known kind.")
        if self.beds < 0 or self.staff < 1:
            raise ValueError(f"Facility {self.code} needs staff and no negative beds.")


@dataclass(frozen=True)
class Hub:
    """A warehouse (枢纽仓): city reserve, district transfer or a firm's logistics park.

    `kind` is "reserve", "district" or "commercial"; `operator` the code of the organisation
    that runs it; `stock` item code and quantity on the day before the outbreak.
    """

    code: str
    kind: str
    names: Names
    operator: str
    community: str
    street: str
    district: str
    lon: float
    lat: float
    capacity_m3: int
    stock: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Product:
    """What a supplier makes of one item: in a day, in stock, and its price in cents a unit."""

    item: str
    per_day: int
    in_stock: int
    price_cents: int


@dataclass(frozen=True)
class Firm:
    """A supplier (with products), a logistics firm (with vehicles) or a platform (services)."""

    code: str
    kind: str
    names: Names
    community: str
    street: str
    district: str
    lon: float
    lat: float
    products: tuple[Product, ...] = ()
    vehicles: int = 0
    drivers: int = 0
    services: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        has = {"supplier": self.products, "logistics": self.vehicles, "platform": self.services}
        if not has.get(self.kind):
            raise ValueError(f"Firm {self.code} has nothing to give as {self.kind!r}.")


@dataclass(frozen=True)
class Team:
    """A social organisation or a volunteer team with its members and what they can do."""

    code: str
    kind: str
    names: Names
    area: str
    members: int
    skills: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One kind of supply: unit of count, usual price in cents, and use in a day.

    `use` is the quantity used in a day per (staff on duty, fever visit, in-patient, severe
    patient); empty for goods that health facilities do not use up. Own round figures.
    """

    code: str
    names: Names
    unit: str
    measure: str
    price_cents: int
    use: tuple[float, float, float, float] | tuple[()]


@dataclass(frozen=True)
class River:
    """The river Lin (临水) as a line lon/lat through the city, with its width in metres."""

    names: Names
    line: tuple[Point, ...]
    width_m: int

    @property
    def geometry(self) -> dict[str, Any]:
        """The middle of the river as a GeoJSON LineString."""
        return {"type": "LineString", "coordinates": [list(point) for point in self.line]}


@dataclass(frozen=True)
class City:
    """A whole fictional city. `areas` runs from the province down, parents before children."""

    seed: int
    scale: float
    areas: tuple[Area, ...]
    organisations: tuple[Organisation, ...]
    facilities: tuple[Facility, ...]
    hubs: tuple[Hub, ...]
    firms: tuple[Firm, ...]
    teams: tuple[Team, ...]
    items: tuple[Item, ...]
    river: River
    market_community: str
    market: Names

    def __str__(self) -> str:
        tiers = ", ".join(f"{len(self.of_tier(t))} {t}" for t in TIERS[2:])
        return (
            f"{self.root.names}: {self.root.residents:,} residents; {tiers}; "
            f"{len(self.facilities)} health facilities, {len(self.hubs)} hubs, "
            f"{len(self.firms)} firms, {len(self.teams)} teams"
        )

    @cached_property
    def area_of(self) -> Mapping[str, Area]:
        """Area by its code."""
        return {area.code: area for area in self.areas}

    @cached_property
    def organisation_of(self) -> Mapping[str, Organisation]:
        """Organisation by its code."""
        return {unit.code: unit for unit in self.organisations}

    @cached_property
    def _by_tier(self) -> dict[str, tuple[Area, ...]]:
        return {t: tuple(a for a in self.areas if a.tier == t) for t in TIERS}

    @cached_property
    def _by_parent(self) -> dict[str, tuple[Area, ...]]:
        found: dict[str, list[Area]] = {}
        for area in self.areas:
            if area.parent is not None:
                found.setdefault(area.parent, []).append(area)
        return {code: tuple(children) for code, children in found.items()}

    @property
    def root(self) -> Area:
        """The city itself (not the province above it)."""
        return self._by_tier["city"][0]

    def of_tier(self, tier: str) -> tuple[Area, ...]:
        """All areas of one tier, in code order. Errors: `KeyError` for no such tier."""
        return self._by_tier[tier]

    def children(self, code: str) -> tuple[Area, ...]:
        """The areas directly below one area; empty for a grid."""
        return self._by_parent.get(code, ())

    def ancestor(self, code: str, tier: str) -> Area:
        """The area of `tier` that contains area `code`. Errors: `KeyError` if there is none."""
        area = self.area_of[code]
        while area.tier != tier:
            if area.parent is None:
                raise KeyError(f"Area {code} lies in no {tier}.")
            area = self.area_of[area.parent]
        return area

    def geojson(self, tier: str) -> dict[str, Any]:
        """All outlines of one tier as a GeoJSON FeatureCollection with code and name."""
        features = [
            {
                "type": "Feature",
                "id": area.code,
                "properties": {"code": area.code, "name": area.names.hans},
                "geometry": area.geometry,
            }
            for area in self.of_tier(tier)
        ]
        return {"type": "FeatureCollection", "features": features}
