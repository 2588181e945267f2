"""The stage of the play: a simulated clock, an agenda, the people, and what they see and do.

Nothing is written but through deeds, and nothing is read but through what a person may see.
People are rules: they look at what the house says, and put what they will do on the agenda.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils.timezone import get_current_timezone, localtime

from gongzhi.actors.queries import LISTINGS, Person, Unit, units_below, visible
from gongzhi.errors import Refused
from gongzhi.interfaces.cli.demo.tell import Narrator
from gongzhi.interfaces.cli.linjiang import City
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.deeds import CATALOGUE
from gongzhi.rounds.walk import walk

STORY_DAYS = 30
"""The days for which the story is written; a shorter play runs through it faster."""
Act = Callable[[], None]
MINUTE = timedelta(minutes=1)
ROUNDS = ("06:30", "08:50", "09:50", "16:00")
"""When the clock walks the river on every simulated day; more rounds come on demand."""


@dataclass(frozen=True)
class Calendar:
    """When the play begins and ends. `end` is the present; both are aware times."""

    end: datetime
    days: int

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError("The play needs at least one day.")
        if self.end.tzinfo is None or self.end.second or self.end.microsecond:
            raise ValueError("The play ends at a whole minute with a time zone.")

    @property
    def start(self) -> datetime:
        """08:00 local time, `days` days before the present day."""
        return self.day(0) + timedelta(hours=8)

    def day(self, number: int) -> datetime:
        """Local midnight at the beginning of a day of the play, as all times here in UTC."""
        on = localtime(self.end).date() - timedelta(days=self.days - number)
        return datetime.combine(on, time(), get_current_timezone()).astimezone(UTC)

    def number(self, when: datetime) -> int:
        """Which day of the play a moment lies in, 0 for the first."""
        return (localtime(when).date() - localtime(self.day(0)).date()).days

    def span(self, story_days: float) -> timedelta:
        """A length of the story, shortened as the whole play is."""
        return timedelta(days=story_days * self.days / STORY_DAYS)

    def story(self, day: float, hour: float) -> datetime:
        """A moment of the story, counted from the first midnight; never before the start."""
        return max(self.start, self.day(0) + self.span(day + hour / 24))


class Stage:
    """Keeps the time, the agenda and the cast; `run` plays until the present."""

    def __init__(
        self, city: City, calendar: Calendar, founder: Person, root: Unit, narrator: Narrator
    ) -> None:
        load_rooms()
        self.city, self.calendar, self.narrator = city, calendar, narrator
        self.founder, self.root = founder, root
        self.now = calendar.start
        self.done: Counter[str] = Counter()
        self.looks: list[Act] = []
        self.unit = {unit.code: unit for unit in units_below(root)}
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._number = 0
        self._rounds: set[datetime] = set()
        self._looks: set[tuple[datetime, Act]] = set()

    # Time ---------------------------------------------------------------------------------------

    def at(self, when: datetime, act: Act) -> None:
        """Put an act on the agenda; what lies beyond the present stays undone."""
        moment = max(when, self.now).astimezone(UTC).replace(second=0, microsecond=0)
        if moment <= self.calendar.end:
            self._number += 1
            heapq.heappush(self._agenda, (moment, self._number, act))

    def after(self, minutes: float, act: Act) -> None:
        """Put an act on the agenda so many minutes from now."""
        self.at(self.now + minutes * MINUTE, act)

    def daily(self, clock: str, act: Act) -> None:
        """Put an act on every day of the play at a local time; nothing before the start."""
        for number in range(self.calendar.days + 1):
            when = self.calendar.day(number) + _since_midnight(clock)
            if when >= self.calendar.start:
                self.at(when, act)

    def by_day(self, when: datetime, opens: int = 8, closes: int = 21) -> datetime:
        """The moment itself, or the next morning for those who do not work at night."""
        local = localtime(when)
        if opens <= local.hour < closes:
            return when
        morning = local.replace(hour=opens, minute=local.minute % 30)
        return morning if local.hour < opens else morning + timedelta(days=1)

    def round_at(self, when: datetime) -> None:
        """Let the clock walk at the next full five minutes; at one moment it walks once."""
        moment = when.replace(second=0, microsecond=0)
        moment += MINUTE * (-moment.minute % 5)
        if moment not in self._rounds:
            self._rounds.add(moment)
            self.at(moment, self.walk)

    def walk(self) -> None:
        """One round of the clock; then the people look at what has changed."""
        walk(by=self.founder, now=self.now)
        self.look()

    def look(self) -> None:
        """Everybody looks at what the house says, and puts on the agenda what to do about it."""
        for look in self.looks:
            look()

    def look_soon(self, look: Act) -> None:
        """Let some people look again within ten minutes, although the clock does not walk."""
        moment = self.now.replace(second=0, microsecond=0) + MINUTE
        moment += MINUTE * (-moment.minute % 10)
        if (moment, look) not in self._looks:
            self._looks.add((moment, look))
            self.at(moment, look)

    def run(self) -> None:
        """Play the agenda to its end.

        One transaction for each day of the play: one that is cut short begins anew anyway, and a
        slow disk has to sync thirty times instead of six thousand.
        """
        for number in range(self.calendar.days + 1):
            for clock in ROUNDS:
                when = self.calendar.day(number) + _since_midnight(clock)
                if when >= self.calendar.start:
                    self.round_at(when)
        while self._agenda:
            today = self.calendar.number(self._agenda[0][0])
            with transaction.atomic():
                while self._agenda and self.calendar.number(self._agenda[0][0]) == today:
                    self.now, _, act = heapq.heappop(self._agenda)
                    self.narrator.advance(self.now)
                    act()

    # People -------------------------------------------------------------------------------------

    @cached_property
    def _posts(self) -> list[Any]:
        posts = visible(LISTINGS["actors", "posts"], self.founder, self.now)
        return list(posts.select_related("person", "unit").order_by("id"))

    @cached_property
    def person(self) -> dict[str, Person]:
        """Everybody by log-in."""
        return {post.person.login: post.person for post in self._posts}

    @cached_property
    def _desks(self) -> dict[str, list[Any]]:
        desks: dict[str, list[Any]] = defaultdict(list)
        for post in self._posts:
            desks[post.unit.code].append(post)
        return desks

    def desk(self, unit: Unit, *roles: str) -> Person:
        """Who sits at a unit's desk in one of some roles, tried in the order given.

        Without roles, whoever receives what comes in: officer, clerk, lead, commander.
        """
        for role in roles or ("officer", "clerk", "lead", "commander", "grid_worker"):
            for post in self._desks.get(unit.code, ()):
                if post.role == role:
                    return post.person  # type: ignore[no-any-return]
        if unit.parent_id is None:
            return self.founder
        return self.desk(self._by_pk[unit.parent_id], *roles)

    @cached_property
    def _by_pk(self) -> dict[int, Unit]:
        return {unit.pk: unit for unit in self.unit.values()}

    @cached_property
    def _by_path(self) -> dict[str, Unit]:
        return {unit.path: unit for unit in self.unit.values()}

    @cached_property
    def _departments(self) -> dict[tuple[str, int | None], Unit]:
        departments = (unit for unit in self.unit.values() if unit.kind == "department")
        return {(unit.subject, unit.parent_id): unit for unit in departments}

    def department(self, subject: str, area: Unit) -> Unit:
        """The department of a subject that belongs to an area."""
        return self._departments[subject, area.pk]

    def above(self, unit: Unit, tier: str) -> Unit:
        """The area of a tier in which a unit stands, or which it is."""
        chain = (self._by_path[path] for path in unit.ancestor_paths())
        return next(area for area in chain if area.kind == "area" and area.tier == tier)

    # Deeds and sight ----------------------------------------------------------------------------

    def do(self, room: str, verb: str, by: Person, **inputs: Any) -> Any:
        """Perform a deed as somebody, at this moment."""
        answer = CATALOGUE[room, verb].function(**inputs, by=by, now=self.now)
        self.done[f"{room}.{verb}"] += 1
        return answer

    def attempt(self, room: str, verb: str, by: Person, **inputs: Any) -> Refused | None:
        """Perform a deed that may be refused because things moved on; returns the refusal."""
        try:
            self.do(room, verb, by, **inputs)
        except Refused as refusal:
            return refusal
        return None

    def see(self, room: str, name: str, by: Person | None = None) -> Any:
        """What a person sees of a list; without a person, what the province sees."""
        return visible(LISTINGS[room, name], by or self.founder, self.now)

    def dice(self, purpose: str) -> random.Random:
        """Chance of its own for one purpose, so that one script leaves the others as they were."""
        return random.Random(f"{self.city.seed}/{purpose}")

    def tell(self, key: str, **facts: Any) -> None:
        """Say in the terminal what just happened."""
        self.narrator.tell(self.now, key, **facts)


def _since_midnight(clock: str) -> timedelta:
    hour, minute = (int(part) for part in clock.split(":"))
    return timedelta(hours=hour, minutes=minute)
