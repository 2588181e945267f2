"""Divide the ground plan into areas with names, codes, residents and outlines."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gongzhi.interfaces.cli.linjiang.city import Area, Names
from gongzhi.interfaces.cli.linjiang.naming import Namer, fill, read_tables, word
from gongzhi.interfaces.cli.linjiang.partition import SMALLEST, Cells, cut, shares
from gongzhi.interfaces.cli.linjiang.terrain import Mesh

# Six-digit codes that begin with 99 belong to no province in GB/T 2260.
PROVINCE_CODE, CITY_CODE = "990000", "990100"
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """How much there is of everything at one scale."""

    scale: float
    residents: int
    districts: int
    streets: int
    communities: int
    columns: int
    rows: int

    @classmethod
    def at(cls, scale: float) -> Size:
        """The size of the city at a scale from above 0 to 1. Errors: `ValueError` outside."""
        if not 0 < scale <= 1:
            raise ValueError(f"The scale must be above 0 and at most 1, not {scale}.")
        districts = max(2, round(6 * scale))
        streets = max(2 * districts, round(48 * scale))
        communities = max(2 * streets, round(480 * scale))
        columns = max(12, round(80 * scale**0.5))
        rows = max(9, round(60 * scale**0.5))
        residents = max(round(1_200_000 * scale), 150 * columns * rows)
        return cls(scale, residents, districts, streets, communities, columns, rows)


@dataclass
class Piece:
    """An area in the making: its tier, its cells and the pieces inside it."""

    tier: str
    cells: Cells
    inside: list[Piece] = field(default_factory=list)
    form: str = ""
    code: str = ""
    names: Names | None = None
    parent: str | None = None


@dataclass(frozen=True)
class Counts:
    """Residents, households and persons 65+ of each cell."""

    residents: Ints
    households: Ints
    persons_65_plus: Ints


def divide(mesh: Mesh, size: Size, rng: np.random.Generator) -> Piece:
    """Cut the lattice into districts on both banks of the river, streets, communities, grids."""
    everything = np.arange(mesh.cells)
    city = Piece("city", everything)
    banks = np.split(everything, [river_row(mesh) * mesh.columns])
    per_bank = shares(size.districts, [len(bank) for bank in banks], 1)
    tops = [
        part
        for bank, n in zip(banks, per_bank, strict=True)
        for part in cut(mesh, bank, n, len(everything) // (size.districts * 2), rng)
    ]
    city.inside = [Piece("district", cells) for cells in _inner_first(mesh, tops)]
    streets = _cut_all(mesh, city.inside, "street", size.streets, 2 * SMALLEST, rng)
    communities = _cut_all(mesh, streets, "community", size.communities, SMALLEST, rng)
    for piece in communities:
        piece.inside = [Piece("grid", np.array([c])) for c in np.sort(piece.cells)]
    return Piece("province", everything, [city])


def river_row(mesh: Mesh) -> int:
    """The lattice line the river follows."""
    return round(mesh.rows * 0.45)


def _inner_first(mesh: Mesh, parts: list[Cells]) -> list[Cells]:
    return sorted(parts, key=lambda c: float(np.hypot(*mesh.centres[c].mean(axis=0))))


def _cut_all(
    mesh: Mesh, pieces: list[Piece], tier: str, total: int, least: int, rng: np.random.Generator
) -> list[Piece]:
    counts = shares(total, [len(piece.cells) for piece in pieces], 2)
    for piece, n in zip(pieces, counts, strict=True):
        smallest = min(least, len(piece.cells) // n // 2)
        parts = cut(mesh, piece.cells, n, smallest, rng)
        piece.inside = [Piece(tier, cells) for cells in _inner_first(mesh, parts)]
    return [part for piece in pieces for part in piece.inside]


def settle(mesh: Mesh, tree: Piece, size: Size, rng: np.random.Generator) -> Counts:
    """Give every grid its residents: dense in the middle, thin and older at the rim.

    Persons 65+ are about 13.5 % and households about 2.62 persons, as in the national
    census of 2020 (National Bureau of Statistics, bulletins no. 5 and no. 2).
    """
    away = np.hypot(*mesh.centres.T) / mesh.half_width_km
    weight = mesh.areas_km2 * np.exp(-away / 0.3) * rng.lognormal(0, 0.3, mesh.cells)
    older, crowd = np.zeros(mesh.cells), np.zeros(mesh.cells)
    for cells in _community_cells(tree):
        weight[cells] *= rng.lognormal(0, 0.25)
        crowd[cells] = rng.uniform(2.3, 2.95)
        older[cells] = np.clip(rng.normal(0.115 + 0.05 * away[cells].mean(), 0.03), 0.05, 0.35)
    residents = np.array(shares(size.residents, weight.tolist(), 40))
    households = np.maximum(1, np.round(residents / crowd)).astype(np.int64)
    return Counts(residents, households, rng.binomial(residents, older))


def _community_cells(tree: Piece) -> list[Cells]:
    if tree.tier == "community":
        return [tree.cells]
    return [cells for piece in tree.inside for cells in _community_cells(piece)]


def name_all(mesh: Mesh, tree: Piece, namer: Namer) -> None:
    """Give every piece its form, its code (990102 003 007 and so on) and its names."""
    tables = read_tables("words")
    city = tree.inside[0]
    _christen(tree, "province", PROVINCE_CODE, None, word(tables["province"]))
    _christen(city, "city", CITY_CODE, PROVINCE_CODE, word(tables["city"]))
    rim = _rim(mesh, city)
    for number, district in enumerate(city.inside, start=2):
        code = f"{int(CITY_CODE) + number}"
        _christen(district, "district", code, CITY_CODE, _district_word(number - 2, namer))
        for index, street in enumerate(district.inside, start=1):
            _name_street(mesh, street, district.code, index, rim, namer)


def _district_word(index: int, namer: Namer) -> Names:
    entries = read_tables("words")["districts"]
    return word(entries[index]) if index < len(entries) else namer.place()


def _name_street(
    mesh: Mesh, street: Piece, district: str, index: int, rim: float, namer: Namer
) -> None:
    town = _away(mesh, street) > rim
    code = f"{district}{index + 100 * town:03d}"
    _christen(street, "town" if town else "street", code, district, namer.place())
    for number, community in enumerate(street.inside, start=1):
        village = town and number % 2 == 0
        form = "village" if village else "community"
        below = f"{code}{number + 200 * village:03d}"
        _christen(community, form, below, code, namer.place())
        for place, grid in enumerate(community.inside, start=1):
            number_word = Names(str(place), str(place), str(place))
            _christen(grid, "grid", f"{below}{place:03d}", below, number_word)


def _christen(piece: Piece, form: str, code: str, parent: str | None, name: Names) -> None:
    piece.form, piece.code, piece.parent = form, code, parent
    piece.names = fill(read_tables("words")["tiers"][form], name)


def _away(mesh: Mesh, piece: Piece) -> float:
    return float(np.hypot(*mesh.centres[piece.cells].mean(axis=0)))


def _rim(mesh: Mesh, city: Piece) -> float:
    """The distance in km beyond which the outer fourth of the streets are towns."""
    distances = [_away(mesh, street) for district in city.inside for street in district.inside]
    return float(np.quantile(distances, 0.74))


def areas_of(mesh: Mesh, tree: Piece, counts: Counts) -> list[Area]:
    """The finished areas, tier by tier, parents before children."""
    level, found = [tree], []
    while level:
        found += [_area(mesh, piece, counts) for piece in level]
        level = [part for piece in level for part in piece.inside]
    return found


def _area(mesh: Mesh, piece: Piece, counts: Counts) -> Area:
    if piece.names is None:
        raise ValueError("An area needs its names before it is finished.")
    middle = mesh.centres[piece.cells].mean(axis=0)
    nearest = int(np.argmin(((mesh.centres[piece.cells] - middle) ** 2).sum(axis=1)))
    lon, lat = mesh.place(int(piece.cells[nearest]))
    return Area(
        piece.code,
        piece.tier,
        piece.form,
        piece.names,
        piece.parent,
        int(counts.residents[piece.cells].sum()),
        int(counts.households[piece.cells].sum()),
        int(counts.persons_65_plus[piece.cells].sum()),
        lon,
        lat,
        mesh.ring(piece.cells.tolist()),
    )
