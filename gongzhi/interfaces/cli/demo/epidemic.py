"""The outbreak under the play: each day is drawn with the levels and measures in force that day."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.utils.timezone import localtime

from gongzhi.decision.queries import level_over, measures_in_force
from gongzhi.interfaces.cli.demo.stage import Stage
from gongzhi.interfaces.cli.linjiang import DayCounts, DayResult, Disease, outbreak

REPRODUCTION = 3.2
LEVEL_FACTOR = {None: 1.0, 4: 0.9, 3: 0.5, 2: 0.29, 1: 0.25}
"""What is left of transmission under a response level; own round figures for the story."""
MEASURE_FACTOR = 0.92
LEAST = 0.2


class Epidemic:
    """Draws the days one after the other, just after midnight; the first one at the start."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        calendar, city = stage.calendar, stage.city
        on = localtime(calendar.start).date()
        disease = Disease(
            reproduction_number=REPRODUCTION, first_infected=round(80 + 420 * city.scale)
        )
        plan = outbreak(city, city.seed, on, days=calendar.days + 1, disease=disease)
        self.history: tuple[DayCounts, ...] = plan.history
        self.days: list[DayResult] = []
        self.confirmed: Counter[str] = Counter()
        self._state = plan.begin()

    def begin(self) -> None:
        """Put every day of the play on the agenda."""
        stage = self.stage
        for number in range(stage.calendar.days + 1):
            stage.at(stage.calendar.day(number) + timedelta(minutes=1), self.pass_day)

    def pass_day(self) -> None:
        """Draw the next day."""
        result = self._state.step(len(self.days), self.factors())
        self.days.append(result)
        for community, cases in result.confirmed:
            self.confirmed[community] += cases

    def factors(self) -> dict[str, float]:
        """What is left of transmission in each district, from the levels and measures in force."""
        stage = self.stage
        measures = list(measures_in_force(stage.founder, stage.now))
        found = {}
        for area in stage.city.of_tier("district"):
            unit = stage.unit[area.code]
            level = level_over(unit, "epidemic")
            active = sum(unit.path.startswith(measure.area.path) for measure in measures)
            factor = LEVEL_FACTOR[level.grade if level else None] * MEASURE_FACTOR**active
            found[area.code] = max(LEAST, factor)
        return found

    def receive(self, facility: str, item: str, quantity: int) -> None:
        """Bring goods to a facility, in the outbreak's own word for the item."""
        self._state.receive(facility, item, quantity)
