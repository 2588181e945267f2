"""The CSV files of `gongzhi supply route`, read into what the routing engine takes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from gongzhi.engines.routing import Plan, Problem, Progress, Route, Stop, Vehicle, Visit
from gongzhi.errors import Malformed
from gongzhi.exchange.reading import decode
from gongzhi.exchange.said import Said
from gongzhi.supply.distances import Place
from gongzhi.supply.driving import Closure, Driving

COLUMNS = {
    "id": ("id", "编号", "編號"),
    "name": ("name", "名称", "名稱"),
    "lon": ("lon", "经度", "經度"),
    "lat": ("lat", "纬度", "緯度"),
    "quantity": ("quantity", "数量", "數量"),
    "collects": ("collects", "回收数量", "回收數量"),
    "opens": ("opens", "最早"),
    "closes": ("closes", "最晚"),
    "minutes": ("minutes", "分钟", "分鐘"),
    "worth": ("worth", "值多少公里"),
    "capacity": ("capacity", "容量"),
    "from": ("from", "出车", "出車"),
    "to": ("to", "收车", "收車"),
    "hours": ("hours", "驾驶小时", "駕駛小時"),
    "tours": ("tours", "趟数", "趟數"),
    "lon1": ("lon1",), "lat1": ("lat1",), "lon2": ("lon2",), "lat2": ("lat2",),
    "vehicles": ("vehicles", "车辆", "車輛"),
}  # fmt: skip
CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})")
WRITTEN = ("vehicle", "order", "stop", "name", "arrives", "leaves", "load", "why")
"""Columns of the routes that are written, and read again with --before."""


@dataclass(frozen=True)
class Spot:
    """One row of stops or vehicles: where it is, and its cells."""

    key: str
    name: str
    lon: float
    lat: float
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """All that was read: stops, vehicles, closed roads."""

    stops: tuple[Spot, ...]
    vehicles: tuple[Spot, ...]
    closures: tuple[Closure, ...]

    def problem(self, driving: Driving) -> Problem:
        """The problem of the routing engine; the refusal is its sentence."""
        places = [Place(f"s:{spot.key}", spot.lon, spot.lat) for spot in self.stops]
        places += [Place(f"v:{spot.key}", spot.lon, spot.lat) for spot in self.vehicles]
        strange = {key for row in self.closures for key in row.vehicles}
        if strange := strange - {spot.key for spot in self.vehicles}:
            raise Malformed(
                _("A closed road binds %(vehicles)s, which is no vehicle of the other file.")
                % {"vehicles": _(", ").join(sorted(strange))}
            )
        try:
            return Problem(
                tuple(_stop(spot) for spot in self.stops),
                tuple(
                    _vehicle(spot, driving.closed_to(spot.key, places, self.closures))
                    for spot in self.vehicles
                ),
                driving.ways(places, self.closures),
            )
        except ValueError as error:
            raise Malformed(str(error)) from None

    @property
    def names(self) -> dict[str, str]:
        """What stops and vehicles are called."""
        return {spot.key: spot.name for spot in (*self.stops, *self.vehicles)}


def stops(file: Path) -> tuple[Spot, ...]:
    """The stops of a file."""
    return tuple(_spots(file, ("id", "lon", "lat", "quantity")))


def vehicles(file: Path) -> tuple[Spot, ...]:
    """The vehicles of a file; they start and end where they stand."""
    return tuple(_spots(file, ("id", "lon", "lat", "capacity")))


def closures(file: Path) -> tuple[Closure, ...]:
    """The closed roads of a file."""
    found = []
    for number, cells in enumerate(_table(file, ("lon1", "lat1", "lon2", "lat2")), start=2):
        try:
            ends = [_degrees(cells, name) for name in ("lon1", "lat1", "lon2", "lat2")]
        except ValueError as error:
            raise _wrong(file, number, error) from None
        bound = frozenset(re.split(r"[\s,;，、]+", cells.get("vehicles", "").strip())) - {""}
        found.append(Closure((ends[0], ends[1]), (ends[2], ends[3]), bound))
    return tuple(found)


def _spots(file: Path, needed: Sequence[str]) -> Iterator[Spot]:
    seen: set[str] = set()
    for number, cells in enumerate(_table(file, needed), start=2):
        try:
            lon, lat = _degrees(cells, "lon"), _degrees(cells, "lat")
            spot = Spot(cells["id"], cells.get("name") or cells["id"], lon, lat, cells)
            if spot.key in seen:
                raise ValueError(_("“%(id)s” is given twice.") % {"id": spot.key})
            seen.add(spot.key)
            _stop(spot) if "quantity" in needed else _vehicle(spot, frozenset())
        except ValueError as error:
            raise _wrong(file, number, error) from None
        yield spot


def _stop(spot: Spot) -> Stop:
    cells = spot.cells
    worth = cells.get("worth", "")
    return Stop(
        spot.key, f"s:{spot.key}", (_whole(cells, "quantity"),), (_whole(cells, "collects"),),
        opens=_time(cells, "opens") or 0, closes=_time(cells, "closes"),
        service=60 * _whole(cells, "minutes"),
        prize=round(1000 * _number(worth)) if worth else None,
    )  # fmt: skip


def _vehicle(spot: Spot, closed: frozenset[tuple[str, str]]) -> Vehicle:
    cells = spot.cells
    hours = cells.get("hours", "")
    return Vehicle(
        spot.key, f"v:{spot.key}", f"v:{spot.key}", (_whole(cells, "capacity"),),
        shift_from=_time(cells, "from") or 0, shift_to=_time(cells, "to"),
        hours=round(3600 * _number(hours)) if hours else None,
        tours=_whole(cells, "tours") or 1, closed=closed,
    )  # fmt: skip


def clock_time(text: str) -> int:
    """Seconds since midnight of a time of day; after midnight the hours go on: 25:30."""
    found = CLOCK.fullmatch(text.strip())
    if found is None or int(found.group(1)) > 47 or int(found.group(2)) > 59:
        raise Malformed(_("“%(text)s” is no time. Write 08:30.") % {"text": text[:20]})
    return 3600 * int(found.group(1)) + 60 * int(found.group(2))


def _time(cells: Mapping[str, str], name: str) -> int | None:
    return clock_time(cells[name]) if cells.get(name) else None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 10**6:
        raise ValueError(_("“%(text)s” is no number.") % {"text": text[:30]})
    return number


def _degrees(cells: Mapping[str, str], name: str) -> float:
    try:
        degrees = float(cells.get(name, ""))
    except ValueError:
        degrees = 1000.0
    if not -180 <= degrees <= 180 or (name.startswith("lat") and abs(degrees) > 90):
        raise ValueError(_("“%(text)s” is no degree.") % {"text": cells.get(name, "")[:30]})
    return degrees


def _whole(cells: Mapping[str, str], name: str) -> int:
    text = cells.get(name, "")
    if text and (not text.isdecimal() or len(text) > 9):
        raise ValueError(_("“%(text)s” is no whole number.") % {"text": text[:30]})
    return int(text or 0)


def _wrong(file: Path, number: int, error: ValueError) -> Malformed:
    return Malformed(
        _("%(file)s, row %(row)s: %(why)s") % {"file": file.name, "row": number, "why": error}
    )


def rows(file: Path, needed: Sequence[str] = WRITTEN) -> list[Mapping[str, str]]:
    """The rows of a file, by heading; all the headings named have to be there."""
    decoded = decode(file.read_bytes())
    if isinstance(decoded, Said):
        said = _("The file %(file)s is no text. %(reason)s")
        raise Malformed(said % {"file": file.name, "reason": decoded.shown()})
    found = csv.DictReader(io.StringIO(decoded.text, newline=""), restval="")
    _check_heads(file, list(found.fieldnames or ()), needed)
    return [{k: (v or "").strip() for k, v in row.items() if isinstance(k, str)} for row in found]


def _table(file: Path, needed: Sequence[str]) -> list[Mapping[str, str]]:
    """The rows of a file under our own headings, empty ones left out."""
    ours = {title: name for name, known in COLUMNS.items() for title in known}
    named = [
        {
            ours[key.strip().lower()]: cell
            for key, cell in row.items()
            if key.strip().lower() in ours
        }
        for row in rows(file, ())
    ]
    heads = list(named[0]) if named else list(needed)
    _check_heads(file, heads, needed)
    return [row for row in named if any(row.values())]


def _check_heads(file: Path, heads: Sequence[str], needed: Sequence[str]) -> None:
    if missing := [name for name in needed if name not in heads]:
        raise Malformed(
            _("%(file)s has no column %(missing)s. Its first row names the columns.")
            % {"file": file.name, "missing": ", ".join(missing)}
        )


def in_force(
    before: Sequence[Mapping[str, str]], now: int, vehicles: set[str], stops: set[str]
) -> tuple[Plan, list[Progress]]:
    """The routes in force and how far each vehicle on the road has come by now."""
    routes: dict[str, list[Mapping[str, str]]] = {}
    for row in before:
        if row["vehicle"] in vehicles and (not row["stop"] or row["stop"] in stops):
            routes.setdefault(row["vehicle"], []).append(row)
    visits = {
        key: tuple(_visit(row, number) for number, row in enumerate(rows))
        for key, rows in routes.items()
        if len(rows) > 2
    }
    plan = Plan(tuple(Route(key, row, 0, 0) for key, row in visits.items()), (), 0)
    return plan, [
        _progress(route, now)
        for route in plan.routes
        if route.visits[0].leaves < now < route.visits[-1].arrives
    ]


def _visit(row: Mapping[str, str], number: int) -> Visit:
    arrives, leaves = (clock_time(row[name]) for name in ("arrives", "leaves"))
    place = f"s:{row['stop']}" if row["stop"] else f"v:{row['vehicle']}"
    key = row["stop"] or None
    return Visit(place, key, arrives, arrives, max(leaves, arrives), (number,))


def _progress(route: Route, now: int) -> Progress:
    """Where it took its last way from; what is loaded again later is not aboard yet."""
    past = [visit for visit in route.visits if visit.arrives <= now]
    ahead = route.visits[len(past) :]
    carries = []
    for visit in ahead:
        if visit.stop is None:
            break
        carries.append(visit.stop)
    done = tuple(visit.stop for visit in past if visit.stop is not None)
    last = past[-1]
    return Progress(
        route.vehicle, done, tuple(carries), last.place, max(last.leaves, now),
        route.visits[0].leaves,
    )  # fmt: skip
