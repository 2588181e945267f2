"""What everybody may read of this room, without a log-in: how each tier stands by the standard.

Only fields of the class `public`, summed by tier: no unit and nobody is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.functions import Length

from gongzhi.evaluation.models import CapabilityScoring


@dataclass(frozen=True)
class PublicTier:
    """How many results of the units of a tier stand how; `group` is its part of the standard."""

    group: str
    met: int
    not_met: int
    not_shown: int


def public_scoring() -> tuple[CapabilityScoring, list[PublicTier]] | None:
    """The latest scoring of the largest area that was scored, summed by tier."""
    scorings = CapabilityScoring.objects.select_related("area").order_by(
        Length("area__path"), "-made_at", "-id"
    )
    last = scorings.first()
    if last is None:
        return None
    return last, [_tier(group, list(lines.values())) for group, lines in last.tiers.items()]


def _tier(group: str, lines: list[dict[str, int]]) -> PublicTier:
    met, not_met, not_shown = (
        sum(line[name] for line in lines) for name in ("met", "not_met", "not_shown")
    )
    return PublicTier(group, met, not_met, not_shown)
