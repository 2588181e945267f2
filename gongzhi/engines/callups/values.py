"""What call-ups are made of: shifts, volunteers and teams, tasks, who is called already, a policy.

Places are longitude and latitude in degrees; distances are whole metres on the great circle. Worth
is counted in whole points, so that equal inputs give equal sums.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import asin, cos, isfinite, radians, sin, sqrt

EARTH_M = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""

ANYBODY = ""
"""The skill of a task that anybody can do."""

MOST_PEOPLE = 10_000

Place = tuple[float, float]


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


def _is_count(number: object, least: int, most: int = MOST_PEOPLE) -> bool:
    whole = isinstance(number, int) and not isinstance(number, bool)
    return whole and least <= number <= most  # type: ignore[operator]


def _demand_place(at: Place, who: str) -> None:
    lon, lat = at
    _demand(
        -180 <= lon <= 180 and -90 <= lat <= 90,
        f"{who}: a place is a longitude from -180 to 180 and a latitude from -90 to 90, not {at}.",
    )


def metres(a: Place, b: Place) -> int:
    """Whole metres between two places along the great circle, by haversine."""
    (lon_a, lat_a), (lon_b, lat_b) = map(radians, a), map(radians, b)
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return round(2 * EARTH_M * asin(sqrt(min(1.0, h))))


@dataclass(frozen=True, slots=True)
class Shift:
    """A time in which people are wanted: hours from now (班次)."""

    key: str
    begins_h: float
    ends_h: float

    def __post_init__(self) -> None:
        _demand(bool(self.key), "A shift must have a key.")
        _demand(
            isfinite(self.begins_h) and isfinite(self.ends_h) and self.begins_h < self.ends_h,
            f"Shift {self.key}: it must end after it begins, not {self.begins_h!r} h to "
            f"{self.ends_h!r} h.",
        )


@dataclass(frozen=True, slots=True)
class Volunteer:
    """Somebody who offers help, or a team that comes as one (志愿者).

    skills: what each of them can do. shifts: when they can come. reach_km: how far, at most.
    people: 1, or how many a team counts. leads: can lead a task. most_shifts: how many, at most;
    the policy may allow fewer.
    """

    key: str
    at: Place
    skills: frozenset[str]
    shifts: frozenset[str]
    reach_km: float = 1000.0
    people: int = 1
    leads: bool = False
    most_shifts: int = 1000

    def __post_init__(self) -> None:
        _demand(bool(self.key), "A volunteer must have a key.")
        who = f"Volunteer {self.key}"
        _demand_place(self.at, who)
        _demand(self.reach_km >= 0, f"{who}: reach_km must be 0 or more, not {self.reach_km!r}.")
        _demand(
            _is_count(self.people, 1),
            f"{who}: people must be a whole number from 1 to {MOST_PEOPLE}, not {self.people!r}.",
        )
        _demand(
            _is_count(self.most_shifts, 1),
            f"{who}: most_shifts must be a whole number from 1, not {self.most_shifts!r}; leave "
            "out whoever cannot come at all.",
        )

    def can(self, skill: str) -> bool:
        """Whether they have the skill of a task."""
        return skill == ANYBODY or skill in self.skills


@dataclass(frozen=True, slots=True)
class Task:
    """Something that needs people in one shift at one place (任务).

    headcount: people wanted. urgency: 1 is the most urgent, 3 the least. skill: what each of them
    must be able to do, "" for anybody. leader: one of them must be able to lead.
    """

    key: str
    shift: str
    at: Place
    headcount: int
    urgency: int
    skill: str = ANYBODY
    leader: bool = False

    def __post_init__(self) -> None:
        _demand(bool(self.key), "A task must have a key.")
        _demand_place(self.at, f"Task {self.key}")
        _demand(
            _is_count(self.headcount, 1),
            f"Task {self.key}: headcount must be a whole number from 1 to {MOST_PEOPLE}, not "
            f"{self.headcount!r}.",
        )
        _demand(
            _is_count(self.urgency, 1, 3),
            f"Task {self.key}: urgency is 1, 2 or 3, not {self.urgency!r}.",
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """A call-up of an earlier plan.

    firm=True: accepted, or at work; the plan takes it as a fact, whatever the rules say of it.
    firm=False: called, not yet answered; the plan prefers to keep it.
    """

    volunteer: str
    task: str
    firm: bool = False

    @property
    def pair(self) -> tuple[str, str]:
        """Who, and to what."""
        return (self.volunteer, self.task)


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts, in points (政策), and the limits that protect people.

    weights: what one person is worth to a task of urgency 1, 2, 3. leader_counts: a task without
    the leader it wants counts as so many people short. distance_cost: what a journey of reach_km
    costs, a shorter one in proportion. keep_value: what it is worth to keep a call-up.
    reach_km: nobody is sent farther. rest_h: hours between two shifts of one person.
    most_shifts: of one person, in one plan. nearest: for each person wanted, so many volunteers
    are looked at, the nearest first. gap: how far from the best answer the search may stop.
    nodes: how many branches it looks at before it stops; a time limit would not be repeatable.
    """

    version: str
    weights: tuple[int, int, int] = (1000, 300, 100)
    leader_counts: int = 2
    distance_cost: int = 50
    keep_value: int = 100
    reach_km: float = 6.0
    rest_h: float = 8.0
    most_shifts: int = 2
    nearest: int = 8
    gap: float = 5e-4
    nodes: int = 1000
    seed: int = 1

    def __post_init__(self) -> None:
        who = f"Policy {self.version or '?'}"
        _demand(bool(self.version), "A policy must have a version, so that a plan can name it.")
        first, second, third = self.weights
        _demand(
            first >= second >= third > self.distance_cost >= 0,
            f"{who}: weights {self.weights} must not rise from urgency 1 to 3, and the least must "
            f"be above distance_cost ({self.distance_cost}), or somebody near is left uncalled.",
        )
        _demand(
            0 <= self.leader_counts <= 100 and 0 <= self.keep_value <= 10**6,
            f"{who}: leader_counts is 0 to 100 and keep_value 0 to 1,000,000.",
        )
        _demand(0 < self.reach_km < 20_000, f"{who}: reach_km must be above 0 and below 20,000.")
        _demand(0 <= self.rest_h < 1000, f"{who}: rest_h must be from 0 to below 1,000 hours.")
        _demand(
            min(self.most_shifts, self.nearest, self.nodes) >= 1 and 0 <= self.gap < 1,
            f"{who}: most_shifts, nearest and nodes are at least 1, and gap is below 1.",
        )

    def weight(self, task: Task) -> int:
        """What one person more is worth to a task."""
        return self.weights[task.urgency - 1]

    def reach_m(self, volunteer: Volunteer) -> int:
        """How far a volunteer is sent, in metres."""
        return round(1000 * min(self.reach_km, volunteer.reach_km))

    def journey(self, distance_m: int, people: int) -> int:
        """What it costs that so many people travel so far; no more than at the policy's reach."""
        share = min(1.0, distance_m / (1000 * self.reach_km))
        return round(self.distance_cost * share) * people

    def shifts_of(self, volunteer: Volunteer) -> int:
        """How many shifts a volunteer is called to, at most."""
        return min(self.most_shifts, volunteer.most_shifts)

    def apart(self, one: Shift, other: Shift) -> bool:
        """Whether one person may be called to both shifts: no overlap, and rest between them."""
        early, late = sorted((one, other), key=lambda s: (s.begins_h, s.ends_h))
        return late.begins_h - early.ends_h >= self.rest_h


