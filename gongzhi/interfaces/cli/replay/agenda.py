"""A simulated clock: what is to happen, in the order of its times."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


class Agenda:
    """Events by time; of two at the same time, the one entered first comes first."""

    def __init__(self, seed: int, until: datetime) -> None:
        self.random = Random(seed)
        self.until = until
        self.now = until
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._entered = 0

    def at(self, when: datetime, do: Callable[[], None]) -> None:
        """Enter an event; what lies after the end of the play does not happen."""
        if when <= self.until:
            self._entered += 1
            heapq.heappush(self._events, (when, self._entered, do))

    def after(self, minutes: float, do: Callable[[], None]) -> None:
        """Enter an event so many minutes from now."""
        self.at(self.now + timedelta(minutes=minutes), do)

    def soon(self, span: list[int], do: Callable[[], None]) -> None:
        """Enter an event some minutes from now, drawn evenly between the two of `span`."""
        self.after(self.random.uniform(*span), do)

    def chance(self, share: float) -> bool:
        """Whether a draw falls into a share."""
        return self.random.random() < share

    def run(self) -> None:
        """Let everything happen."""
        while self._events:
            self.now, _, do = heapq.heappop(self._events)
            do()


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of a day in the city's zone."""
    return datetime.combine(day, time(hour, minute), ZONE)
