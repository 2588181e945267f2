"""Build the whole fictional city of Linjiang from a seed."""

from __future__ import annotations

import numpy as np

from gongzhi.interfaces.cli.linjiang.city import Area, City, Names, River
from gongzhi.interfaces.cli.linjiang.divisions import (
    Size,
    areas_of,
    divide,
    name_all,
    river_row,
    settle,
)
from gongzhi.interfaces.cli.linjiang.naming import Namer, fill, items, read_tables, short_name
from gongzhi.interfaces.cli.linjiang.organisations import (
    Roll,
    add_facilities,
    add_firms,
    add_governments,
    add_hubs,
    add_teams,
)
from gongzhi.interfaces.cli.linjiang.terrain import build_mesh

# One random stream for each purpose: a change of one table leaves the others as they were.
_GROUND, _PEOPLE, _NAMES, _UNITS = range(4)


def build_city(seed: int = 2020, scale: float = 1.0) -> City:
    """Build Linjiang (临江): areas with outlines and counts, organisations, places and goods.

    At scale 1: 6 districts, 48 streets, 480 communities, 4,800 grids, 1.2 million residents.
    A smaller `scale` (above 0) gives a small city of the same shape. The same seed and scale
    give the same city. Errors: `ValueError` for a scale outside (0, 1].
    """
    size = Size.at(scale)
    ground = np.random.default_rng([seed, _GROUND])
    mesh = build_mesh(size.columns, size.rows, scale, ground)
    tree = divide(mesh, size, ground)
    counts = settle(mesh, tree, size, np.random.default_rng([seed, _PEOPLE]))
    namer = Namer(np.random.default_rng([seed, _NAMES]))
    name_all(mesh, tree, namer)
    areas = areas_of(mesh, tree, counts)
    roll = Roll(areas, namer, np.random.default_rng([seed, _UNITS]))
    add_governments(roll)
    facilities, firms = add_facilities(roll, scale), add_firms(roll, scale)
    hubs, teams = add_hubs(roll, scale, firms), add_teams(roll, scale)
    market = _market_community(areas)
    return City(
        seed=seed,
        scale=scale,
        areas=tuple(areas),
        organisations=tuple(roll.units),
        facilities=tuple(facilities),
        hubs=tuple(hubs),
        firms=tuple(firms),
        teams=tuple(teams),
        items=items(),
        river=_river(mesh.row_line(river_row(mesh))),
        market_community=market.code,
        market=fill(read_tables("words")["market"], short_name(market.names)),
    )


def _river(line: tuple[tuple[float, float], ...]) -> River:
    """The river runs on past the city at both ends, so that it does not stop at the line."""
    (west, _), (east, _) = line[0], line[-1]
    before = (round(west - 0.03, 5), round(line[0][1] - 0.008, 5))
    after = (round(east + 0.03, 5), round(line[-1][1] + 0.008, 5))
    table = read_tables("words")["river"]
    names = Names(table["hans"], table["hant"], table["en"])
    return River(names, (before, *line, after), 420)


def _market_community(areas: list[Area]) -> Area:
    """The most crowded community of the second district: where the market stands."""
    second = [a for a in areas if a.tier == "district"][1].code
    inside = [a for a in areas if a.form == "community" and a.code.startswith(second)]
    return max(inside, key=lambda area: area.residents)