@dataclass(frozen=True)
class Problem:
    """All that one plan of call-ups looks at.

    standing: the call-ups of the plan before. refused: (volunteer, task) pairs that the volunteer
    has declined, or that a person has ruled out.
    """

    shifts: tuple[Shift, ...]
    volunteers: tuple[Volunteer, ...]
    tasks: tuple[Task, ...]
    standing: tuple[Standing, ...] = ()
    refused: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        for kind, keys in (
            ("shifts", [s.key for s in self.shifts]),
            ("volunteers", [v.key for v in self.volunteers]),
            ("tasks", [t.key for t in self.tasks]),
            ("standing call-ups", [s.pair for s in self.standing]),
        ):
            twice = _first_twice(keys)
            _demand(twice is None, f"Two {kind} are the same: {twice}. Give each only once.")
        self._demand_known()

    def _demand_known(self) -> None:
        """Refuse what names a shift, a volunteer or a task that is not there."""
        shifts = {s.key for s in self.shifts}
        for task in self.tasks:
            _demand(
                task.shift in shifts, f"Task {task.key}: there is no shift {task.shift!r}; add it."
            )
        for one in self.volunteers:
            strange = sorted(one.shifts - shifts)
            _demand(not strange, f"Volunteer {one.key}: there is no shift {strange}; add it.")
        for row in self.standing:
            _demand(
                row.volunteer in self.by_volunteer and row.task in self.by_task,
                f"The standing call-up of {row.volunteer} to {row.task} names somebody or a task "
                "that is not in the problem: leave out the call-ups of whoever has withdrawn.",
            )
            _demand(
                not (row.firm and row.pair in self.refused),
                f"{row.volunteer} has both accepted and refused {row.task}: leave out one.",
            )

    @cached_property
    def by_volunteer(self) -> Mapping[str, Volunteer]:
        """Volunteers by key."""
        return {v.key: v for v in self.volunteers}

    @cached_property
    def by_task(self) -> Mapping[str, Task]:
        """Tasks by key."""
        return {t.key: t for t in self.tasks}

    @cached_property
    def by_shift(self) -> Mapping[str, Shift]:
        """Shifts by key."""
        return {s.key: s for s in self.shifts}


def _first_twice(keys: Iterable[object]) -> object | None:
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def crowds(shifts: Iterable[Shift], policy: Policy) -> Iterator[tuple[str, ...]]:
    """Largest groups of shifts of which one person can be called to one only, by key.

    A shift with the rest after it is a stretch of time; those that hold one moment in common crowd
    each other. So it is enough to look at the moments when a shift begins.
    """
    order = sorted(shifts, key=lambda s: (s.begins_h, s.key))
    found: list[frozenset[str]] = []
    for now in order:
        group = frozenset(s.key for s in order if not policy.apart(s, now) and _before(s, now))
        if not any(group <= other for other in found):
            found = [other for other in found if not other <= group] + [group]
    yield from (tuple(sorted(group)) for group in found)


def _before(one: Shift, now: Shift) -> bool:
    return (one.begins_h, one.key) <= (now.begins_h, now.key)
