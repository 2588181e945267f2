"""The ground plan: a bent, jittered lattice of grid cells that share their corners and edges.

Every area of the city is a set of cells, and its outline is traced along their shared edges.
So areas nest and tile exactly, whatever the jitter, without any test of geometry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

CENTRE_LON, CENTRE_LAT = 118.2, 30.9
KM_PER_DEGREE_LAT = 110.85
KM_PER_DEGREE_LON = 95.6  # at 30.9° north
HALF_WIDTH_KM, HALF_HEIGHT_KM = 20.0, 15.0  # at scale 1

Floats = NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Mesh:
    """A lattice of columns by rows cells bent into a city, its points in km from the centre.

    `x`, `y` have shape (2·rows + 1, 2·columns + 1): even indices are corners, odd ones the
    middles of edges. Cell `c` stands at row c // columns (from the south) and column
    c % columns (from the west).
    """

    columns: int
    rows: int
    x: Floats
    y: Floats
    half_width_km: float

    @property
    def cells(self) -> int:
        """The number of cells."""
        return self.columns * self.rows

    @cached_property
    def centres(self) -> Floats:
        """The middle of each cell in km, shape (cells, 2)."""
        return np.column_stack([self.x[1::2, 1::2].ravel(), self.y[1::2, 1::2].ravel()])

    @cached_property
    def areas_km2(self) -> Floats:
        """The area of each cell by its four corners, in km²."""
        x, y = self.x[::2, ::2], self.y[::2, ::2]
        across = (x[1:, 1:] - x[:-1, :-1], y[1:, 1:] - y[:-1, :-1])
        other = (x[1:, :-1] - x[:-1, 1:], y[1:, :-1] - y[:-1, 1:])
        return np.abs(across[0] * other[1] - across[1] * other[0]).ravel() / 2

    @cached_property
    def _places(self) -> list[list[Point]]:
        lon = np.round(CENTRE_LON + self.x / KM_PER_DEGREE_LON, 5)
        lat = np.round(CENTRE_LAT + self.y / KM_PER_DEGREE_LAT, 5)
        rows = zip(lon.tolist(), lat.tolist(), strict=True)
        return [list(zip(a, b, strict=True)) for a, b in rows]

    def place(self, cell: int) -> Point:
        """The middle of a cell as lon, lat."""
        x, y = self.centres[cell]
        lon = CENTRE_LON + float(x) / KM_PER_DEGREE_LON
        return round(lon, 5), round(CENTRE_LAT + float(y) / KM_PER_DEGREE_LAT, 5)

    def row_line(self, row: int) -> tuple[Point, ...]:
        """The lattice line south of `row`, from west to east, as lon/lat points."""
        return tuple(self._places[2 * row])

    def ring(self, cells: Iterable[int]) -> tuple[Point, ...]:
        """The closed counter-clockwise outline of a set of cells, as lon/lat points.

        Errors: `ValueError` when the cells do not form one piece without holes.
        """
        loop = self._loop(cells)
        if loop is None:
            raise ValueError("These cells do not form one piece without holes.")
        points: list[Point] = []
        for (i, j), (k, m) in zip(loop, loop[1:] + loop[:1], strict=True):
            points += [self._places[2 * i][2 * j], self._places[i + k][j + m]]
        return (*points, points[0])

    def is_one_piece(self, cells: Iterable[int]) -> bool:
        """Whether the cells have one simple outline: connected, no hole, no pinched corner."""
        return self._loop(cells) is not None

    def _loop(self, cells: Iterable[int]) -> list[tuple[int, int]] | None:
        onward = self._boundary(cells)
        if not onward:
            return None
        start = at = next(iter(onward))
        loop = []
        while True:
            loop.append(at)
            at = onward[at]
            if at == start:
                return loop if len(loop) == len(onward) else None

    def _boundary(self, cells: Iterable[int]) -> dict[tuple[int, int], tuple[int, int]] | None:
        """Corner to next corner along the outline; None if a corner is passed twice."""
        inside = set(cells)
        onward: dict[tuple[int, int], tuple[int, int]] = {}
        for cell in inside:
            row, column = divmod(cell, self.columns)
            for (a, b), (c, d), (down, right) in _EDGES:
                i, j = row + down, column + right
                if 0 <= j < self.columns and i * self.columns + j in inside:
                    continue
                if (row + a, column + b) in onward:
                    return None
                onward[row + a, column + b] = (row + c, column + d)
        return onward


# Each edge of a cell, counter-clockwise: from corner, to corner, the neighbour beyond it.
_EDGES = (
    ((0, 0), (0, 1), (-1, 0)),
    ((0, 1), (1, 1), (0, 1)),
    ((1, 1), (1, 0), (1, 0)),
    ((1, 0), (0, 0), (0, -1)),
)


def build_mesh(columns: int, rows: int, scale: float, rng: np.random.Generator) -> Mesh:
    """Bend a lattice around the river: small cells in the middle, a ragged rim, a bend."""
    width, height = HALF_WIDTH_KM * scale**0.5, HALF_HEIGHT_KM * scale**0.5
    u, v = np.meshgrid(np.linspace(-1, 1, 2 * columns + 1), np.linspace(-1, 1, 2 * rows + 1))
    u, v = u + _wobble(u, v, rng), v + _wobble(u, v, rng)
    x = _stretch(u) * (1 - 0.2 * v**2)
    y = _stretch(v) * (1 - 0.25 * u**2) + _bend(u) * (1 - 0.4 * v**2)
    x, y = width * x, height * y
    _jitter(x, rng, axis=1)
    _jitter(y, rng, axis=0)
    return Mesh(columns, rows, x, y, width)


def _stretch(u: Floats) -> Floats:
    return np.asarray(0.55 * u + 0.45 * u**3)


def _bend(u: Floats) -> Floats:
    return np.asarray(0.2 * np.sin(np.pi * (0.85 * u + 0.2)))


def _wobble(u: Floats, v: Floats, rng: np.random.Generator) -> Floats:
    """A slow random displacement, so that no outline or river bank is straight."""
    total = np.zeros_like(u)
    for _ in range(5):
        k, m = rng.uniform(1.5, 5.0, 2)
        total += np.sin(k * u + m * v + rng.uniform(0, 2 * np.pi)) * 0.04 / max(k, m)
    return total


def _jitter(values: Floats, rng: np.random.Generator, axis: int) -> None:
    """Shake corners by up to 16 % of their cell's size and put edge middles between them."""
    corners = values[::2, ::2]
    size = np.abs(np.gradient(corners, axis=axis))
    corners += rng.uniform(-0.16, 0.16, corners.shape) * size
    values[::2, 1::2] = (corners[:, :-1] + corners[:, 1:]) / 2
    values[1::2, ::2] = (corners[:-1] + corners[1:]) / 2
    across, up = values[::2, 1::2], values[1::2, ::2]
    across += rng.uniform(-0.07, 0.07, across.shape) * size[:, 1:]
    up += rng.uniform(-0.07, 0.07, up.shape) * size[1:]
