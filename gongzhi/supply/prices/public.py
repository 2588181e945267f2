"""What everybody may read of prices, without a log-in: counts by item, never who asked them."""

from __future__ import annotations

from dataclasses import dataclass

from gongzhi.actors.models import Unit
from gongzhi.assessment.models import Incident
from gongzhi.supply.models import Item
from gongzhi.supply.prices.queries import flags_by_item, last_look
from gongzhi.supply.prices.words import percent

FEWEST = 5
"""An item with fewer sellers is left out: its count could tell who is meant."""


@dataclass(frozen=True)
class PublicPrices:
    """One item in one area: how many sellers were compared, their middle rise, what is open."""

    item: Item
    area: Unit
    compared: int
    middle: str
    waiting: int


def public_prices() -> list[PublicPrices]:
    """The items of the last screening of each area in a crisis, the most looked into first.

    Of two crises in one area the first one counts: its baseline is not moved by it.
    """
    found: dict[tuple[Unit, str], PublicPrices] = {}
    items = {item.code: item for item in Item.objects.all()}
    opened = Incident.objects.filter(state=Incident.State.OPEN).select_related("area")
    for incident in opened.order_by("declared_at", "id"):
        look = last_look(incident)
        waiting = flags_by_item(incident) if look else {}
        for code, figures in (look.summary if look else {}).items():
            key = (incident.area, code)
            if figures["sellers"] >= FEWEST and code in items and key not in found:
                middle = figures["rises"]["middle"]
                said = "–" if middle is None else percent(middle)
                found[key] = PublicPrices(
                    items[code], incident.area, figures["sellers"], said, waiting.get(code, 0)
                )
    return sorted(found.values(), key=lambda r: (-r.waiting, -r.compared, r.item.code, r.area.path))
