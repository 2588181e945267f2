"""Match offers to needs fairly and say why (物资供需对接).

`match` solves one item group as a min-cost flow: urgent tiers first, a soft floor share for
everybody, slices of diminishing worth beyond it, what is promised preferably kept, what is
dispatched or pinned left alone; partial substitutes make it a linear program, minimum lots are put
together in hubs. Every need gets a line that says how far it got and what bound it. `split`
cuts a whole problem into its item groups, `match_all` matches them all and minds the lanes they
share, `connect` makes arcs from a table of ways, `fairness_curve` shows what fairness costs.
"""

from .arcs import Arc, ArcTable, Substitute, Way, connect
from .curve import FRACTIONS, CurvePoint, fairness_curve
from .groups import split
from .hubs import Hubs
from .lanes import LaneUse, Overall, match_all
from .match import match
from .plan import Flow, Line, Plan, Reason, Refusal, Summary, TierFill, Why
from .problem import Problem
from .values import Committed, Lane, Need, Offer, Policy

__all__ = [
    "FRACTIONS",
    "Arc",
    "ArcTable",
    "Committed",
    "CurvePoint",
    "Flow",
    "Hubs",
    "Lane",
    "LaneUse",
    "Line",
    "Need",
    "Offer",
    "Overall",
    "Plan",
    "Policy",
    "Problem",
    "Reason",
    "Refusal",
    "Substitute",
    "Summary",
    "TierFill",
    "Way",
    "Why",
    "connect",
    "fairness_curve",
    "match",
    "match_all",
    "split",
]
