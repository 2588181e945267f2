"""Set the stage of a replay: units, posts and facilities from the divisions and the lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gongzhi.actors.actions import (
    appoint_many,
    found_house,
    found_root,
    found_units,
    open_facilities,
)  # fmt: skip
from gongzhi.actors.queries import Kind, Person, Role, Tier, Unit, units_below
from gongzhi.interfaces.cli.replay.reading import City, Material

NO_LOG_IN = "!"
"""A password hash nobody can log in with: the people of a replay are rules."""
SUBJECT_NAMES = {
    "health": "卫生健康委员会", "civil_affairs": "民政局", "transport": "交通运输局",
    "market": "市场监督管理局", "police": "公安局", "emergency": "应急管理局",
    "water": "水务局", "power": "供电局",
}  # fmt: skip
HUB = "HUB"


@dataclass
class Stage:
    """The cast of a replay: units and people by code, found through the real actions."""

    material: Material
    clock: Person
    root: Unit
    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[tuple[str, str], Person] = field(default_factory=dict)
    facilities: dict[str, Any] = field(default_factory=dict)

    def who(self, unit: Unit, role: str = Role.OFFICER) -> Person:
        """The person who holds a role in a unit."""
        return self.people[unit.code, role]

    def desk(self, unit: Unit) -> Person:
        """Whoever answers for a unit: its duty officer, or the clerk of a hospital or firm."""
        role = Role.OFFICER if unit.kind in (Kind.AREA, Kind.DEPARTMENT) else Role.CLERK
        return self.people[unit.code, role]

    def add(self, rows: list[dict[str, Any]], now: datetime) -> None:
        """Found units and give each its people."""
        found_units(parent=self.root, units=rows, by=self.clock, now=now)
        fresh = {row["code"] for row in rows}
        made = [u for u in units_below(self.root).select_related("parent") if u.code in fresh]
        self.units |= {u.code: u for u in made}
        posts = [post for unit in made for post in _posts(unit)]
        appoint_many(area=self.root, posts=posts, password_hash=NO_LOG_IN, by=self.clock, now=now)
        logins = {p["login"]: (p["unit"].code, p["role"]) for p in posts}
        for person in Person.objects.filter(login__in=logins):
            self.people[logins[person.login]] = person

    def open(self, unit: Unit, place: Unit, kind: str, now: datetime) -> None:
        """Open the facility of a hospital or a hub."""
        values = {"unit": unit, "place": place, "kind": kind, "name": unit.name}
        open_facilities(area=self.root, facilities=[values], by=self.clock, now=now)
        self.facilities[unit.code] = unit.facilities.get()


def _posts(unit: Unit) -> list[dict[str, Any]]:
    if unit.kind == Kind.AREA:
        roles = [Role.OFFICER, Role.COMMANDER]
    elif unit.kind == Kind.DEPARTMENT:
        roles = [Role.OFFICER, Role.EXPERT]
    else:
        roles = [Role.CLERK]
    area = unit.parent if unit.kind == Kind.DEPARTMENT else unit
    return [
        {"login": f"{unit.code}.{role}", "name": f"{unit.name} {role.value}", "unit": unit,
         "area": area, "role": role}
        for role in roles
    ]  # fmt: skip


def set_stage(material: Material, now: datetime) -> Stage:
    """Found the province with its cities, districts and departments."""
    clock = found_house(login="clock", password="nobody logs in here", name="clock", now=now)
    province = material.province
    root = found_root(code=province.code, name=province.name, tier=Tier.PROVINCE, by=clock, now=now)
    stage = Stage(material, clock, root, units={root.code: root})
    stage.people[root.code, Role.COMMANDER] = clock
    rows: list[dict[str, Any]] = []
    for city in material.cities:
        rows += _city_rows(city, root.code, material.scenario.departments)
    rows.append(_member(f"{root.code}-health", root, "health", "省卫生健康委员会"))
    rows.append(
        {"parent_code": root.code, "code": HUB, "kind": Kind.SUPPLIER, "tier": Tier.PROVINCE,
         "name": "省应急物资总仓（假定）"}
    )  # fmt: skip
    stage.add(rows, now)
    stage.open(stage.units[HUB], root, "hub", now)
    return stage


def _city_rows(city: City, above: str, departments: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = [_area(city.code, city.name, above, Tier.CITY)]
    rows += [_area(d.code, d.name, city.code, Tier.DISTRICT) for d in city.districts]
    for subject in departments:
        rows.append(_department(city.code, city.name, subject, Tier.CITY))
    for district in city.districts:
        rows.append(_department(district.code, district.name, "health", Tier.DISTRICT))
    return rows


def _area(code: str, name: str, above: str, tier: Tier) -> dict[str, Any]:
    return {"parent_code": above, "code": code, "name": name, "kind": Kind.AREA, "tier": tier}


def _department(above: str, name: str, subject: str, tier: Tier) -> dict[str, Any]:
    return {
        "parent_code": above, "code": f"{above}-{subject}", "kind": Kind.DEPARTMENT, "tier": tier,
        "subject": subject, "name": f"{name}{SUBJECT_NAMES[subject]}",
    }  # fmt: skip


def _member(code: str, above: Unit, subject: str, name: str) -> dict[str, Any]:
    return {
        "parent_code": above.code, "code": code, "kind": Kind.DEPARTMENT, "tier": above.tier,
        "subject": subject, "name": name,
    }  # fmt: skip
