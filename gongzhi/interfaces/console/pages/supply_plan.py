"""One plan of who gets what before it is approved: what it changes, and what fairness costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from gongzhi.actors.queries import visible
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.reading import address_of
from gongzhi.supply.comparing import changes, facts_of, price_of_fairness
from gongzhi.supply.queries import MatchRun, group_name

SHOWN = 200
"""Changes that one page holds at most."""
DASHES = ("none", "6 3", "2 3", "8 2 2 2")
"""Lines of the drawing are told apart by their dashes, not by colour."""
WIDTH, HEIGHT = 320, 160


@dataclass(frozen=True)
class Step:
    """One part of the supply set aside, in percent: what each tier gets, and what it costs."""

    part: int
    is_chosen: bool
    tiers: list[tuple[int, int]]
    nothing: float
    gini: float
    transport: float


@dataclass(frozen=True)
class Stroke:
    """One line of the drawing: what it shows, its corners, its dashes, where its name stands."""

    name: str
    points: str
    dashes: str
    y: float


def _steps(points: tuple[Any, ...], chosen: float) -> list[Step]:
    return [
        Step(
            part=round(100 * point.floor_fraction),
            is_chosen=point.floor_fraction == chosen,
            tiers=[(tier.tier, round(100 * tier.fill)) for tier in point.tiers],
            nothing=100 * point.zero_share,
            gini=point.gini,
            transport=point.transport_cost,
        )
        for point in points
    ]


def _strokes(steps: list[Step]) -> list[Stroke]:
    """What each urgency gets, and who gets nothing, over the part that is set aside."""
    if not steps:
        return []
    tiers = [tier for tier, _fill in steps[0].tiers]
    rows = [
        (_("urgency %(tier)s") % {"tier": tier}, [step.tiers[i][1] for step in steps])
        for i, tier in enumerate(tiers)
    ]
    rows.append((_("get nothing"), [step.nothing for step in steps]))
    return [
        Stroke(
            name=name,
            points=" ".join(
                f"{step.part * WIDTH / 100:g},{_height(value):g}"
                for step, value in zip(steps, values, strict=True)
            ),
            dashes=DASHES[i % len(DASHES)],
            y=_height(values[-1]),
        )
        for i, (name, values) in enumerate(rows)
    ]


def _height(percent: float) -> float:
    return round(HEIGHT * (1 - percent / 100), 1)


@page
def supply_plan(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """A plan: the button that approves it, what it would change, the price of fairness."""
    runs = visible(MatchRun, reader.by, reader.now).select_related("area", "incident")
    run = runs.filter(pk=number).first()
    if run is None:
        raise Http404
    proposed = run.state == MatchRun.State.PROPOSED
    facts = facts_of(run, reader.now)
    steps = _steps(
        price_of_fairness(facts, run.policy, reader.now), float(run.policy["floor_fraction"])
    )
    found = changes(run, facts, reader.by, reader.now) if proposed else None
    context = {
        "run": run,
        "group": group_name(run.group),
        "approve": act("supply", "approve_match", "run", run, reader) if proposed else None,
        "record": address_of(run),
        "changes": found,
        "rows": found.rows[:SHOWN] if found else (),
        "steps": steps,
        "strokes": _strokes(steps),
        "width": WIDTH,
        "height": HEIGHT,
    }
    return show(request, "supplies/plan.html", context, now=reader.now)


urlpatterns = [path("supplies/plan/<int:number>", supply_plan, name="supply-plan")]
