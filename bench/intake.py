"""Intake of reports: this house against FastAPI and asyncpg by hand, same PostgreSQL, same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field

from bench.servers import Contestant, contestants, durability

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
CONNECTIONS = 8
BATCH_SIZE = 500


@dataclass(frozen=True)
class Kind:
    """One way to send reports in, and how often slower than the bound the house may be."""

    name: str
    size: int
    target: float


KINDS = (Kind("single", 1, 4.0), Kind("batch", BATCH_SIZE, 2.0))


@dataclass
class Measured:
    """Reports per second and milliseconds per request of both, a figure per paired round."""

    ours: list[float] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """How many times the bound's time per report the house needs, round by round."""
        return [b / a for a, b in zip(self.ours, self.bound, strict=True)]


def measure() -> bool:
    """Print the table of both; true when both targets were reached."""
    with contestants() as (house, bound):
        _say_how(house)
        reached = [_measure_kind(kind, house, bound) for kind in KINDS]
        _check_kept(house)
        _check_kept(bound)
    print("Every report that was answered with 201 was found committed, in both databases.")
    return all(reached)


def _say_how(house: Contestant) -> None:
    print(
        f"Intake of reports over HTTP, {CONNECTIONS} connections, one server process each; "
        "beside the house's its clock."
    )
    print(f"PostgreSQL: {durability(house.database)}. {os.cpu_count()} processors.")
    print(f"{ROUNDS} paired rounds of {SECONDS:g} s, after one to warm up; medians.")
    print(
        f"{'':8}{'house':>10}{'bound':>10}{'ratio':>8}{'from':>7}{'to':>7}{'target':>8}"
        f"{'house p50':>12}{'p99':>9}\n{'':8}{'reports/s':>10}{'reports/s':>10}{'':38}"
        f"{'ms':>4}{'ms':>9}",
        flush=True,
    )


def _measure_kind(kind: Kind, house: Contestant, bound: Contestant) -> bool:
    measured = Measured()
    for number in range(ROUNDS + 1):
        sides = (house, bound) if number % 2 else (bound, house)
        done = {id(side): _send(side, kind, number) for side in sides}
        if number == 0:
            continue
        a, b = done[id(house)], done[id(bound)]
        measured.ours.append(a["requests"] * kind.size / a["seconds"])
        measured.bound.append(b["requests"] * kind.size / b["seconds"])
        measured.p50_ms.append(a["p50_ms"])
        measured.p99_ms.append(a["p99_ms"])
    return _tell(kind, measured)


def _tell(kind: Kind, measured: Measured) -> bool:
    ratio = statistics.median(measured.ratios)
    reached = ratio <= kind.target
    print(
        f"{kind.name:8}{statistics.median(measured.ours):>10,.0f}"
        f"{statistics.median(measured.bound):>10,.0f}{ratio:>8.2f}"
        f"{min(measured.ratios):>7.2f}{max(measured.ratios):>7.2f}{kind.target:>8.1f}"
        f"{statistics.median(measured.p50_ms):>12.1f}{statistics.median(measured.p99_ms):>9.1f}"
        f"  {'reached' if reached else 'TARGET MISSED'}",
        flush=True,
    )
    return reached


def _send(side: Contestant, kind: Kind, number: int) -> dict[str, float]:
    """One round of one side, sent by a process of its own."""
    load = {
        "host": "127.0.0.1", "port": side.port, "path": side.paths[kind.name],
        "token": side.token, "body": _body(side, kind), "seconds": SECONDS,
        "connections": CONNECTIONS, "mark": f"{kind.name}-{number}",
    }  # fmt: skip
    with side.awake():
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"], input=json.dumps(load), text=True,
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
    result: dict[str, float] = json.loads(done.stdout)
    side.acknowledged += int(result["requests"]) * kind.size
    return result


def _body(side: Contestant, kind: Kind) -> str:
    reports = [
        {"place": side.places[n % len(side.places)], "stream": "fever", "channel": "hotline",
         "text": f"{n + 1}号楼有人发热，请来看看。", "persons": 1 + n % 3}
        for n in range(kind.size)
    ]  # fmt: skip
    given = reports[0] if kind.size == 1 else {"reports": reports}
    return json.dumps(given, ensure_ascii=False)


def _check_kept(side: Contestant) -> None:
    """No answer may promise what the database does not hold; each has its line and its receipt."""
    kept = side.kept("sensing_report")
    lines = side.kept("ledger_entry WHERE verb LIKE 'sensing.receive_report%'")
    receipts = side.kept("ledger_receipt")
    if kept != side.acknowledged or lines != receipts:
        raise RuntimeError(
            f"{side.acknowledged} reports acknowledged, {kept} kept, {lines} lines, "
            f"{receipts} receipts"
        )


if __name__ == "__main__":
    sys.exit(0 if measure() else 1)
