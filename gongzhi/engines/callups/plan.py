"""The answer: who is called where, how far each task is staffed, and why no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Short(StrEnum):
    """What keeps a task from more people; each is decided by a rule in `explain`."""

    NONE = "staffed"
    SKILL = "nobody with the skill"
    SHIFT = "nobody offers the shift"
    FAR = "too far"
    REFUSED = "declined by those near"
    ALL_HERE = "all who can come are called here"
    URGENT = "others are more urgent"
    STANDING = "called elsewhere already"
    EXCHANGE = "needed elsewhere"
    REST = "rest"
    LIMIT = "most shifts reached"
    TEAM = "teams larger than the gap"
    FULL = "all places are taken"

    @property
    def sentence(self) -> str:
        """The reason as a sentence for whoever asked for people."""
        return _SHORT[self]


_SHORT = {
    Short.NONE: "All who were asked for are called.",
    Short.SKILL: "Nobody who offers help has the skill.",
    Short.SHIFT: "Nobody with the skill offers this shift.",
    Short.FAR: "Those who could do it live too far away.",
    Short.REFUSED: "Those near enough have declined it.",
    Short.ALL_HERE: "All who can come are called here; there is nobody else.",
    Short.URGENT: "Most who could come are called to tasks that are as urgent or more urgent.",
    Short.STANDING: "Most who could come were called to other tasks before, and are not moved.",
    Short.EXCHANGE: "Most who could come are called elsewhere, where more would be lost.",
    Short.REST: "Most who could come are called to a shift too close to this one, and must rest.",
    Short.LIMIT: "Most who could come are called to as many shifts as they may be.",
    Short.TEAM: "Only teams are free, larger than the places left.",
    Short.FULL: "Those who could lead are free, but all places are taken by others.",
}


class Uncalled(StrEnum):
    """Why somebody who offers help is not called."""

    NO_TASK = "no task in the shifts offered"
    SKILL = "no task for the skills"
    FAR = "too far"
    REFUSED = "declined"
    FULL = "all tasks in reach are staffed"
    TEAM = "larger than any place left"

    @property
    def sentence(self) -> str:
        """The reason as a sentence for the person who offered."""
        return _UNCALLED[self]


_UNCALLED = {
    Uncalled.NO_TASK: "No task needs people in the shifts offered.",
    Uncalled.SKILL: "The tasks in the shifts offered need other skills.",
    Uncalled.FAR: "The tasks that would suit are too far away.",
    Uncalled.REFUSED: "The tasks in reach that would suit were declined.",
    Uncalled.FULL: "The tasks in reach have all the people they asked for.",
    Uncalled.TEAM: "The tasks in reach that still need people need fewer than the team counts.",
}


@dataclass(frozen=True, slots=True, order=True)
class CallUp:
    """One volunteer or team is called to one task."""

    task: str
    volunteer: str
    distance_m: int
    people: int = 1
    kept: bool = False
    firm: bool = False


@dataclass(frozen=True, slots=True)
class TaskLine:
    """How far a task is staffed.

    leader: who leads it, "" where nobody does. held: of those who could come and are not called
    here, how many are held by what. unled: why nobody leads it, None where none is missing.
    """

    task: str
    urgency: int
    wanted: int
    staffed: int
    leader: str
    reason: Short
    held: Mapping[Short, int]
    unled: Short | None
    policy: str

    def __str__(self) -> str:
        text = f"{self.task} (urgency {self.urgency}): {self.staffed:,} of {self.wanted:,}. "
        text += self.reason.sentence
        if self.held:
            counts = ", ".join(f"{count:,} {reason}" for reason, count in self.held.items())
            text += f" ({counts})"
        if self.unled is not None:
            text += f" Nobody leads it: {self.unled}."
        return text


@dataclass(frozen=True, slots=True)
class VolunteerLine:
    """What became of one offer of help: the tasks called to, or why none."""

    volunteer: str
    tasks: tuple[str, ...]
    why: Uncalled | None

    def __str__(self) -> str:
        if self.why is None:
            return f"{self.volunteer}: called to {', '.join(self.tasks)}."
        return f"{self.volunteer}: not called. {self.why.sentence}"


@dataclass(frozen=True, slots=True)
class UrgencyFill:
    """How the tasks of one urgency fared."""

    urgency: int
    tasks: int
    wanted: int
    staffed: int
    empty: int
    unled: int

    @property
    def fill(self) -> float:
        """Part of the people wanted that are called, 0 to 1."""
        return min(1.0, self.staffed / self.wanted) if self.wanted else 1.0


@dataclass(frozen=True, slots=True)
class Summary:
    """The plan in figures. standing, kept: call-ups of the plan before, and how many stay."""

    fills: tuple[UrgencyFill, ...]
    called: int
    standing: int
    kept: int
    points: int
    gap: float

    def __str__(self) -> str:
        rows = "; ".join(f"urgency {f.urgency}: {f.fill:.0%} staffed" for f in self.fills)
        kept = f", {self.kept:,} of {self.standing:,} kept" if self.standing else ""
        calls = "1 call-up" if self.called == 1 else f"{self.called:,} call-ups"
        return f"{calls}{kept}. {rows}."


@dataclass(frozen=True, slots=True)
class Plan:
    """Call-ups, a line for each task and each volunteer, the figures and the policy's version."""

    policy: str
    call_ups: tuple[CallUp, ...]
    tasks: tuple[TaskLine, ...]
    volunteers: tuple[VolunteerLine, ...]
    summary: Summary

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Who is called to what."""
        return frozenset((row.volunteer, row.task) for row in self.call_ups)

    def __str__(self) -> str:
        short = [str(line) for line in self.tasks if line.reason is not Short.NONE]
        return "\n".join([str(self.summary), *short])


def fills(lines: Sequence[TaskLine]) -> tuple[UrgencyFill, ...]:
    """How each urgency fared."""
    found = []
    for urgency in sorted({line.urgency for line in lines}):
        rows = [line for line in lines if line.urgency == urgency]
        found.append(
            UrgencyFill(
                urgency=urgency,
                tasks=len(rows),
                wanted=sum(line.wanted for line in rows),
                staffed=sum(line.staffed for line in rows),
                empty=sum(not line.staffed for line in rows),
                unled=sum(line.unled is not None for line in rows),
            )
        )
    return tuple(found)
