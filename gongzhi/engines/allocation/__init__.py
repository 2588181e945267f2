"""Match offers to needs fairly and say why (物资供需对接).

`match` solves one item group as a min-cost flow: urgent tiers first, a soft floor share for
everybody, slices of diminishing worth beyond it, what is promised preferably kept, what is
dispatched left alone. Every need gets a line that says how far it got and what bound it. `split`
cuts a whole problem into its item groups, `connect` makes arcs from a table of ways.
"""

from .groups import split
from .match import match
from .plan import Flow, Line, Plan, Reason, Refusal, Summary, TierFill, Why
from .values import Arc, Committed, Need, Offer, Policy, Problem, Way, connect

__all__ = [
    "Arc",
    "Committed",
    "Flow",
    "Line",
    "Need",
    "Offer",
    "Plan",
    "Policy",
    "Problem",
    "Reason",
    "Refusal",
    "Summary",
    "TierFill",
    "Way",
    "Why",
    "connect",
    "match",
    "split",
]
