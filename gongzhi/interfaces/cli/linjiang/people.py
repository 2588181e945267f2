"""The people who log in to the demo: one for each desk that a story needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gongzhi.interfaces.cli.linjiang.city import Area, City, Names
from gongzhi.interfaces.cli.linjiang.naming import Namer

ROLES = (
    "officer", "commander", "grid_worker", "expert", "supplier_clerk", "logistics_clerk",
    "social_worker", "volunteer_lead", "oversight",
)  # fmt: skip
_PEOPLE = 20
_FIRM_ROLES = {
    "supplier": "supplier_clerk",
    "logistics": "logistics_clerk",
    "platform": "supplier_clerk",
}


@dataclass(frozen=True)
class LogIn:
    """One person who logs in. `unit` is the code of an organisation or of an area itself.

    `area` is the code of the area the person works for. `duty` says in one word which desk
    it is: duty, deputy, command, department, expert, street, community, grid, hospital, firm,
    social, volunteers, oversight.
    """

    login: str
    names: Names
    unit: str
    role: str
    area: str
    duty: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"There is no role {self.role!r}.")
        if not re.fullmatch(r"[a-z0-9._-]{3,60}", self.login):
            raise ValueError(f"{self.login!r} is not an ASCII log-in name.")


@dataclass(frozen=True)
class _Desk:
    login: str
    unit: str
    role: str
    area: str
    duty: str


def build_people(city: City, seed: int, one_per_grid: bool = False) -> tuple[LogIn, ...]:
    """Make the log-ins of the demo, each with a fictional name; log-in names are unique.

    Grid workers: one in each community and a pool of two in each street, or with
    `one_per_grid` one in each grid and the same pool. Command, street, community and grid
    desks have the area's own code as unit.
    """
    namer = Namer(np.random.default_rng([seed, _PEOPLE]))
    desks = [*_city_desks(city), *_district_desks(city), *_local_desks(city)]
    desks += [*_grid_desks(city, one_per_grid), *_outside_desks(city)]
    return tuple(
        LogIn(desk.login, namer.person(), desk.unit, desk.role, desk.area, desk.duty)
        for desk in desks
    )


def _slug(area: Area) -> str:
    return re.sub(r"[^a-z]", "", area.names.en.split()[0].lower())


def _command_desks(area: Area, prefix: str) -> Iterator[_Desk]:
    yield _Desk(f"{prefix}.duty", area.code, "officer", area.code, "duty")
    yield _Desk(f"{prefix}.commander", area.code, "commander", area.code, "command")


def _department_desks(city: City, area: Area, prefix: str) -> Iterator[_Desk]:
    for unit in city.organisations:
        if unit.kind == "department" and unit.area == area.code:
            login = f"{prefix}.{unit.subject}"
            yield _Desk(login, unit.code, "officer", area.code, "department")


def _city_desks(city: City) -> Iterator[_Desk]:
    root = city.root
    yield from _command_desks(root, "city")
    yield _Desk("city.deputy", root.code, "officer", root.code, "deputy")
    yield from _department_desks(city, root, "city")
    health = next(u for u in city.organisations if u.subject == "health" and u.area == root.code)
    yield _Desk("city.expert", health.code, "expert", root.code, "expert")
    yield _Desk("city.audit", f"A{root.code}", "oversight", root.code, "oversight")


def _district_desks(city: City) -> Iterator[_Desk]:
    for district in city.of_tier("district"):
        prefix = _slug(district)
        yield from _command_desks(district, prefix)
        yield from _department_desks(city, district, prefix)


def _local_desks(city: City) -> Iterator[_Desk]:
    for street in city.of_tier("street"):
        login = f"street.{_slug(street)}"
        yield _Desk(login, street.code, "officer", street.code, "street")
    for area in city.of_tier("community"):
        login = f"community.{_slug(area)}"
        yield _Desk(login, area.code, "officer", area.code, "community")


def _grid_desks(city: City, one_per_grid: bool) -> Iterator[_Desk]:
    for street in city.of_tier("street"):
        for number in (1, 2):
            login = f"grid.{_slug(street)}.{number}"
            yield _Desk(login, street.code, "grid_worker", street.code, "grid")
    for area in city.of_tier("community"):
        grids = city.children(area.code)
        if not one_per_grid:
            yield _Desk(f"grid.{_slug(area)}", area.code, "grid_worker", area.code, "grid")
            continue
        for number, grid in enumerate(grids, start=1):
            login = f"grid.{_slug(area)}.g{number}"
            yield _Desk(login, area.code, "grid_worker", grid.code, "grid")


def _outside_desks(city: City) -> Iterator[_Desk]:
    for facility in city.facilities:
        login = f"hospital.{facility.code.lower()}"
        yield _Desk(login, facility.code, "officer", facility.district, "hospital")
    for firm in city.firms:
        login = f"firm.{firm.code.lower()}"
        yield _Desk(login, firm.code, _FIRM_ROLES[firm.kind], firm.district, "firm")
    for team in city.teams:
        role, duty = "volunteer_lead", "volunteers"
        if team.kind == "social":
            role, duty = "social_worker", "social"
        yield _Desk(f"{duty}.{team.code.lower()}", team.code, role, team.area, duty)
