"""Vehicle routes: who serves which stop when, and why one is left out (路径规划).

`improve` yields a plan at once and better ones for as long as the caller waits; `plan_routes`
gives the best after a fixed number of rounds. `zones` cuts a city, `remaining` says what is left to
plan of a day that has begun. Loading this package loads PyVRP: import it where a
route is wanted, not where a command starts.
"""

from .plan import Plan, Reason, Route, Unserved, Visit
from .replan import Progress, changed, remaining, replan_routes
from .search import Found, improve, plan_routes
from .values import NO_WAY, Problem, Stop, Vehicle, Ways
from .zones import join, plan_in_zones, zones

__all__ = [
    "NO_WAY",
    "Found",
    "Plan",
    "Problem",
    "Progress",
    "Reason",
    "Route",
    "Stop",
    "Unserved",
    "Vehicle",
    "Visit",
    "Ways",
    "changed",
    "improve",
    "join",
    "plan_in_zones",
    "plan_routes",
    "remaining",
    "replan_routes",
    "zones",
]
