"""How far a tier may use a power by itself (自由裁量): limits of money, people and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.parameters import names, parameter


@dataclass(frozen=True)
class Extent:
    """How far one use of a power goes: cents it costs, people it concerns, days it lasts."""

    cents: int = 0
    people: int = 0
    days: int = 0


NO_EXTENT = Extent()


def passed(power: str, tier: str, extent: Extent, now: datetime) -> dict[str, list[int]]:
    """The limits of a tier that a use of a power passes: what was asked, what is allowed."""
    return {
        name: [getattr(extent, name), limit]
        for name, limit in discretion(power, tier, now).items()
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
    return "; ".join(
        _("%(asked)s, and at most %(limit)s")
        % {"asked": _amount(name, asked), "limit": _amount(name, limit)}
        for name, (asked, limit) in beyond.items()
    )


def extent_in_words(extent: Extent) -> str:
    """How far one use of a power goes, what is nothing left out."""
    return ", ".join(_amount(name, number) for name, number in vars(extent).items() if number)


def _amount(name: str, number: int) -> str:
    if name == "cents":
        return _("%(money)s yuan") % {"money": f"{number / 100:,.2f}".removesuffix(".00")}
    if name == "people":
        return ngettext("%(n)s person", "%(n)s people", number) % {"n": f"{number:,}"}
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": f"{number:,}"}


def limit_in_words(power: str, tier: str, now: datetime) -> str:
    """The limits of a tier for a power, for a form; empty where there are none."""
    return ", ".join(_amount(n, limit) for n, limit in discretion(power, tier, now).items())
