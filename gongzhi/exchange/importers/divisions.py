"""Imports administrative divisions (行政区划), their boundaries and points.

Tables of any vintage: provinces, cities, counties, streets and communities with their codes
(GB/T 2260 to the county, GB/T 10114 below), told apart by the length of the code. Boundaries
are GeoJSON as AMap DataV writes it, whose coordinates are GCJ-02, not WGS-84.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from gongzhi.exchange.accounts import Draft, Origin, Quarantined
from gongzhi.exchange.reading.values import RawRow, RawTable
from gongzhi.exchange.said import Said, say

KIND = "divisions"
BOUNDARIES = "boundaries"
POINTS = "division points"
NAMES = {
    "province": say("province"),
    "city": say("city"),
    "county": say("county"),
    "street": say("street"),
    "community": say("community"),
}
LEVELS = tuple(NAMES)
GCJ_02 = "GCJ-02"
_PARENTS = frozenset({"provinceCode", "cityCode", "areaCode", "streetCode"})
_LEVEL_BY_LENGTH = {2: "province", 4: "city", 6: "county", 9: "street", 12: "community"}
_VINTAGE = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.](0[1-9]|1[0-2])(?:[-_.](\d{2}))?(?!\d)")


@dataclass(frozen=True, slots=True)
class Division:
    """One division in one vintage: its code, its name, its level and the code above it."""

    code: str
    name: str
    level: str
    parent: str
    vintage: date | None
    origin: Origin
    rank: int = 0
    form: str = ""
    beside: Hashable = ()

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"{self.level!r} is none of {', '.join(LEVELS)}.")
        if not re.fullmatch(r"[1-9]\d{5}(\d{3}(\d{3})?)?", self.code):
            raise ValueError(f"{self.code!r} is no division code of 6, 9 or 12 digits.")
        if not self.name:
            raise ValueError(f"The division {self.code} has no name.")

    @property
    def key(self) -> Hashable:
        """Records with one key are the same division in the same vintage.

        A city without counties stands among the counties too, under its own code.
        """
        return ("division", self.vintage, self.level, self.code)

    @property
    def fingerprint(self) -> Hashable:
        """Records with one fingerprint say the same."""
        return (self.key, self.name)

    def as_values(self) -> dict[str, object]:
        """The division as plain values, in the columns of the standard."""
        return {"code": self.code, "name": self.name, "level": self.level,
                "parent_code": self.parent or None,
                "vintage": self.vintage and self.vintage.isoformat()}  # fmt: skip

    def as_personal(self) -> dict[str, object]:
        """A division holds nothing personal."""
        return {}


@dataclass(frozen=True, slots=True)
class Boundary:
    """The outline of a division as GeoJSON geometry; `datum` is what its coordinates are in."""

    code: str
    name: str
    level: str
    parent: str
    datum: str
    geometry: Mapping[str, object]
    origin: Origin
    children: int = 0
    rank: int = 0
    form: str = ""
    beside: Hashable = ()

    @property
    def key(self) -> Hashable:
        """Two outlines of one division in different detail do not disagree: the file counts."""
        return ("boundary", self.code, self.origin.file)

    @property
    def fingerprint(self) -> Hashable:
        """Records with one fingerprint are the same outline."""
        return ("boundary", self.code, repr(self.geometry))

    def as_values(self) -> dict[str, object]:
        """The outline as plain values."""
        return {"code": self.code, "name": self.name, "level": self.level,
                "parent_code": self.parent, "datum": self.datum,
                "geometry": dict(self.geometry)}  # fmt: skip

    def as_personal(self) -> dict[str, object]:
        """An outline holds nothing personal."""
        return {}


@dataclass(frozen=True, slots=True)
class DivisionPoint:
    """A point for a division known by its names only; what datum it is in is not said."""

    province: str
    city: str
    county: str
    longitude: float
    latitude: float
    origin: Origin
    rank: int = 0
    form: str = ""
    beside: Hashable = ()

    @property
    def key(self) -> Hashable:
        """Records with one key are for the same division."""
        return ("point", self.province, self.city, self.county)

    @property
    def fingerprint(self) -> Hashable:
        """Records with one fingerprint say the same."""
        return (self.key, self.longitude, self.latitude)

    def as_values(self) -> dict[str, object]:
        """The point as plain values."""
        return {"province": self.province, "city": self.city, "county": self.county,
                "longitude": self.longitude, "latitude": self.latitude}  # fmt: skip

    def as_personal(self) -> dict[str, object]:
        """A point of a division holds nothing personal."""
        return {}


def read_divisions(table: RawTable) -> Draft | None:
    """Return divisions, boundaries or points, or nothing if the table holds none."""
    columns = set(table.columns)
    if {"type", "properties", "geometry"} <= columns:
        return _features(table)
    if {"province", "city", "area", "lat", "lng"} <= columns:
        return _draft(table, POINTS, "by name", [_point(r) for r in table.rows])
    if {"code", "name"} <= columns and columns <= {"code", "name", *_PARENTS}:
        return _codes(table)
    return None


def vintage_of(path: str) -> date | None:
    """The month a path names as the vintage of what it holds, taken as its first day."""
    found = list(_VINTAGE.finditer(path))
    if not found:
        return None
    year, month, day = found[-1].groups()
    try:
        return date(int(year), int(month), int(day or 1))
    except ValueError:
        return date(int(year), int(month), 1)


def _codes(table: RawTable) -> Draft | None:
    """A table of codes, if its codes are codes of divisions."""
    vintage = vintage_of(table.file)
    found = [_division(r, vintage) for r in table.rows]
    good = [f for f in found if isinstance(f, Division)]
    if len(good) * 2 < len(found):
        return None
    levels = [lv for lv in LEVELS if any(d.level == lv for d in good)]
    generation = vintage.strftime("%Y-%m") if vintage else "no vintage"
    unknown = tuple(c for c in table.columns if c not in {"code", "name", *_PARENTS})
    note = say("The table has no rows.")
    if levels:
        note = say("Levels: %(levels)s.", levels=tuple(NAMES[level] for level in levels))
    return _draft(table, KIND, generation, found, (note,), unknown)


def _division(row: RawRow, vintage: date | None) -> Division | Said:
    code = str(row.values.get("code") or "").strip().removesuffix(".0")
    name = str(row.values.get("name") or "").strip()
    level = _LEVEL_BY_LENGTH.get(len(code)) if code.isdigit() else None
    if level is None:
        return _no_code(code)
    if not name:
        return say("The division %(code)s has no name.", code=code)
    if level == "county" and code.endswith("00") and "cityCode" not in row.values:
        # A table of all tiers. In a table of counties such a code is a city without counties.
        level = "province" if code.endswith("0000") else "city"
    full = code.ljust(6, "0")
    try:
        return Division(full, name, level, parent_of(full), vintage, Origin(row.file, row.number))
    except ValueError:
        return _no_code(full)


def _no_code(code: str) -> Said:
    return say("%(code)s is no division code of 2, 4, 6, 9 or 12 digits.", code=repr(code))


def parent_of(code: str) -> str:
    """The code of the division above; empty for a province."""
    if len(code) > 6:
        return code[:9] if len(code) == 12 else code[:6]
    if code.endswith("0000"):
        return ""
    return f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"


def _features(table: RawTable) -> Draft | None:
    first = table.rows[0].values.get("properties") if table.rows else None
    if not isinstance(first, Mapping) or "adcode" not in first:
        return None
    found = [_boundary(r) for r in table.rows]
    note = say("The coordinates are GCJ-02, 100 to 700 m away from WGS-84.")
    return _draft(table, BOUNDARIES, "AMap DataV, GCJ-02", found, (note,))


def _boundary(row: RawRow) -> Boundary | Said:
    about, geometry = row.values.get("properties"), row.values.get("geometry")
    if not isinstance(about, Mapping) or not isinstance(geometry, Mapping):
        return say("The feature has no properties or no geometry.")
    above = about.get("parent")
    level = str(about.get("level") or "")
    children = about.get("childrenNum")
    return Boundary(
        str(about.get("adcode")), str(about.get("name") or ""),
        "county" if level == "district" else level,
        str(above.get("adcode")) if isinstance(above, Mapping) else "", GCJ_02, geometry,
        Origin(row.file, row.number), children if isinstance(children, int) else 0,
    )  # fmt: skip


def _point(row: RawRow) -> DivisionPoint | Said:
    names = [str(row.values.get(n) or "").strip() for n in ("province", "city", "area")]
    try:
        longitude = float(str(row.values.get("lng")))
        latitude = float(str(row.values.get("lat")))
    except ValueError:
        place = " ".join(n for n in names if n)
        return say("The point of %(names)s has no coordinates.", names=place)
    origin = Origin(row.file, row.number)
    return DivisionPoint(names[0], names[1], names[2], longitude, latitude, origin)


def _draft(
    table: RawTable,
    kind: str,
    generation: str,
    found: Iterable[Division | Boundary | DivisionPoint | Said],
    notes: tuple[Said, ...] = (),
    unknown: tuple[str, ...] = (),
) -> Draft:
    bad = [Quarantined(Origin(table.file, u.number), u.raw, u.reason) for u in table.unreadable]
    records: list[Division | Boundary | DivisionPoint] = []
    for row, made in zip(table.rows, found, strict=True):
        if isinstance(made, Said):
            bad.append(Quarantined(Origin(table.file, row.number), row.raw, made))
        else:
            records.append(made)
    return Draft(
        table.file, table.format, table.encoding, table.sha256, kind, generation, table.size,
        tuple(records), (), tuple(bad), unknown, (*table.notes, *notes),
    )  # fmt: skip
