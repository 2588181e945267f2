"""A plan of 10,000 orders put into force, and a round over 100,000 open orders, 5 % of them due.

The same plan runs in SpiffWorkflow on the same machine (bench/engines.py), for the ratio.

Run for one database by `measure`; a process of its own founds a city of 4,800 grids through the
real deeds, so that tree, posts and plan are as large as a city's. The figures are seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.postgres import PostgresServer

GRIDS_EACH = 10
OPEN_ORDERS = 100_000
DUE_EACH = 20
"""One of so many open orders is late: 5 %."""
FINISHED = 100
"""Orders that are reported done one by one, each a deed of its own on disk."""
TIMES = 20
"""How many times faster than SpiffWorkflow a whole run is to be."""


def measure() -> bool:
    """Print a line for each database and the ratio; whether all targets were reached."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite = _run(f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
    with PostgresServer(durable=True) as server:
        postgres = _run(server.create_database("command"))
    heads = (
        f"{'orders':>9}{'activation s':>14}{'one done ms':>13}{'open':>10}{'late':>8}{'walk s':>9}"
    )
    print(f"\n{'':12}{heads}")
    for name, found in (("SQLite", sqlite), ("PostgreSQL", postgres)):
        print(
            f"{name:12}{found['orders']:>9,}{found['activation']:>14.2f}"
            f"{found['finish'] * 1000:>13.1f}{found['open']:>10,}{found['late']:>8,}"
            f"{found['walk']:>9.2f}"
        )
    in_time = postgres["activation"] <= 5 and postgres["walk"] <= 2
    print("targets on PostgreSQL: activation 5 s, walk 2 s:", "reached" if in_time else "MISSED")
    return _compared(sqlite, postgres) and in_time


def _compared(sqlite: dict[str, Any], postgres: dict[str, Any]) -> bool:
    """Print what SpiffWorkflow takes for as many tasks; whether a whole run is fast enough."""
    counts = [str(sqlite["by_key"][key]) for key in ("list", "watch")]
    done = subprocess.run(
        [sys.executable, "-m", "bench.engines", *counts], text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    other: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    orders = sqlite["orders"]
    print(
        f"SpiffWorkflow in memory, {orders:,} tasks: activation {other['activation']:.2f} s, one "
        f"done {other['finish'] * 1000:.1f} ms; to write its state {other['save']:.2f} s"
    )
    whole = other["activation"] + orders * other["finish"]
    ratios = {}
    for name, found in (("SQLite", sqlite), ("PostgreSQL", postgres)):
        ratios[name] = whole / (found["activation"] + orders * found["finish"])
        first = other["activation"] / found["activation"]
        print(f"times faster, {name}: activation {first:.1f}, whole run {ratios[name]:.0f}")
    reached = min(ratios.values()) >= TIMES
    print(f"target: a whole run {TIMES} times faster:", "reached" if reached else "MISSED")
    return reached


def _run(url: str) -> dict[str, Any]:
    environment = {
        **os.environ, "GONGZHI_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "gongzhi.site.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bench.command"], env=environment, text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _play() -> dict[str, Any]:
    """Found, activate until so many orders are open, make one in twenty late, walk once."""
    from gongzhi.command.actions import (
        activate_plan,
        adopt_plan,
        climb_late_orders,
        propose_phases,
    )
    from gongzhi.command.models import Order
    from gongzhi.sensing.models import Warning
    from gongzhi.supply.actions import state_needs_of_orders
    from tests.rooms.cast import START
    from tests.rooms.upstream import crisis, plan_document, plan_order

    city = _city()
    mayor = city.person("mayor")
    plan = adopt_plan(
        document=plan_document(
            plan_order("list", {"each": "community"}),
            plan_order("watch", {"each": "grid"}),
            plan_order("report", {"each": "grid"}, after=["watch"]),
        ),
        by=mayor, now=START,
    )  # fmt: skip
    taken: list[float] = []
    while Order.objects.count() < OPEN_ORDERS:
        up = crisis(city, emergency=False)
        begun = time.perf_counter()
        activate_plan(plan=plan, incident=up.incident, decision=up.decision, by=mayor, now=START)
        taken.append(time.perf_counter() - begun)
        Warning.objects.update(state="ended", ended_at=START)
    orders = Order.objects.count() // len(taken)
    keys = Order.objects.values_list("key", flat=True)
    by_key = {key: n // len(taken) for key, n in Counter(keys).items()}
    finish = _finished(mayor)
    late_at = START + timedelta(days=2)
    Order.objects.update(
        state=Order.State.ISSUED, issued_at=START, due_at=late_at + timedelta(1), waiting_for=""
    )
    late = Order.objects.filter(pk__in=list(Order.objects.values_list("pk", flat=True))[::DUE_EACH])
    late.update(due_at=late_at - timedelta(hours=1))
    begun = time.perf_counter()
    propose_phases(by=mayor, now=late_at)
    climbed = climb_late_orders(by=mayor, now=late_at)
    state_needs_of_orders(by=mayor, now=late_at)
    walk = time.perf_counter() - begun
    return {
        "orders": orders, "activation": sorted(taken)[len(taken) // 2], "walk": walk,
        "open": Order.objects.count(), "late": len(climbed), "finish": finish, "by_key": by_key,
    }  # fmt: skip


def _finished(by: Any) -> float:
    """Seconds for one order to be reported done, so that the one behind it is issued."""
    from gongzhi.command.actions import finish_order
    from gongzhi.command.models import Order
    from tests.rooms.cast import START

    ready = list(Order.objects.filter(key="watch").order_by("-id")[:FINISHED])
    begun = time.perf_counter()
    for order in ready:
        finish_order(order=order, result="Done.", by=by, now=START)
    return (time.perf_counter() - begun) / len(ready)


def _city() -> Any:
    """The tests' city and its people, with further streets, communities and grids."""
    from gongzhi.actors.actions import found_units
    from tests.rooms.cast import START, small_city

    city = small_city()
    rows = [_row(f"X{s}", f"D{s % 2 + 1}", "street") for s in range(48)]
    rows += [_row(f"X{s}K{k}", f"X{s}", "community") for s in range(48) for k in range(10)]
    rows += [
        _row(f"X{s}K{k}G{g}", f"X{s}K{k}", "grid")
        for s in range(48) for k in range(10) for g in range(GRIDS_EACH)
    ]  # fmt: skip
    found_units(parent=city["C"], units=rows, by=city.person("founder"), now=START)
    return city


def _row(code: str, parent: str, tier: str) -> dict[str, Any]:
    return {"parent_code": parent, "code": code, "name": code, "kind": "area", "tier": tier}


def _founded() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    _founded()
    print(json.dumps(_play()))
