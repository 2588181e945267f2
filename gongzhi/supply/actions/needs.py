"""State needs, estimate and confirm their amounts, withdraw them, raise those of quiet places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.actors.policies import check_may, check_may_each
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Order
from gongzhi.errors import NotNow
from gongzhi.exchange.models import Row
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest
from gongzhi.supply.actions.inputs import (
    Number,
    Pieces,
    Sentence,
    Urgency,
    Words,
    common,
    named,
    only_facilities,
    with_units,
)
from gongzhi.supply.actions.promises import promised_to, refresh_promises, state_after
from gongzhi.supply.amounts import held_by, plausible, rule, stock_of
from gongzhi.supply.models import Item, Need, Stock
from gongzhi.supply.policies import (
    check_amount,
    check_belongs,
    check_can_change,
    check_can_confirm,
    check_is_open,
    check_needed_by,
)
from gongzhi.supply.queries import days_of, incident_over, incidents_open, quiet_stock


class NeedDraft(BaseModel):
    """One need of a batch; unit, item, facility, incident, order and row are numbers."""

    unit: Number
    item: Number
    amount: Need.Amount
    quantity: Pieces | None = None
    urgency: Urgency = 2
    needed_by: datetime
    facility: Number | None = None
    incident: Number | None = None
    order: Number | None = None
    row: Number | None = None
    words: Words = ""


@deed()
def state_need(
    *,
    unit: Unit,
    item: Item,
    amount: Need.Amount,
    quantity: Pieces | None = None,
    urgency: Urgency = 2,
    needed_by: datetime,
    facility: Facility | None = None,
    incident: Incident | None = None,
    order: Order | None = None,
    words: Words = "",
    by: Person,
    now: datetime,
) -> Need:
    """Say what a place needs, how much if that is known, how urgently and by when (需求).

    Without a facility the unit's only one is meant; without an incident the one open over the unit.
    """
    check_may(by, "state_need", unit, now)
    need = Need(
        unit=unit, item=item, amount=amount, quantity=quantity, urgency=urgency,
        needed_by=needed_by, facility=facility, incident=incident, order=order, words=words,
    )  # fmt: skip
    take_in([need], by, now)
    need.save()
    append(
        verb="supply.state_need", subject=need, place=unit, by=by, now=now, item=item.code,
        amount=amount, quantity=quantity, estimate=need.estimate, urgency=urgency,
        needed_by=needed_by,
    )  # fmt: skip
    return need


@deed()
def state_needs(
    *,
    needs: Annotated[list[NeedDraft], Field(min_length=1, max_length=5000)],
    by: Person,
    now: datetime,
) -> list[Need]:
    """State many needs at once, all or none, with one line in the ledger."""
    units = named(Unit, (d.unit for d in needs), by, now)
    items = named(Item, (d.item for d in needs), by, now)
    facilities = named(with_units(), (d.facility for d in needs), by, now)
    incidents = named(Incident, (d.incident for d in needs), by, now)
    orders = named(Order.objects.select_related("incident"), (d.order for d in needs), by, now)
    named(Row, (d.row for d in needs), by, now)
    check_may_each(by, "state_need", units.values(), now)
    made = [
        Need(
            unit=units[d.unit], item=items[d.item], amount=d.amount, quantity=d.quantity,
            urgency=d.urgency, needed_by=d.needed_by, facility=facilities.get(d.facility or 0),
            incident=incidents.get(d.incident or 0), order=orders.get(d.order or 0),
            row_id=d.row, words=d.words,
        )
        for d in needs
    ]  # fmt: skip
    take_in(made, by, now)
    Need.objects.bulk_create(made)
    append(
        verb="supply.state_needs", subject=made[0], place=common(units.values()), by=by, now=now,
        first=made[0].pk, count=len(made),
        needs=digest([[n.unit.path, n.item.code, n.amount, n.quantity, n.urgency] for n in made]),
    )  # fmt: skip
    return made


def take_in(needs: list[Need], by: Person, now: datetime) -> None:
    """Check needs, and fill in what they leave open: facility, incident, estimate."""
    open_now = incidents_open()
    facilities = only_facilities(need.unit for need in needs)
    for need in needs:
        check_amount(need.amount, need.quantity)
        check_needed_by(need.needed_by, now)
        check_belongs(need.facility, need.unit)
        need.facility = need.facility or facilities.get(need.unit_id)
        if need.incident is None and need.order is not None:
            need.incident = need.order.incident
        need.incident = need.incident or incident_over(need.unit, open_now)
        need.stated_by, need.stated_at, need.changed_at = by, now, now
    estimate(needs, now)


def estimate(needs: Iterable[Need], now: datetime) -> list[Need]:
    """Set the estimates of unknown amounts; returns the needs whose estimate changed, not saved."""
    unknown = [need for need in needs if need.quantity is None]
    stocks = stock_of(unknown)
    changed = []
    for need in unknown:
        lack = plausible(need, held_by(need, stocks), now)
        number, basis = (lack.lacks(need.received_quantity), lack.facts()) if lack else (None, {})
        if (number, basis) != (need.estimate, need.estimate_basis):
            need.estimate, need.estimate_basis = number, basis
            changed.append(need)
    return changed


@deed()
def estimate_need(*, need: Need, by: Person, now: datetime) -> Need:
    """Estimate an unknown amount anew: from daily use, beds or residents, less what is in stock.

    An estimate takes from the fair share only, until somebody confirms the amount.
    """
    check_may(by, "state_need", need.unit, now)
    need = _locked(need)
    check_is_open(need)
    if need.quantity is not None:
        raise NotNow(_("The amount is known; there is nothing to estimate."))
    changed = estimate([need], now)
    if need.estimate is None:
        raise NotNow(
            _("There is nothing to estimate from. Count the stock and its daily use, or confirm "
              "the amount.")
        )  # fmt: skip
    if changed:
        _save(need, "estimate", "estimate_basis", now=now)
        append(
            verb="supply.estimate_need", subject=need, place=need.unit, by=by, now=now,
            estimate=need.estimate, basis=need.estimate_basis,
        )  # fmt: skip
    return need


@deed()
def confirm_amount(*, need: Need, quantity: Pieces, by: Person, now: datetime) -> Need:
    """Name the amount of a need that was unknown; from now on it counts in full."""
    check_may(by, "state_need", need.unit, now)
    need = _locked(need)
    check_can_confirm(need, quantity)
    need.amount, need.quantity = Need.Amount.KNOWN, quantity
    need.confirmed_by, need.confirmed_at = by, now
    need.state = state_after(need)
    _save(need, "amount", "quantity", "confirmed_by", "confirmed_at", "state", now=now)
    refresh_promises(promised_to([need]))
    append(
        verb="supply.confirm_amount", subject=need, place=need.unit, by=by, now=now,
        quantity=quantity, estimate=need.estimate,
    )  # fmt: skip
    return need


@deed()
def change_amount(
    *, need: Need, quantity: Pieces, reason: Sentence, by: Person, now: datetime
) -> Need:
    """Set the known amount of a need anew, what has arrived included, and say why."""
    check_may(by, "state_need", need.unit, now)
    need = _locked(need)
    check_can_change(need, quantity)
    before, need.quantity = need.quantity, quantity
    need.confirmed_by, need.confirmed_at = by, now
    need.state = state_after(need)
    _save(need, "quantity", "confirmed_by", "confirmed_at", "state", now=now)
    refresh_promises(promised_to([need]))
    append(
        verb="supply.change_amount", subject=need, place=need.unit, by=by, now=now,
        quantity=quantity, before=before, reason=reason,
    )  # fmt: skip
    return need


@deed()
def withdraw_need(*, need: Need, reason: Sentence, by: Person, now: datetime) -> Need:
    """Take a need back; what is promised to it is free again, what is on the way still comes."""
    check_may(by, "state_need", need.unit, now)
    need = _locked(need)
    check_is_open(need)
    take_away([need], reason, by, now)
    append(verb="supply.withdraw_need", subject=need, place=need.unit, by=by, now=now)
    return need


def take_away(needs: Sequence[Need], reason: str, by: Person, now: datetime) -> None:
    """Set needs to withdrawn; what was promised to them is free again."""
    withdrawn = {
        "state": Need.State.WITHDRAWN, "reason_withdrawn": reason,
        "withdrawn_by": by, "withdrawn_at": now, "changed_at": now,
    }  # fmt: skip
    for need in needs:
        for name, value in withdrawn.items():
            setattr(need, name, value)
    Need.objects.filter(pk__in=[need.pk for need in needs]).update(**withdrawn)
    refresh_promises(promised_to(needs))


def _locked(need: Need) -> Need:
    rows = Need.objects.select_for_update(of=("self",))
    return rows.select_related("unit", "facility", "item").get(pk=need.pk)


def _save(need: Need, *fields: str, now: datetime) -> None:
    need.changed_at = now
    need.save(update_fields=[*fields, "changed_at"])


@deed(by_hand=False)
def raise_quiet_needs(*, area: Unit, incident: Incident, by: Person, now: datetime) -> list[Need]:
    """Raise a need for every place that asks for nothing although its stock runs out.

    The amount is an estimate up to the days of cover and marked as such; anybody of the place can
    confirm or withdraw it, and once withdrawn it is not raised again before a new count.
    """
    check_may(by, "state_need", area, now)
    made = [_quiet_need(stock, now) for stock in quiet_stock(area, now)]
    for need in made:
        need.incident, need.stated_by, need.stated_at, need.changed_at = incident, by, now, now
    estimate(made, now)
    for need in made:
        need.save()
        append(
            verb="supply.raise_quiet_need", subject=need, place=need.unit, by=by, now=now,
            item=need.item.code, estimate=need.estimate, basis=need.estimate_basis,
        )  # fmt: skip
    return made


def _quiet_need(stock: Stock, now: datetime) -> Need:
    days = days_of(stock, now).days or 0.0
    first, second = rule("urgent_days", now).value
    hours = max(rule("quiet_due_hours", now).value, days * 24)
    values: dict[str, Any] = {"unit": stock.facility.unit, "facility": stock.facility}
    return Need(
        **values, item=stock.item, amount=Need.Amount.UNKNOWN, is_quiet=True,
        urgency=1 if days < first else 2 if days < second else 3,
        needed_by=now + timedelta(hours=hours),
    )  # fmt: skip
