"""A slow interpreter of plans: plain dictionaries, everything looked up anew each time.

It says by the rules of docs/reference/plan-format.md what every order is in, so that the rows
can be held against it. It knows units by their codes and parents only, and no database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.rooms.cast import AREAS, MEMBERS

UNITS: dict[str, dict[str, str]] = {
    "C": {"parent": "", "kind": "area", "tier": "city", "subject": ""},
    **{c: {"parent": p, "kind": "area", "tier": t, "subject": ""} for c, p, _n, t in AREAS},
    **{c: {"parent": p, "kind": k, "tier": t, "subject": s} for c, p, _n, k, t, s in MEMBERS},
}
PHASES = ("prevent", "control", "treat", "clear")
AGAIN = timedelta(minutes=60)
Name = tuple[str, str]
"""Key and first unit of an order."""


@dataclass
class TwinOrder:
    """One order as it is now."""

    unit: str
    minutes: int
    waits: set[Name]
    ladder: list[dict[str, Any]]
    state: str = "waiting"
    due_at: datetime | None = None
    version: int = 1
    offered_to: str = ""
    climbs: list[tuple[str, datetime]] = field(default_factory=list)


def above(code: str) -> list[str]:
    """The units above one, the nearest first; all of them are areas."""
    found = []
    while UNITS[code]["parent"]:
        code = UNITS[code]["parent"]
        found.append(code)
    return found


def home(code: str) -> str:
    return code if UNITS[code]["kind"] == "area" else UNITS[code]["parent"]


def in_line(one: str, other: str) -> bool:
    a, b = home(one), home(other)
    return a == b or a in above(b) or b in above(a)


def receives(code: str, to: dict[str, str]) -> bool:
    unit = UNITS[code]
    if unit["kind"] == "area":
        return to["each"] == unit["tier"]
    return all(
        (to["each"] == unit["kind"], to.get("subject", unit["subject"]) == unit["subject"],
         to.get("tier", unit["tier"]) == unit["tier"])
    )  # fmt: skip


class Twin:
    """A plan in force, and what people and the clock do to its orders."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.by_key = {order["key"]: order for order in plan["orders"]}
        self.orders: dict[Name, TwinOrder] = {}
        self.begun: set[str] = set()

    def phase_of(self, key: str) -> str:
        order = self.by_key[key]
        behind = [self.phase_of(earlier) for earlier in order.get("after", [])]
        latest = max((PHASES.index(p) for p in behind if p), default=-1)
        return order.get("phase", PHASES[latest] if latest >= 0 else "")

    def give(self, phases: set[str], now: datetime) -> set[Name]:
        """Give the orders of no phase and of these; what waits for nothing open is issued."""
        self.begun |= phases
        new = {
            (key, code)
            for key, order in self.by_key.items()
            for code in UNITS
            if self.phase_of(key) in {"", *self.begun} and receives(code, order["to"])
        } - set(self.orders)
        for key, code in new:
            order = self.by_key[key]
            ladder = order.get("escalation", self.plan.get("escalation", []))
            self.orders[key, code] = TwinOrder(code, order["minutes"], set(), ladder)
        for key, code in new:
            for earlier in self.by_key[key].get("after", []):
                self.orders[key, code].waits |= self.awaited(earlier, code)
        self.issue_ready(now)
        return new

    def awaited(self, key: str, code: str) -> set[Name]:
        if (key, code) in self.orders:
            return {(key, code)}
        return {name for name in self.orders if name[0] == key and in_line(name[1], code)}

    def issue_ready(self, now: datetime) -> None:
        for order in self.orders.values():
            if order.state == "waiting" and self.is_ready(order):
                self.issue(order, now)

    def is_ready(self, order: TwinOrder) -> bool:
        return all(self.orders[name].state == "done" for name in order.waits)

    @staticmethod
    def issue(order: TwinOrder, now: datetime) -> None:
        order.state, order.due_at = "issued", now + timedelta(minutes=order.minutes)

    def broken_behind(self, name: Name) -> bool:
        """Whether something broken holds this waiting order up, here or further up."""
        return any(
            self.orders[n].state in ("failed", "withdrawn")
            or (self.orders[n].state == "waiting" and self.broken_behind(n))
            for n in self.orders[name].waits
        )

    # What people do: each says whether it is possible -----------------------------------------

    def accept(self, order: TwinOrder, _now: datetime) -> bool:
        if order.state != "issued":
            return False
        order.state = "accepted"
        return True

    def finish(self, order: TwinOrder, now: datetime) -> bool:
        if order.state not in ("issued", "accepted"):
            return False
        order.state, order.offered_to = "done", ""
        self.issue_ready(now)
        return True

    def fail(self, order: TwinOrder, _now: datetime) -> bool:
        if order.state not in ("issued", "accepted"):
            return False
        order.state, order.offered_to = "failed", ""
        return True

    def reissue(self, order: TwinOrder, now: datetime, minutes: int) -> bool:
        if order.state != "failed":
            return False
        order.minutes = minutes
        self.issue(order, now)
        return True

    def extend(self, order: TwinOrder, now: datetime, minutes: int) -> bool:
        if order.state not in ("issued", "accepted"):
            return False
        order.due_at = now + timedelta(minutes=minutes)
        return True

    def release(self, order: TwinOrder, now: datetime) -> bool:
        if order.state != "waiting":
            return False
        self.issue(order, now)
        return True

    def withdraw(self, order: TwinOrder, _now: datetime) -> bool:
        if order.state in ("done", "withdrawn"):
            return False
        order.state, order.offered_to = "withdrawn", ""
        return True

    def amend(self, order: TwinOrder, now: datetime, minutes: int, unit: str) -> bool:
        if order.state not in ("waiting", "issued", "accepted"):
            return False
        order.minutes, order.unit, order.offered_to = minutes, unit, ""
        order.version += 1
        if order.state != "waiting":
            self.issue(order, now)
        return True

    def offer(self, order: TwinOrder, _now: datetime, unit: str) -> bool:
        if order.state not in ("issued", "accepted") or order.offered_to == unit:
            return False
        order.offered_to = unit
        return True

    def take_over(self, order: TwinOrder, _now: datetime) -> bool:
        if not order.offered_to:
            return False
        order.unit, order.state, order.offered_to = order.offered_to, "accepted", ""
        order.version += 1
        return True

    def decline(self, order: TwinOrder, _now: datetime) -> bool:
        if not order.offered_to:
            return False
        order.offered_to = ""
        return True

    # What the clock does ----------------------------------------------------------------------

    def clock(self, now: datetime) -> None:
        """Take every late order up its ladder, one step at most."""
        for order in self.orders.values():
            late = order.due_at is not None and order.due_at <= now
            if late and order.state in ("issued", "accepted"):
                self.climb(order, now)

    def climb(self, order: TwinOrder, now: datetime) -> None:
        known = {code for code, _at in order.climbs}
        for code, wait in self.ladder(order):
            if code not in known:
                since = order.climbs[-1][1] if order.climbs else order.due_at
                assert since is not None
                if since + wait <= now:
                    order.climbs.append((code, now))
                return

    def ladder(self, order: TwinOrder) -> list[tuple[str, timedelta]]:
        chain = above(order.unit)
        steps: list[tuple[str, timedelta]] = []
        for rung in order.ladder:
            tier = [code for code in chain if UNITS[code]["tier"] == rung.get("tier")]
            whom = [rung["unit"]] if rung.get("unit") in UNITS else tier
            if whom and whom[0] not in [order.unit, *(code for code, _w in steps)]:
                steps.append((whom[0], timedelta(minutes=rung["minutes"])))
        named = [chain.index(code) for code, _wait in steps if code in chain]
        rest = chain[max(named, default=-1) + 1 :]
        waits = [AGAIN if steps else timedelta(0), *[AGAIN] * len(rest)]
        return [*steps, *zip(rest, waits, strict=False)]
