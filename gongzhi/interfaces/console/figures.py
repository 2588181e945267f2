"""Numbers as people say them: in 万 and 亿 where Chinese is read, exact on hover."""

from __future__ import annotations

from django.utils.translation import get_language, pgettext

WAN, YI = 10_000, 100_000_000


def spoken(value: float) -> str:
    """A number to read at a glance; round only where the exact one stands beside it."""
    language = (get_language() or "").lower()
    if not language.startswith("zh") or abs(value) < WAN:
        return grouped(value)
    if abs(value) < YI:
        return pgettext("ten thousands", "%(number)s万") % {"number": _short(value / WAN)}
    return pgettext("hundred millions", "%(number)s亿") % {"number": _short(value / YI)}


def grouped(value: float) -> str:
    """A number to the last digit, in groups of three."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _short(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def money(cents: int) -> str:
    """An amount in yuan, from cents."""
    return f"¥{cents // 100:,}.{cents % 100:02d}" if cents % 100 else f"¥{cents // 100:,}"
