"""What the state of needs, offers, plans and goods allows, and whether an input makes sense."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.models import Facility, Kind, Person, Unit
from gongzhi.actors.policies import check_may_by_one
from gongzhi.errors import Malformed, NotNow
from gongzhi.supply.facts import add_up, by_need, by_offer, owed_by_pair, sent_by_pair
from gongzhi.supply.models import Allocation, Dispatch, Item, MatchRun, Need, Offer
from gongzhi.supply.queries import handed_on, on_the_way, sent_from
from gongzhi.writing import listed, year_and_time

_ENDS = ("offer__unit", "offer__item", "need__unit", "need__facility", "need__item")


def check_amount(amount: str, quantity: int | None) -> None:
    """A known amount has a quantity, an unknown or open one has none."""
    if amount == Need.Amount.KNOWN and quantity is None:
        raise Malformed(
            _("Say how many are needed, or choose “amount unknown”."),
            details={"quantity": _("Give a quantity.")},
        )
    if amount != Need.Amount.KNOWN and quantity is not None:
        raise Malformed(
            _("The amount is said to be unknown or open, yet a quantity is given. Choose one."),
            details={"quantity": _("Leave it empty, or choose the amount “known”.")},
        )


def check_needed_by(needed_by: datetime, now: datetime) -> None:
    """A need is for a time that has not passed."""
    if needed_by <= now:
        raise Malformed(
            _("The time it is needed by has passed. Give a later time."),
            details={"needed_by": _("Give a time that has not passed.")},
        )


def check_offer_times(ready_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    """An offer ends after it is ready, and has not ended yet."""
    if ends_at is not None and ends_at <= max(ready_at, now):
        raise Malformed(
            _("The offer would end before anything can be fetched. Give a later end, or none."),
            details={"ends_at": _("Give a time after the goods are ready.")},
        )


def check_belongs(facility: Facility | None, unit: Unit) -> None:
    """A facility is named for the unit that runs it or in whose area it lies."""
    if facility is None:
        return
    if not any(u.path.startswith(unit.path) for u in (facility.unit, facility.place)):
        raise Malformed(
            _("%(facility)s does not belong to %(unit)s. Choose one of its own facilities.")
            % {"facility": facility, "unit": unit},
            details={"facility": _("Choose a facility of this unit.")},
        )


def check_group(group: str) -> None:
    """An item group is one of the catalogue."""
    known = list(Item.objects.order_by("group").values_list("group", flat=True).distinct())
    if group not in known:
        raise Malformed(
            _("There is no item group “%(group)s”. The groups are: %(all)s.")
            % {"group": group, "all": listed(known) or "–"},
            details={"group": _("Choose a group of the catalogue.")},
        )


def check_is_open(need: Need) -> None:
    """Only a need that is neither met nor withdrawn can be changed."""
    if not need.is_open:
        raise NotNow(
            _("This need is closed (%(state)s). State a new one if something is lacking again.")
            % {"state": need.get_state_display()}
        )


def check_can_confirm(need: Need, quantity: int) -> None:
    """An unknown amount becomes known once, and not below what has been sent already."""
    check_is_open(need)
    if need.quantity is not None:
        raise NotNow(
            _("The amount is known already: %(quantity)s. State another need for more.")
            % {"quantity": need.quantity}
        )
    check_covers_what_left(need, quantity)


def check_can_change(need: Need, quantity: int) -> None:
    """A known amount is changed while the need is open, and not below what has been sent."""
    check_is_open(need)
    if need.quantity is None:
        raise NotNow(_("The amount is not known yet. Confirm it instead."))
    if quantity == need.quantity:
        raise NotNow(_("That is the amount already; nothing changes."))
    check_covers_what_left(need, quantity)


def check_covers_what_left(need: Need, quantity: int) -> None:
    """No amount lies below what has arrived or is on the way."""
    least = need.received_quantity + on_the_way(need)
    if quantity < least:
        raise NotNow(
            _("%(least)s have arrived or are on the way. Confirm at least that number; what is "
              "left over can be offered to others.")
            % {"least": least}
        )  # fmt: skip


def check_can_withdraw_offer(offer: Offer) -> None:
    """An offer can be withdrawn as long as something of it has not left."""
    if offer.state == Offer.State.WITHDRAWN:
        raise NotNow(_("This offer is withdrawn already. There is nothing left to do."))
    if sent_from(offer) >= offer.quantity:
        raise NotNow(_("All of this offer has left already. There is nothing to withdraw."))


def check_can_approve(run: MatchRun) -> None:
    """A plan is approved once, while no newer one has taken its place."""
    if run.state == MatchRun.State.APPROVED and run.approved_by:
        raise NotNow(
            _("%(name)s approved this plan already. There is nothing left to do.")
            % {"name": run.approved_by.name}
        )
    if run.state == MatchRun.State.SUPERSEDED:
        raise NotNow(_("A newer plan has taken the place of this one. Open the newer one."))


def check_fits(run: MatchRun, earlier: Iterable[MatchRun]) -> None:
    """What a plan promises must still be there, and still be wanted, when it is approved.

    `earlier`: the plans it takes the place of; one that was made and approved after it must not go
    unheard.
    """
    for other in earlier:
        if other.pk > run.pk and other.approved_at is not None:
            raise NotNow(
                _("A newer plan for a part of this area is in force. Make a new one for all of it.")
            )
    rows = list(run.allocations.select_related(*_ENDS).order_by("id"))
    promised = owed_by_pair(Allocation.objects.filter(run__group=run.group))
    owing = add_up({(row.offer_id, row.need_id): row.quantity for row in rows}, promised)
    sent = Dispatch.objects.filter(allocation__run__group=run.group)
    leaving = by_offer(add_up(owing, sent_by_pair(sent)))
    on_way = sent_by_pair(sent.filter(state=Dispatch.State.SENT))
    coming = by_need(add_up(owing, on_way))
    for row in rows:
        offer, need = row.offer, row.need
        if offer.state == Offer.State.WITHDRAWN or leaving[offer.pk] > offer.quantity:
            raise NotNow(_stale(offer))
        room = None if need.quantity is None else need.quantity - need.received_quantity
        if not need.is_open or (room is not None and coming[need.pk] > room):
            raise NotNow(_stale(need))


def _stale(what: Need | Offer) -> str:
    return _(
        "This plan no longer fits: “%(what)s” has changed since it was made. Make a new plan."
    ) % {"what": what}


def room_of(need: Need) -> int | None:
    """Pieces that may still be sent to a need; None while the amount is not known."""
    if need.quantity is None:
        return None
    return need.quantity - need.received_quantity - on_the_way(need)


def check_can_dispatch(allocation: Allocation, quantity: int, left: int) -> None:
    """Only what a plan in force promises can be sent, and no more than is still lacking."""
    if allocation.run.state != MatchRun.State.APPROVED:
        raise NotNow(
            _("The plan behind this is not in force (%(state)s). Send what the plan in force says.")
            % {"state": allocation.run.get_state_display()}
        )
    if allocation.offer.state == Offer.State.WITHDRAWN:
        raise NotNow(_("The offer has been withdrawn. Ask for a new plan."))
    check_is_open(allocation.need)
    if quantity > left:
        raise NotNow(
            _("%(left)s of this promise have not been sent yet. Send that many at most.")
            % {"left": left}
        )
    room = room_of(allocation.need)
    if room is not None and quantity > room:
        raise NotNow(
            _("Only %(room)s are still lacking there. Send that many at most.") % {"room": room}
        )


def check_carrier(carrier: Unit, allocation: Allocation) -> None:
    """Goods are carried by a logistics firm or volunteers, or by the giver or receiver itself."""
    ends = (allocation.offer.unit_id, allocation.need.unit_id)
    if carrier.kind not in (Kind.LOGISTICS, Kind.VOLUNTEERS) and carrier.pk not in ends:
        raise Malformed(
            _("%(carrier)s does not carry goods. Choose a logistics firm, a volunteer team, or "
              "one of the two parties themselves.")
            % {"carrier": carrier},
            details={"carrier": _("Choose who carries the goods.")},
        )  # fmt: skip


def check_arrive_by(arrive_by: datetime, now: datetime) -> None:
    """Goods arrive later than they are sent."""
    if arrive_by <= now:
        raise Malformed(
            _("The goods would arrive before they leave. Give a later time."),
            details={"arrive_by": _("Give a time that has not passed.")},
        )


def check_on_the_way(dispatch: Dispatch) -> None:
    """Only goods on the way are taken over or lost."""
    if dispatch.state == Dispatch.State.SENT or dispatch.ended_at is None:
        return
    raise NotNow(
        _("These goods are no longer on the way: %(state)s at %(when)s. Look at their trace.")
        % {
            "state": dispatch.get_state_display(),
            "when": year_and_time(dispatch.ended_at),
        }
    )


def check_hop(dispatch: Dispatch, good: int, damaged: int) -> None:
    """A hop takes over something, and no more than the one before it gave."""
    if good + damaged == 0:
        raise Malformed(_("Nothing was taken over. If the goods are gone, mark them as lost."))
    given = handed_on(dispatch)
    if good + damaged > given:
        raise NotNow(
            _("%(total)s cannot be taken over here: the hop before gave %(given)s good ones. "
              "Count again, or send what is more as an offer of its own.")
            % {"total": good + damaged, "given": given}
        )  # fmt: skip


def check_may_handle(by: Person, dispatch: Dispatch, now: datetime) -> None:
    """Goods on the way are handled by who carries, gives or receives them."""
    giver, receiver = dispatch.allocation.offer.unit, dispatch.allocation.need.unit
    units = (giver, receiver, dispatch.carrier)
    check_may_by_one(by, [("dispatch_goods", unit) for unit in units], now)
