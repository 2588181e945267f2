"""Keep what offers have promised, and what state needs are in, true to what happened."""

from __future__ import annotations

from collections.abc import Iterable

from gongzhi.supply.facts import add_up, by_offer, owed_by_pair, sent_by_pair
from gongzhi.supply.models import Allocation, Dispatch, Need, Offer


def refresh_promises(offers: Iterable[int]) -> None:
    """Count anew what offers have promised: all that has left, and what plans still owe."""
    wanted = set(offers)
    locked = Offer.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    sent = sent_by_pair(Dispatch.objects.filter(allocation__offer__in=wanted))
    owing = owed_by_pair(Allocation.objects.filter(offer__in=wanted))
    promised = by_offer(add_up(sent, owing))
    changed = [o for o in locked if o.promised_quantity != promised.get(o.pk, 0)]
    for offer in changed:
        offer.promised_quantity = promised.get(offer.pk, 0)
        if offer.state != Offer.State.WITHDRAWN:
            used = offer.promised_quantity >= offer.quantity
            offer.state = Offer.State.USED if used else Offer.State.OPEN
        offer.save(update_fields=["promised_quantity", "state"])


def promised_to(needs: Iterable[Need]) -> set[int]:
    """Numbers of the offers that promised something to any of these needs."""
    return set(Allocation.objects.filter(need__in=needs).values_list("offer", flat=True))


def state_after(need: Need) -> Need.State:
    """What state a need is in after what it has received; an unknown amount is never met."""
    if need.state == Need.State.WITHDRAWN:
        return Need.State.WITHDRAWN
    if need.quantity is not None and need.received_quantity >= need.quantity:
        return Need.State.MET
    return Need.State.PART_MET if need.received_quantity else Need.State.OPEN
