"""Make the organisations of the city: departments, health facilities, hubs, firms, teams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gongzhi.interfaces.cli.linjiang.city import (
    DEPARTMENT_SUBJECTS,
    Area,
    Facility,
    Firm,
    Hub,
    Names,
    Organisation,
    Product,
    Team,
)
from gongzhi.interfaces.cli.linjiang.naming import (
    Namer,
    fill,
    items,
    join,
    read_tables,
    short_name,
    word,
)
from gongzhi.interfaces.cli.linjiang.partition import shares
from gongzhi.interfaces.cli.linjiang.wards import opening_stock

# kind, grade, form of the name, how many at scale 1, beds from and to, staff per bed or in all
_FACILITY_ROWS = (
    ("hospital", "3A", "general_hospital", 3, (900, 1500), 1.5),
    ("hospital", "2A", "hospital", 6, (300, 600), 1.4),
    ("hospital", "2B", "tcm_hospital", 5, (120, 260), 1.3),
    ("fever_clinic", "", "fever_clinic", 4, (10, 24), 2.0),
    ("community_health_centre", "", "community_health_centre", 17, (12, 40), 1.8),
    ("village_clinic", "", "village_clinic", 5, (0, 0), 0.0),
)
_VILLAGE_STAFF = 3
_RESUPPLY = {"steady": (0.8, 1.1), "vague": (0.7, 1.0), "loud": (1.1, 1.2), "quiet": (0.5, 0.6)}
_TEAMS_PER_DISTRICT = 3


@dataclass
class Roll:
    """Everything registered so far, with the areas it can be placed in."""

    areas: Sequence[Area]
    namer: Namer
    rng: np.random.Generator
    units: list[Organisation] = field(default_factory=list)

    def of(self, *forms: str) -> list[Area]:
        """Areas of some forms, such as "village"."""
        return [area for area in self.areas if area.form in forms]

    def register(self, unit: Organisation) -> str:
        """Add one organisation and return its code. Errors: `ValueError` for a name in use."""
        if not self.namer.unique(unit.names):
            raise ValueError(f"The name {unit.names} is used twice.")
        self.units.append(unit)
        return unit.code

    def spot(self, area: Area) -> dict[str, Any]:
        """A point within some 150 m of the area's middle, and the codes of where that is."""
        east, north = self.rng.uniform(-1, 1, 2)
        return {
            "community": area.code,
            "street": area.code[:9],
            "district": area.code[:6],
            "lon": round(area.lon + float(east) * 0.0006, 5),
            "lat": round(area.lat + float(north) * 0.0005, 5),
        }


def add_governments(roll: Roll) -> None:
    """Eight departments of the city and of each district, and the city's oversight office."""
    tables = read_tables("words")
    for area in roll.of("city", "district"):
        for number, subject in enumerate(DEPARTMENT_SUBJECTS, start=1):
            name = fill(tables["departments"][subject], area.names)
            code = f"D{area.code}-{number}"
            roll.register(Organisation(code, "department", name, area.code, area.code, subject))
    city = roll.of("city")[0]
    name = fill(tables["oversight"], city.names)
    roll.register(Organisation(f"A{city.code}", "oversight", name, city.code, city.code))


def add_facilities(roll: Roll, scale: float) -> list[Facility]:
    """Forty health facilities at scale 1: the largest hospitals where most people live."""
    total = max(8, round(40 * scale))
    counts = shares(total, [row[3] for row in _FACILITY_ROWS], 1)
    places = _facility_places(roll, counts)
    found: list[Facility] = []
    for row, count in zip(_FACILITY_ROWS, counts, strict=True):
        for index in range(count):
            found.append(_facility(roll, row, next(places), index, len(found) + 1))
    return found


