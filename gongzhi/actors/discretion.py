"""How far a tier may use a power by itself (自由裁量): limits of money, people and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.parameters import names, parameter
from gongzhi.writing import among, listed


@dataclass(frozen=True)
class Extent:
    """How far one use of a power goes: cents it costs, people it concerns, days it lasts.

    `limits` hold for it by tier, in place of those of `discretion.yaml`: in an emergency others do.
    """

    cents: int = 0
    people: int = 0
    days: int = 0
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


NO_EXTENT = Extent()

FIGURES = ("orders", "units", "cents", "people", "measures", "dissents", "grade")
"""What a deed that is asked for may foresee of itself, in the order in which it is told."""


def passed(power: str, tier: str, extent: Extent, now: datetime) -> dict[str, list[int]]:
    """The limits of a tier that a use of a power passes: what was asked, what is allowed."""
    return {
        name: [getattr(extent, name), limit]
        for name, limit in extent.limits.get(tier, discretion(power, tier, now)).items()
        if getattr(extent, name) > limit
    }


def discretion(power: str, tier: str, now: datetime) -> dict[str, int]:
    """How far a tier may use a power by itself (自由裁量); empty where it has no limit."""
    if power not in names("discretion"):
        return {}
    rule = parameter(f"discretion.{power}", localtime(now).date()).value
    return dict(rule.get(tier, {}))


def limits_in_words(beyond: dict[str, list[int]]) -> str:
    """What was asked and what is allowed, for each limit passed."""
    return among(
        _("%(asked)s, and at most %(limit)s")
        % {"asked": _amount(name, asked), "limit": _amount(name, limit)}
        for name, (asked, limit) in beyond.items()
    )


def extent_in_words(extent: Extent) -> str:
    """How far one use of a power goes, what is nothing left out."""
    amounts = {"cents": extent.cents, "people": extent.people, "days": extent.days}
    return listed(_amount(name, number) for name, number in amounts.items() if number)


def figures_in_words(figures: Mapping[str, int]) -> str:
    """What a deed would do, figure by figure."""
    return listed(_amount(name, figures[name]) for name in FIGURES if name in figures)


def changes_in_words(changes: Mapping[str, tuple[int, int]]) -> str:
    """What a deed would have done and what it would do now, for each figure that changed."""
    return among(
        _("%(before)s then, %(after)s now")
        % {"before": _amount(name, before), "after": _amount(name, after)}
        for name, (before, after) in changes.items()
    )


def much_changed(
    then: Mapping[str, int], today: Mapping[str, int], now: datetime
) -> dict[str, tuple[int, int]]:
    """The figures that have changed by more than the share a person need not be told of."""
    share = parameter("requests.changed_share", localtime(now).date()).value
    pairs = {name: (then.get(name, 0), today.get(name, 0)) for name in FIGURES}
    return {
        name: (before, after)
        for name, (before, after) in pairs.items()
        if abs(after - before) * 1000 > share * before
    }


def _amount(name: str, number: int) -> str:
    if name == "cents":
        return _("%(money)s yuan") % {"money": f"{number / 100:,.2f}".removesuffix(".00")}
    if name == "grade":
        return _("response level %(n)s") % {"n": number} if number else _("no response level")
    return _counted(name, number) % {"n": f"{number:,}"}


def _counted(name: str, number: int) -> str:
    """How many of something, the number still to be put in."""
    return {
        "people": ngettext("%(n)s person", "%(n)s people", number),
        "days": ngettext("%(n)s day", "%(n)s days", number),
        "orders": ngettext("%(n)s order", "%(n)s orders", number),
        "units": ngettext("%(n)s unit", "%(n)s units", number),
        "measures": ngettext("%(n)s measure", "%(n)s measures", number),
        "dissents": ngettext("%(n)s dissent", "%(n)s dissents", number),
    }[name]


def limit_in_words(
    power: str, tier: str, now: datetime, limits: Mapping[str, Mapping[str, int]] | None = None
) -> str:
    """The limits of a tier for a power, for a form; empty where there are none.

    `limits` by tier come before those of `discretion.yaml`, as in an `Extent`.
    """
    of_tier = (limits or {}).get(tier, discretion(power, tier, now))
    return listed(_amount(name, limit) for name, limit in of_tier.items())
