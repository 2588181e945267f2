"""How sums of donated money are written."""

from __future__ import annotations


def amount(cents: int, currency: str) -> str:
    """A sum to the cent, with its currency: CNY 1,234.50."""
    whole, rest = divmod(cents, 100)
    return f"{currency} {whole:,}.{rest:02d}"