def _facility_places(roll: Roll, counts: list[int]) -> Iterator[Area]:
    """Communities for the facilities, one street after the other, large first; then villages."""
    crowded = sorted(roll.of("community"), key=lambda a: -a.residents)
    turn: dict[str, int] = {}
    met: Counter[str] = Counter()
    for area in crowded:
        turn[area.code] = met[area.code[:9]]
        met[area.code[:9]] += 1
    spread = sorted(crowded, key=lambda a: turn[a.code])
    villages = roll.of("village")
    yield from spread[: sum(counts[:-1])]
    yield from [villages[i * len(villages) // counts[-1]] for i in range(counts[-1])]


def _facility(roll: Roll, row: tuple[Any, ...], place: Area, index: int, number: int) -> Facility:
    kind, grade, form, _, (low, high), per_bed = row
    beds = int(roll.rng.integers(low, high + 1))
    staff = round(beds * per_bed) or _VILLAGE_STAFF
    code = f"H{number:03d}"
    names = _facility_name(roll, kind, form, place)
    roll.register(Organisation(code, "hospital", names, place.code, place.code[:6]))
    asking = _asking(kind, grade, index)
    return Facility(
        code=code,
        kind=kind,
        names=names,
        grade=grade,
        beds=beds,
        staff=staff,
        has_fever_clinic=kind == "fever_clinic" or grade in ("3A", "2A"),
        asking=asking,
        stock=opening_stock(beds, staff, asking, roll.rng),
        resupply=round(float(roll.rng.uniform(*_RESUPPLY[asking])), 2),
        **roll.spot(place),
    )


def _facility_name(roll: Roll, kind: str, form: str, place: Area) -> Names:
    shape = read_tables("words")["facilities"][form]
    if kind == "village_clinic":
        return fill(shape, place.names)
    if kind == "community_health_centre":
        return fill(shape, short_name(place.names))
    return fill(shape, join(word(read_tables("words")["city"]), roll.namer.place()))


def _asking(kind: str, grade: str, index: int) -> str:
    """One loud hospital, one quiet village clinic, and some who never write an amount."""
    if grade == "2A" and index == 0:
        return "loud"
    if kind == "village_clinic":
        return "quiet" if index == 0 else "vague"
    return "vague" if kind == "community_health_centre" and index % 4 == 3 else "steady"


def add_firms(roll: Roll, scale: float) -> list[Firm]:
    """Three hundred firms at scale 1: suppliers, logistics firms and platforms."""
    counts = shares(max(12, round(300 * scale)), [190, 92, 18], 3)
    kinds = ("supplier", "logistics", "platform")
    order = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
    return [_firm(roll, kind, number) for number, kind in enumerate(order, start=1)]


def _firm(roll: Roll, kind: str, number: int) -> Firm:
    trades = read_tables("words")[f"{kind}_trades"]
    trade = trades[number % len(trades)]
    places = roll.of("community", "village")
    place = places[int(roll.rng.integers(len(places)))]
    names = _firm_name(roll, place, trade)
    code = f"F{number:03d}"
    roll.register(Organisation(code, kind, names, place.code, place.code[:6]))
    return Firm(code, kind, names, **roll.spot(place), **_capacity(roll, kind, trade))


def _firm_name(roll: Roll, place: Area, trade: Mapping[str, Any]) -> Names:
    form = read_tables("words")["firm"]
    district = next(area for area in roll.areas if area.code == place.code[:6])
    short = Names(district.names.hans[:-1], district.names.hant[:-1], district.names.en[:-9])
    brand = roll.namer.brand()
    parts = [
        form[key].format(place=getattr(short, key), brand=getattr(brand, key), trade=trade[key])
        for key in ("hans", "hant", "en")
    ]
    return Names(*parts)


def _capacity(roll: Roll, kind: str, trade: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "logistics":
        vehicles = int(roll.rng.integers(4, 61))
        return {"vehicles": vehicles, "drivers": round(vehicles * float(roll.rng.uniform(1, 1.6)))}
    if kind == "platform":
        return {"services": tuple(trade["services"])}
    prices = {item.code: item.price_cents for item in items()}
    return {
        "products": tuple(
            _product(roll.rng, item, per_day, prices[item])
            for item, per_day in trade["makes"].items()
        )
    }


def _product(rng: np.random.Generator, item: str, middling: int, price: int) -> Product:
    per_day = max(1, round(middling * float(rng.lognormal(-0.5, 0.7)) / 10) * 10)
    in_stock = round(per_day * float(rng.uniform(0.5, 5)))
    return Product(item, per_day, in_stock, max(1, round(price * float(rng.uniform(0.8, 1.25)))))


def add_hubs(roll: Roll, scale: float, firms: Sequence[Firm]) -> list[Hub]:
    """Twelve warehouses at scale 1: the city's reserve, one per district, and firms' parks."""
    districts = roll.of("district")
    carriers = [firm for firm in firms if firm.kind == "logistics"]
    total = max(len(districts) + 2, round(12 * scale))
    plan = [("reserve", roll.of("city")[0])] + [("district", area) for area in districts]
    hubs = [_public_hub(roll, kind, area, n) for n, (kind, area) in enumerate(plan, start=1)]
    for number in range(len(hubs) + 1, total + 1):
        hubs.append(_park(roll, carriers[number % len(carriers)], number))
    return hubs


def _public_hub(roll: Roll, kind: str, area: Area, number: int) -> Hub:
    inside = [a for a in roll.of("community", "village") if a.code.startswith(area.code[:4])]
    inside = [a for a in inside if kind == "reserve" or a.code.startswith(area.code)]
    place = inside[len(inside) // (3 if kind == "reserve" else 2)]
    name = fill(read_tables("words")["hubs"][kind], area.names)
    operator = f"D{area.code}-{DEPARTMENT_SUBJECTS.index('emergency') + 1}"
    return _hub(roll, kind, name, operator, place, number)


def _park(roll: Roll, carrier: Firm, number: int) -> Hub:
    place = next(area for area in roll.areas if area.code == carrier.community)
    name = fill(read_tables("words")["hubs"]["commercial"], roll.namer.place())
    return _hub(roll, "commercial", name, carrier.code, place, number)


def _hub(roll: Roll, kind: str, name: Names, operator: str, place: Area, number: int) -> Hub:
    if not roll.namer.unique(name):
        raise ValueError(f"The name {name} is used twice.")
    size = {"reserve": 40_000, "district": 9_000, "commercial": 25_000}[kind]
    residents = next(a.residents for a in roll.areas if a.form == "city")
    people = residents * {"reserve": 1.0, "district": 0.1, "commercial": 0.0}[kind]
    stock = tuple((item, round(people * share)) for item, share in _RESERVE.items() if people)
    return Hub(
        code=f"W{number:02d}",
        kind=kind,
        names=name,
        operator=operator,
        capacity_m3=round(size * float(roll.rng.uniform(0.7, 1.3))),
        stock=stock,
        **roll.spot(place),
    )


# Reserve per resident; own round figures, small enough that a month of outbreak empties it.
_RESERVE = {
    "n95_mask": 0.02,
    "surgical_mask": 0.3,
    "coverall": 0.004,
    "goggles": 0.002,
    "disinfectant": 0.01,
    "antiviral": 0.004,
    "test_kit": 0.02,
    "rice": 0.5,
    "vegetables": 0.05,
    "drinking_water": 0.3,
}


def add_teams(roll: Roll, scale: float) -> list[Team]:
    """Thirty social organisations at scale 1 and three volunteer teams in each district."""
    tables = read_tables("words")
    city, districts = roll.of("city")[0], roll.of("district")
    social = max(6, round(30 * scale))
    found = []
    for number in range(social):
        form = tables["social_kinds"][number % len(tables["social_kinds"])]
        name = fill(form, join(word(tables["city"]), roll.namer.place()))
        found.append(_team(roll, f"S{number + 1:03d}", "social", name, city, form["skills"]))
    for district in districts:
        for number, form in enumerate(tables["volunteer_kinds"][:_TEAMS_PER_DISTRICT], start=1):
            name = fill(form, district.names)
            code = f"V{district.code}-{number}"
            found.append(_team(roll, code, "volunteers", name, district, form["skills"]))
    return found


def _team(roll: Roll, code: str, kind: str, name: Names, area: Area, skills: Sequence[str]) -> Team:
    roll.register(Organisation(code, kind, name, area.code, area.code))
    low, high = (8, 60) if kind == "social" else (40, 400)
    return Team(code, kind, name, area.code, int(roll.rng.integers(low, high)), tuple(skills))
