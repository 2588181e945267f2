"""Published routing instances, read into problems of ours, with the best routes that are known.

The VRPLIB format, with the sections for fleets, windows, prizes and depots that its newer
collections use. Each kind has its own way to round, told in the collections' own notes.
"""

from __future__ import annotations

import json
import lzma
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gongzhi.engines.routing import NO_WAY, Plan, Problem, Stop, Vehicle, Ways
from gongzhi.engines.routing.plan import Reason, Unserved, assemble
from gongzhi.engines.routing.timing import Clock

ROUND = {"CVRP": 1, "VRPB": 1, "HFVRP": 1000, "VRPTW": 10, "PCVRPTW": 10, "MTVRPTWR": 10,
         "MDVRPTW": 1000, "SDVRPTW": 1000}  # fmt: skip
"""Units in one unit of the file; tenths are cut off, the others are rounded."""
COST_IN_FILE = {"VRPTW": 10, "HFVRP": 100 * 1000}
"""Kinds whose published cost is told in the file's units and not in ours."""
EARTH_M = 6371008.8


@dataclass(frozen=True)
class Instance:
    """One published problem: its kind, and the routes and cost published with it, if any."""

    name: str
    kind: str
    problem: Problem
    published: str = ""

    @property
    def best_cost(self) -> int:
        """The best cost that is known."""
        told = re.search(r"^Cost:?\s*([\d.]+)", self.published, re.MULTILINE)
        if told is None:
            raise ValueError(f"{self.name} comes without a cost.")
        # Some files of the mixed fleets tell it in whole units of ours already.
        is_ours = self.kind == "HFVRP" and "." not in told.group(1)
        return round(float(told.group(1)) * (1 if is_ours else COST_IN_FILE.get(self.kind, 1)))

    @property
    def best_plan(self) -> Plan:
        """The routes published with that cost, with timetables."""
        stops = {stop.key: stop for stop in self.problem.stops}
        depots = {vehicle.start for vehicle in self.problem.vehicles}
        rounds = {}
        rows = re.findall(r"^Route\s*#(\d+):(.*)$", self.published, re.MULTILINE)
        for number, row in rows:
            tours: list[list[Stop]] = [[]]
            for key in row.split():
                if key in depots:
                    tours.append([])
                else:
                    tours[-1].append(stops[key])
            rounds[self.problem.vehicles[int(number) - 1].key] = tours
        served = {stop.key for tours in rounds.values() for tour in tours for stop in tour}
        left = [Unserved(key, Reason.NOT_WORTH_IT) for key in stops if key not in served]
        return assemble(self.problem, rounds, left, Clock(self.problem))


def everything(kind: str, name: str) -> bool:
    """Wants every instance."""
    return bool(kind and name)


