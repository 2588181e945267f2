"""Communities telephone and go to the door; what grid workers find comes back as reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gongzhi.actors.queries import Person, Unit
from gongzhi.fieldwork.actions import HouseholdDraft
from gongzhi.interfaces.cli.demo.epidemic import Epidemic
from gongzhi.interfaces.cli.demo.orders import LATE, Orders
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said, table

DOORS = 10
"""Doors visited in one grid of a community with cases; the others telephone only."""
CASES, COMMUNITIES_A_DAY, REST = 2, 4, timedelta(days=5)
"""Confirmed cases after which a community goes to the doors, how many do, and how soon again."""
NOBODY_IN, DECLINED, ILL, LACKS = 0.16, 0.02, 0.05, 0.10
NO_PHONE = 0.12


class Visits:
    """Officers of communities who give tasks, and grid workers who go from door to door."""

    def __init__(self, stage: Stage, epidemic: Epidemic, orders: Orders) -> None:
        self.stage, self.epidemic, self.orders = stage, epidemic, orders
        self.dice = stage.dice("visits")
        self._incident: Any = None
        self._last: dict[str, datetime] = {}

    def begin(self) -> None:
        """Take over the order of the plan that sends the communities to their residents."""
        self.orders.takers["visit-households"] = self.take_over
        self.stage.daily("08:40", self.follow_cases)

    def follow_cases(self) -> None:
        """Where cases were confirmed the day before, the community goes to the doors again."""
        if self._incident is None or len(self.epidemic.days) < 2:
            return
        stage = self.stage
        cases = sorted(self.epidemic.days[-2].confirmed, key=lambda row: (-row[1], row[0]))
        fresh = [code for code, number in cases if number >= CASES and self._rests(code)]
        for code in fresh[:COMMUNITIES_A_DAY]:
            self._last[code] = stage.now
            grids = stage.city.children(code)
            grid = stage.unit[grids[self.dice.randrange(len(grids))].code]
            self.go(grid, None, stage.desk(stage.unit[code]))

    def _rests(self, code: str) -> bool:
        """Nobody is asked twice within a few days."""
        return code not in self._last or self.stage.now - self._last[code] >= REST

    def take_over(self, order: Any, officer: Person) -> None:
        """List the doors nobody answered for on the telephone, give them out, report at the end."""
        stage, community = self.stage, order.unit
        self._incident = order.incident
        start = stage.by_day(stage.now + 30 * MINUTE, opens=8, closes=18)
        if self.epidemic.confirmed[community.code]:
            grid = stage.unit[stage.city.children(community.code)[0].code]
            self._last[community.code] = start
            stage.at(start, lambda: self.go(grid, order, officer))
        done = start + self.dice.uniform(240, 640) * MINUTE
        if self.dice.random() < LATE:
            done = stage.by_day(order.due_at + self.dice.uniform(60, 300) * MINUTE)
            stage.round_at(order.due_at + MINUTE)
        stage.at(done, lambda: self._finish(order, officer))

    def go(self, grid: Unit, order: Any, officer: Person) -> None:
        """The worker lists the doors, the officer gives them out, the visits follow."""
        stage = self.stage
        worker = stage.desk(grid, "grid_worker")
        stage.do("fieldwork", "list_households", worker, grid=grid, households=self._doors())
        tasks = stage.do(
            "fieldwork", "assign_doors", officer, grid=grid, incident=self._incident,
            worker=worker, title=said("visits.title"), order=order,
        )  # fmt: skip
        for number, task in enumerate(tasks):
            minutes = 20 + number * 11 + self.dice.uniform(0, 6)
            when = stage.by_day(stage.now + minutes * MINUTE, closes=20)
            stage.at(when, lambda t=task: self.visit(t, worker))  # type: ignore[misc]

    def _doors(self) -> list[HouseholdDraft]:
        """Doors as they stand on the worker's list; the numbers are invented."""
        first = self.dice.randint(1, 40)
        return [
            HouseholdDraft(
                building=f"{first + n // 6}栋", door=f"{1 + n % 6}0{1 + n % 4}",
                persons=self.dice.choice((1, 1, 2, 2, 3, 4)),
                has_phone=self.dice.random() > NO_PHONE,
            )
            for n in range(DOORS)
        ]  # fmt: skip

    def visit(self, task: Any, worker: Person, *, second: bool = False) -> None:
        """One door: met, nobody in, or declined; the ill come back as a report."""
        stage = self.stage
        roll = self.dice.random()
        outcome = "nobody_in" if roll < NOBODY_IN and not second else "met"
        outcome = "declined" if roll > 1 - DECLINED else outcome
        persons = task.household.persons if outcome == "met" else 0
        ill = 1 if persons and self.dice.random() < ILL else 0
        wants = said("visits.wants") if persons and self.dice.random() < LACKS else ""
        refusal = stage.attempt(
            "fieldwork", "record_visit", worker, task=task, outcome=outcome, persons_met=persons,
            persons_ill=ill, wants=wants, note=said("visits.ill") if ill else "",
            key=f"{task.pk}-{int(second)}",
        )  # fmt: skip
        if refusal is None and outcome == "nobody_in":
            again = stage.by_day(stage.now + timedelta(hours=20), opens=9, closes=19)
            stage.at(again, lambda: self.visit(task, worker, second=True))
        if ill:
            stage.tell("visit_ill", grid=task.grid)

    def _finish(self, order: Any, officer: Person) -> None:
        homes = self.stage.unit[order.unit.code].households or 0
        called = round(homes * self.dice.uniform(0.06, 0.12))
        done = order.tasks.filter(state="done").count()
        text = table("said")["done"]["visit-households"].format(called=called, visited=done)
        self.orders.finish(order, officer, text, called + done)
