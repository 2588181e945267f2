"""Call up volunteers and teams, and say why (志愿者征召).

`call_up` staffs tasks with whoever offers help: the most urgent first, one leader for each task
that wants one, nobody too far, too often or without rest, who is called already preferably kept.
Each task gets a line that says how far it is staffed and what bound it, each volunteer one that
says where to go or why not. The slow twin and an independent checker are in `reference`.

    >>> day = Shift("day", 0, 8)
    >>> near = Volunteer("Li", (114.30, 30.60), frozenset({"nurse"}), frozenset({"day"}))
    >>> ward = Task("ward", "day", (114.31, 30.60), headcount=2, urgency=1, skill="nurse")
    >>> print(call_up(Problem((day,), (near,), (ward,)), policy=Policy("v1")))
    1 call-up. urgency 1: 50% staffed.
    ward (urgency 1): 1 of 2. All who can come are called here; there is nobody else.
"""

from .call_up import call_up
from .plan import CallUp, Plan, Short, Summary, TaskLine, Uncalled, UrgencyFill, VolunteerLine
from .values import (
    ANYBODY,
    Policy,
    Problem,
    Shift,
    Standing,
    Task,
    Volunteer,
    crowds,
    metres,
)

__all__ = [
    "ANYBODY",
    "CallUp",
    "Plan",
    "Policy",
    "Problem",
    "Shift",
    "Short",
    "Standing",
    "Summary",
    "Task",
    "TaskLine",
    "Uncalled",
    "UrgencyFill",
    "Volunteer",
    "VolunteerLine",
    "call_up",
    "crowds",
    "metres",
]
