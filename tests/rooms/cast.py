"""A small city for the rooms' tests: one city, two districts, streets, departments, people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from gongzhi.actors.actions import found_house, found_root, found_units
from gongzhi.actors.models import Facility, Person, Post, Role, Unit

START = datetime(2021, 3, 1, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai."""


@dataclass
class City:
    """Units by code, people by log-in, facilities by name."""

    units: dict[str, Unit]
    people: dict[str, Person]
    facilities: dict[str, Facility]

    def __getitem__(self, code: str) -> Unit:
        return self.units[code]

    def person(self, login: str) -> Person:
        return self.people[login]


AREAS = [
    ("D1", "C", "东岸区", "district"),
    ("D2", "C", "西岸区", "district"),
    ("S11", "D1", "桥头街道", "street"),
    ("S12", "D1", "钟楼街道", "street"),
    ("S21", "D2", "渡口街道", "street"),
    ("K111", "S11", "桥头一社区", "community"),
    ("K112", "S11", "桥头二社区", "community"),
    ("K211", "S21", "渡口一社区", "community"),
    ("G1111", "K111", "第一网格", "grid"),
    ("G1112", "K111", "第二网格", "grid"),
    ("G2111", "K211", "第一网格", "grid"),
]
MEMBERS = [
    ("HEALTH", "C", "市卫生健康委员会", "department", "city", "health"),
    ("WATER", "D1", "东岸区水务局", "department", "district", "water"),
    ("POWER", "D1", "东岸区供电局", "department", "district", "power"),
    ("HEALTH1", "D1", "东岸区卫生健康局", "department", "district", "health"),
    ("HEALTH2", "D2", "西岸区卫生健康局", "department", "district", "health"),
    ("H1", "D1", "东岸区人民医院", "hospital", "district", ""),
    ("H2", "D2", "西岸区人民医院", "hospital", "district", ""),
    ("SUP", "C", "江东医疗用品公司", "supplier", "city", ""),
    ("LOG", "C", "临江物流公司", "logistics", "city", ""),
    ("SOC", "C", "临江志愿服务联合会", "social", "city", ""),
]
POSTS = [
    ("mayor", "C", "commander", None),
    ("city-duty", "C", "officer", None),
    ("city-health", "HEALTH", "officer", "C"),
    ("expert", "HEALTH", "expert", "C"),
    ("d1-chief", "D1", "commander", None),
    ("d1-duty", "D1", "officer", None),
    ("d2-chief", "D2", "commander", None),
    ("d2-duty", "D2", "officer", None),
    ("s11-duty", "S11", "officer", None),
    ("s11-duty-2", "S11", "officer", None),
    ("s12-duty", "S12", "officer", None),
    ("s21-duty", "S21", "officer", None),
    ("k111-worker", "K111", "officer", None),
    ("g1111-worker", "G1111", "grid_worker", None),
    ("g1112-worker", "G1112", "grid_worker", None),
    ("g2111-worker", "G2111", "grid_worker", None),
    ("water", "WATER", "officer", None),
    ("power", "POWER", "officer", None),
    ("health1", "HEALTH1", "officer", None),
    ("h1-clerk", "H1", "clerk", None),
    ("h2-clerk", "H2", "clerk", None),
    ("sup-clerk", "SUP", "clerk", None),
    ("log-clerk", "LOG", "clerk", None),
    ("soc-lead", "SOC", "lead", None),
    ("auditor", "C", "oversight", None),
]


def small_city(now: datetime = START) -> City:
    """Found the city through the real actions and appoint its people (no log-in passwords)."""
    founder = found_house(
        login="founder", password="a long founding phrase", name="创建人", now=now
    )
    root = found_root(code="C", name="临江市", tier="city", by=founder, now=now)
    rows = [
        {"parent_code": p, "code": c, "name": n, "kind": "area", "tier": t,
         "population": 1000, "lon": 118.2 + i / 100, "lat": 30.9}
        for i, (c, p, n, t) in enumerate(AREAS)
    ]  # fmt: skip
    rows += [
        {"parent_code": p, "code": c, "name": n, "kind": k, "tier": t, "subject": s,
         "lon": 118.25 + i / 100, "lat": 30.95}
        for i, (c, p, n, k, t, s) in enumerate(MEMBERS)
    ]  # fmt: skip
    found_units(parent=root, units=rows, by=founder, now=now)
    units = {unit.code: unit for unit in Unit.objects.all()}
    appointed = Person.objects.bulk_create(
        Person(login=login, name=f"{login}先生", password="!") for login, *_ in POSTS
    )
    people = {person.login: person for person in (founder, *appointed)}
    Post.objects.bulk_create(
        Post(person=people[login], unit=units[code], area=units[area or code], role=Role(role),
             starts_at=now)
        for login, code, role, area in POSTS
    )  # fmt: skip
    facilities = Facility.objects.bulk_create(
        Facility(unit=units[code], place=units[code].parent, kind=kind, name=units[code].name,
                 beds=200, lon=units[code].lon, lat=units[code].lat)
        for code, kind in (("H1", "hospital"), ("H2", "hospital"), ("SUP", "hub"))
    )  # fmt: skip
    return City(units, people, {facility.unit.code: facility for facility in facilities})
