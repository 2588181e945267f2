"""What everybody may read of prices, without a log-in: counts by item, never who asked them."""

from __future__ import annotations

from dataclasses import dataclass

from gongzhi.assessment.models import Incident
from gongzhi.supply.models import Item
from gongzhi.supply.prices.queries import flags_by_item, last_look
from gongzhi.supply.prices.words import percent

FEWEST = 5
"""An item with fewer sellers is left out: its count could tell who is meant."""


@dataclass(frozen=True)
class PublicPrices:
    """One item: how many sellers were compared, their middle rise, how many are looked into."""

    item: Item
    compared: int
    middle: str
    waiting: int


def public_prices() -> list[PublicPrices]:
    """The items of the last screening of each open incident, the most looked into first."""
    found = []
    items = {item.code: item for item in Item.objects.all()}
    for incident in Incident.objects.filter(state=Incident.State.OPEN).order_by("id"):
        look = last_look(incident)
        waiting = flags_by_item(incident) if look else {}
        for code, figures in (look.summary if look else {}).items():
            compared = figures["flagged"] + figures["ordinary"] + figures["unit doubted"]
            if min(compared, figures["sellers"]) >= FEWEST and code in items:
                middle = figures["rises"]["middle"]
                said = "–" if middle is None else percent(middle)
                found.append(PublicPrices(items[code], compared, said, waiting.get(code, 0)))
    return sorted(found, key=lambda row: (-row.waiting, -row.compared, row.item.code))