def instances(folder: Path, wanted: Callable[[str, str], bool] = everything) -> Iterator[Instance]:
    """Every instance of a kind we know in the archives of a folder, one by one.

    wanted: says by kind and name which are to be read.
    """
    for path in sorted(folder.glob("*.tar.xz")):
        with tarfile.open(path) as archive:
            texts = {}
            for member in archive.getmembers():
                if member.isfile() and member.name.endswith((".vrp", ".sol")):
                    source = archive.extractfile(member)
                    assert source is not None
                    texts[member.name] = source.read().decode()
        yield from _of_archive(texts, wanted)
    for path in sorted(folder.glob("*.json.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as source:
            if wanted("parcels", path.name):
                yield _deliveries(json.load(source))


def _of_archive(texts: dict[str, str], wanted: Callable[[str, str], bool]) -> Iterator[Instance]:
    answers = {Path(name).stem: text for name, text in texts.items() if name.endswith(".sol")}
    for name in sorted(name for name in texts if name.endswith(".vrp")):
        stem = Path(name).stem
        heads, sections = _parts(texts[name])
        if heads["TYPE"] in ROUND and wanted(heads["TYPE"], stem):
            problem = _problem(heads, sections)
            yield Instance(stem, heads["TYPE"], problem, answers.get(stem, ""))


def _parts(text: str) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """The heads (NAME : value) and the sections, as rows of words."""
    heads: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] in ("EOF", "-1"):
            continue
        if words[0].rstrip(":").endswith("_SECTION"):
            rows = sections.setdefault(words[0].rstrip(":").removesuffix("_SECTION"), [])
        elif ":" in line and words[0][0].isalpha():
            name, _, value = line.partition(":")
            heads[name.strip()] = value.strip()
        else:
            rows.append(words)
    return heads, sections


def _problem(heads: dict[str, str], sections: dict[str, list[list[str]]]) -> Problem:
    kind, count = heads["TYPE"], int(heads["DIMENSION"])
    scale = ROUND[kind]

    def column(section: str, head: str = "", number: int = 1) -> list[int]:
        if section in sections:
            return [_scaled(row[number], scale) for row in sections[section]]
        return [_scaled(heads.get(head, "0"), scale)] * count

    depots = max(len(sections.get("DEPOT", [["1"]])), 1)
    demand, back = column("DEMAND"), column("BACKHAUL")
    service, ready = column("SERVICE_TIME", "SERVICE_TIME"), column("RELEASE_TIME")
    timed = "TIME_WINDOW" in sections
    prizes = column("PRIZE")
    stops = tuple(
        Stop(
            str(n), str(n), (demand[n],), (back[n],),
            opens=column_of(sections, n, 1, scale) if timed else 0,
            closes=column_of(sections, n, 2, scale) if timed else None,
            service=service[n], ready=ready[n], prize=prizes[n] or None,
        )
        for n in range(depots, count)
    )  # fmt: skip
    metres = _metres(heads, sections, scale, cut=scale == 10)
    if kind == "VRPB":
        given, taken = np.array(demand) > 0, np.array(back) > 0
        metres[0, taken] = NO_WAY
        metres[np.ix_(taken, given)] = NO_WAY
    ways = Ways.of((str(n) for n in range(count)), metres)
    return Problem(stops, tuple(_fleet(heads, sections, scale, len(stops))), ways)


def column_of(sections: dict[str, list[list[str]]], row: int, number: int, scale: int) -> int:
    """One end of the window of a place."""
    return _scaled(sections["TIME_WINDOW"][row][number], scale)


def _scaled(word: str, scale: int) -> int:
    return round(float(word) * scale) if scale != 10 else int(float(word) * scale)


def _metres(
    heads: dict[str, str], sections: dict[str, list[list[str]]], scale: int, *, cut: bool
) -> np.ndarray:
    if "EDGE_WEIGHT" in sections:
        words = [int(word) for row in sections["EDGE_WEIGHT"] for word in row]
        table = np.zeros((int(heads["DIMENSION"]),) * 2, dtype=np.int64)
        table[np.tril_indices(len(table), -1)] = words
        return table + table.T
    points = np.array([[float(word) for word in row[1:3]] for row in sections["NODE_COORD"]])
    apart = points[:, None, :] - points[None, :, :]
    exact = np.sqrt((apart**2).sum(axis=2)) * scale
    return exact.astype(np.int64) if cut else np.round(exact).astype(np.int64)


def _fleet(
    heads: dict[str, str], sections: dict[str, list[list[str]]], scale: int, stops: int
) -> Iterator[Vehicle]:
    count = int(heads.get("VEHICLES", stops))
    hours = heads.get("VEHICLES_MAX_DURATION")
    reloads = "VEHICLES_RELOAD_DEPOT" in sections

    def word(section: str, number: int, otherwise: str) -> str:
        return sections[section][number][1] if section in sections else otherwise

    permits: dict[tuple[str, ...], frozenset[str]] = {}
    for number in range(count):
        depot = int(word("VEHICLES_DEPOT", number, "1")) - 1
        only = None
        if "VEHICLES_ALLOWED_CLIENTS" in sections:
            row = tuple(sections["VEHICLES_ALLOWED_CLIENTS"][number][1:])
            only = permits.setdefault(row, frozenset(str(int(key) - 1) for key in row))
        timed = "TIME_WINDOW" in sections
        yield Vehicle(
            f"v{number}", str(depot), str(depot),
            (_scaled(word("CAPACITY", number, heads.get("CAPACITY", "0")), scale),),
            shift_from=column_of(sections, depot, 1, scale) if timed else 0,
            shift_to=column_of(sections, depot, 2, scale) if timed else None,
            hours=None if hours is None else _scaled(hours, scale),
            tours=stops if reloads else 1,
            per_use=int(word("VEHICLES_FIXED_COST", number, "0")) * scale,
            per_metre=int(word("VEHICLES_UNIT_DISTANCE_COST", number, "1")),
            only=only,
        )  # fmt: skip


def _deliveries(day: dict) -> Instance:
    """A day of parcels of one hub: places in degrees, sizes, vans of one size."""
    points = [day["origin"], *(row["point"] for row in day["deliveries"])]
    lon, lat = (np.radians([point[name] for point in points]) for name in ("lng", "lat"))
    h = np.sin((lat[None] - lat[:, None]) / 2) ** 2
    h += np.cos(lat)[:, None] * np.cos(lat)[None] * np.sin((lon[None] - lon[:, None]) / 2) ** 2
    metres = np.round(2 * EARTH_M * np.arcsin(np.sqrt(h))).astype(np.int64)
    stops = tuple(
        Stop(f"d{number}", str(number), (int(row["size"]),))
        for number, row in enumerate(day["deliveries"], 1)
    )
    van = Vehicle("van", "0", "0", (int(day["vehicle_capacity"]),))
    vans = tuple(replace(van, key=f"v{number}") for number in range(len(stops)))
    ways = Ways.of((str(number) for number in range(len(points))), metres)
    return Instance(day["name"], "parcels", Problem(stops, vans, ways))
