"""A plan of 10,000 orders put into force, and a round over 100,000 open orders, 5 % of them due.

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
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.postgres import PostgresServer

GRIDS_EACH = 10
OPEN_ORDERS = 100_000
DUE_EACH = 20
"""One of so many open orders is late: 5 %."""


def measure() -> bool:
    """Print a line for each database; whether both targets were reached on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite = _run(f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
    with PostgresServer(durable=True) as server:
        postgres = _run(server.create_database("command"))
    print(f"\n{'':12}{'orders':>9}{'activation s':>14}{'open':>10}{'late':>8}{'walk s':>9}")
    for name, found in (("SQLite", sqlite), ("PostgreSQL", postgres)):
        print(
            f"{name:12}{found['orders']:>9,}{found['activation']:>14.2f}{found['open']:>10,}"
            f"{found['late']:>8,}{found['walk']:>9.2f}"
        )
    reached = postgres["activation"] <= 5 and postgres["walk"] <= 2
    print("targets on PostgreSQL: activation 5 s, walk 2 s:", "reached" if reached else "MISSED")
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
    from gongzhi.command.actions import activate_plan, adopt_plan, climb_late_orders
    from gongzhi.command.models import Order
    from gongzhi.sensing.models import Warning
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
    late_at = START + timedelta(days=2)
    Order.objects.update(
        state=Order.State.ISSUED, issued_at=START, due_at=late_at + timedelta(1), waiting_for=""
    )
    late = Order.objects.filter(pk__in=list(Order.objects.values_list("pk", flat=True))[::DUE_EACH])
    late.update(due_at=late_at - timedelta(hours=1))
    begun = time.perf_counter()
    climbed = climb_late_orders(by=mayor, now=late_at)
    walk = time.perf_counter() - begun
    return {
        "orders": orders, "activation": sorted(taken)[len(taken) // 2], "walk": walk,
        "open": Order.objects.count(), "late": len(climbed),
    }  # fmt: skip


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
