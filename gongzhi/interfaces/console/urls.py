"""Addresses of the console: each page module brings its own, collected here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from gongzhi.interfaces.console.pages import (
    deeds,
    entrance,
    health,
    incidents,
    ledger,
    now,
    records,
    styles,
)  # fmt: skip

from gongzhi.interfaces.console.pages import (  # isort: skip
    board, calls, capability, donations, hands, map, messages, need_lists, notices, passes,
    plans, prices, supplies, supply_plan, teams, wall, warnings,
)  # fmt: skip

app_name = "console"

PAGES = (
    now, entrance, incidents, deeds, records, ledger, health, styles,
    messages, map, warnings, calls, passes, prices, need_lists, supply_plan, supplies, plans,
    capability, board, hands, teams, wall, notices, donations,
)  # fmt: skip
"""Page modules; each has `urlpatterns`."""

urlpatterns: list[URLPattern | URLResolver] = [
    pattern for module in PAGES for pattern in module.urlpatterns
]
