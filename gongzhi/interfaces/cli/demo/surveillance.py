"""Counts come in each morning; warnings are taken on by name, or are left and climb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from gongzhi.actors.queries import Person, Unit
from gongzhi.interfaces.cli.demo.epidemic import Epidemic
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said
from gongzhi.interfaces.cli.linjiang import DayCounts
from gongzhi.sensing.actions import CountDraft

SILENT = 0.15
"""Share of warnings that nobody at the first desk takes on."""
BY_STREET = ("fever_clinic",)
"""Streams counted in every street; schools, pharmacies and the hotline count by district."""
SOURCE = "district health"


class Surveillance:
    """The health desks of the districts, and whoever is answerable for a warning."""

    def __init__(self, stage: Stage, epidemic: Epidemic) -> None:
        self.stage, self.epidemic = stage, epidemic
        self.dice = stage.dice("surveillance")
        self.is_away = False
        """Whether the desks have stopped answering: what comes now waits for the visitor."""
        self._seen: set[int] = set()
        self._climbed: set[int] = set()
        self._last = epidemic.history[-1].on

    def begin(self) -> None:
        """The past weeks come in at the start, then each morning the day before."""
        stage = self.stage
        stage.looks.append(self.look)
        stage.at(stage.calendar.start + 10 * MINUTE, self.send_history)
        stage.daily("08:20", self.send_yesterday)

    def send_history(self) -> None:
        """What was counted in the weeks before, so that the detectors know an ordinary day."""
        self._send(self.epidemic.history)
        self.stage.tell("history", days=len(self.epidemic.history))

    def send_yesterday(self) -> None:
        """The counts of the day before, district by district."""
        number = self.stage.calendar.number(self.stage.now)
        if number:
            day = self.epidemic.days[number - 1]
            self._send([DayCounts(day.on, day.counts)])

    def _send(self, days: Sequence[DayCounts]) -> None:
        stage = self.stage
        self._last = days[-1].on
        for district in stage.city.of_tier("district"):
            sums: Counter[tuple[date, str, str]] = Counter()
            for day in days:
                for row in day.counts:
                    if row.street.startswith(district.code):
                        place = row.street if row.stream in BY_STREET else district.code
                        sums[day.on, place, row.stream] += row.count
            counts = [
                CountDraft(place=stage.unit[place].pk, stream=stream, day=on, value=value)
                for (on, place, stream), value in sums.items()
            ]
            desk = stage.desk(stage.department("health", stage.unit[district.code]))
            stage.do("sensing", "record_counts", desk, source=SOURCE, counts=counts)

    # Warnings -----------------------------------------------------------------------------------

    def look(self) -> None:
        """See which warnings are new, and which nobody took on."""
        issued = self.stage.see("sensing", "warnings").filter(state="issued")
        for warning in issued.select_related("place", "climbed_to").order_by("id"):
            if warning.pk not in self._seen:
                self._seen.add(warning.pk)
                self._notice(warning)
            elif warning.climbed_to is not None and warning.pk not in self._climbed:
                self._climbed.add(warning.pk)
                self._notice_above(warning)

    def _notice(self, warning: Any) -> None:
        stage = self.stage
        stage.tell(
            "warning", level=warning.level, place=warning.place, stream=warning.stream,
            count=warning.numbers["count"],
        )  # fmt: skip
        if self.is_away:
            return
        if self.dice.random() < SILENT:
            stage.round_at(warning.acknowledge_by + MINUTE)
            return
        desk = self._desk(warning.place)
        stage.after(self.dice.uniform(3, 17), lambda: self._take(warning, desk, "note"))

    def _notice_above(self, warning: Any) -> None:
        stage = self.stage
        stage.tell("warning_climbed", place=warning.place, upper=warning.climbed_to)
        desk = stage.desk(warning.climbed_to)
        stage.after(self.dice.uniform(5, 40), lambda: self._take(warning, desk, "note_above"))

    def _desk(self, place: Unit) -> Person:
        """A street looks after its own; in a district or the city it is the health desk."""
        if place.tier == "street":
            return self.stage.desk(place)
        return self.stage.desk(self.stage.department("health", place))

    def _take(self, warning: Any, desk: Person, note: str) -> None:
        notes = f"warning.{note}_{self.dice.randint(1, 3)}"
        self.stage.attempt(
            "sensing", "acknowledge_warning", desk, warning=warning, note=said(notes)
        )

    def late_result(self, place: Unit, stream: str, value: int) -> None:
        """A late figure of the last counted day for one place; it replaces the earlier one."""
        stage = self.stage
        desk = stage.desk(stage.department("health", stage.above(place, "district")))
        draft = CountDraft(place=place.pk, stream=stream, day=self._last, value=value)
        stage.do("sensing", "record_counts", desk, source=SOURCE, counts=[draft])
