"""Cut the lattice into districts, streets and communities, each one piece without holes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gongzhi.interfaces.cli.linjiang.terrain import Mesh

Cells = NDArray[np.int64]
SMALLEST = 4  # grids in a community


def shares(total: int, weights: Sequence[float], least: int = 0) -> list[int]:
    """Whole numbers in proportion to `weights`, each at least `least`, summing to `total`.

    Method of the largest remainder. Errors: `ValueError` when `total` is too small.
    """
    spare = total - least * len(weights)
    if spare < 0:
        raise ValueError(f"{total} cannot be shared by {len(weights)} with {least} for each.")
    wanted = np.asarray(weights, dtype=float)
    exact = spare * wanted / wanted.sum()
    whole = np.floor(exact).astype(np.int64)
    for index in np.argsort(whole - exact, kind="stable")[: spare - int(whole.sum())]:
        whole[index] += 1
    return [int(n) + least for n in whole]


def cut(mesh: Mesh, cells: Cells, parts: int, least: int, rng: np.random.Generator) -> list[Cells]:
    """Cut `cells` into `parts` pieces of about equal size, each with at least `least` cells."""
    if parts == 1:
        return [cells]
    near, far = _halve(mesh, cells, parts, least, rng)
    left = parts // 2
    return cut(mesh, near, left, least, rng) + cut(mesh, far, parts - left, least, rng)


def _halve(
    mesh: Mesh, cells: Cells, parts: int, least: int, rng: np.random.Generator
) -> tuple[Cells, Cells]:
    """Cut once across the long side; turn and shift the cut until both halves are one piece."""
    left = parts // 2
    low, high = left * least, len(cells) - (parts - left) * least
    for order, middle in _tries(mesh, cells, left / parts, rng):
        at = min(max(middle, low), high)
        near, far = cells[order[:at]], cells[order[at:]]
        if mesh.is_one_piece(near.tolist()) and mesh.is_one_piece(far.tolist()):
            return near, far
    raise ValueError(f"No cut of {len(cells)} cells into {parts} parts leaves them whole.")


def _tries(
    mesh: Mesh, cells: Cells, share: float, rng: np.random.Generator
) -> Iterator[tuple[Cells, int]]:
    """Orders of the cells and where to cut them: slanted first, straight as the last resort."""
    points = mesh.centres[cells]
    centred = points - points.mean(axis=0)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(centred.T)))
    main = float(np.arctan2(*vectors[::-1, int(np.argmax(values))]))
    for attempt in range(60):
        angle = main + rng.normal(0, 0.15 + 0.03 * attempt)
        key = centred @ np.array([np.cos(angle), np.sin(angle)])
        middle = round(len(cells) * share * rng.uniform(0.9, 1.1))
        yield np.argsort(key, kind="stable"), middle
    yield from _straight_tries(mesh, cells, share)


def _straight_tries(mesh: Mesh, cells: Cells, share: float) -> Iterator[tuple[Cells, int]]:
    """Cuts along rows or columns, from the wanted size outwards."""
    rows, columns = np.divmod(cells, mesh.columns)
    orders = [
        np.lexsort((sign * second, first))
        for first, second in ((rows, columns), (columns, rows))
        for sign in (1, -1)
    ]
    wanted = round(len(cells) * share)
    sizes = sorted(range(1, len(cells)), key=lambda n: abs(n - wanted))
    yield from ((order, size) for size in sizes for order in orders)
