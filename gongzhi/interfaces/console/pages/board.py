"""The public board: what everybody may know, without a log-in and without a script.

It reads only through the rooms' `public` modules, which give nothing but fields of the class
`public`, and the balances of supplies, which are sums of such fields. No person is named.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language, override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from gongzhi.actors.queries import roots
from gongzhi.assessment.public import public_incidents
from gongzhi.command.queries.public import public_calls, public_orders
from gongzhi.decision.public import public_levels, public_measures
from gongzhi.evaluation.public import public_scoring
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import bcp47
from gongzhi.interfaces.console.pages.supplies import Bar
from gongzhi.interfaces.console.reading import GRADES
from gongzhi.interfaces.console.words.capability import group_name
from gongzhi.sensing.public import public_warnings
from gongzhi.supply.prices.public import public_prices
from gongzhi.supply.queries import board as balances

WARNINGS = 60
"""Warnings that the board names; the rest is counted. It must stay below 100 KB."""
CALLS = 40
ITEMS = 40
AREAS = 60


@require_safe
@cache_control(public=True, max_age=15)
def board(request: HttpRequest) -> HttpResponse:
    """The board as of now; `?lang=` chooses the language, so that reading it sets no cookie."""
    now, wanted = clock.now(), request.GET.get("lang", "")
    known = wanted in dict(settings.LANGUAGES)
    with override(wanted if known else get_language()):
        context = {"now": now, "language": bcp47(get_language()), **facts(now)}
        return render(request, "console/board/board.html", context)


def facts(now: datetime) -> dict[str, object]:
    """Everything that the board says."""
    tops = roots()
    warnings, calls, levels = public_warnings(), public_calls(now), public_levels()
    measures, scored = public_measures(now), public_scoring()
    items = sorted(
        (b for top in tops for b in balances(top)), key=lambda b: (-b.unmet, b.item.code)
    )
    return {
        "tops": tops,
        "incidents": public_incidents(),
        "levels": [(level, GRADES.get(level.grade, "")) for level in levels[:AREAS]],
        "levels_more": max(0, len(levels) - AREAS),
        "measures": measures[:AREAS],
        "measures_more": max(0, len(measures) - AREAS),
        "warnings": warnings[:WARNINGS],
        "warnings_more": max(0, len(warnings) - WARNINGS),
        "warnings_all": len(warnings),
        "red": sum(warning.level == "red" for warning in warnings),
        "calls": calls[:CALLS],
        "calls_more": max(0, len(calls) - CALLS),
        "calls_all": len(calls),
        "bars": [Bar(b, str(b.item)) for b in items[:ITEMS]],
        "bars_more": max(0, len(items) - ITEMS),
        "prices": public_prices()[:ITEMS],
        "orders": public_orders(now),
        "scoring": scored and scored[0],
        "tiers": [(group_name(tier.group), tier) for tier in scored[1]] if scored else [],
    }


urlpatterns = [path("board", board, name="board")]
