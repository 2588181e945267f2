"""Hand in a list as it is written, confirm what was read, name the rest, let the stale end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.actors.policies import governments_holding
from gongzhi.assessment.models import Incident
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.supply.actions.inputs import (
    Counted,
    Number,
    Sentence,
    Urgency,
    named,
    only_facilities,
)
from gongzhi.supply.actions.needs import change_amount, confirm_amount, state_need
from gongzhi.supply.actions.offers import state_offer
from gongzhi.supply.actions.stock import count_stock
from gongzhi.supply.amounts import rule
from gongzhi.supply.lists.policies import (
    check_can_drop,
    check_can_name,
    check_counts,
    check_has_lines,
    check_list_open,
    check_may_drop,
    check_may_hand_in,
    check_may_name,
    check_may_read,
    check_parts,
    check_to_confirm,
)
from gongzhi.supply.lists.queries import (
    WAITING,
    How,
    asked_for,
    change_of,
    lists_to_end,
    lists_to_remind,
    parts_of,
)
from gongzhi.supply.lists.reading import read_parts
from gongzhi.supply.models import Item, ListPart, Need, NeedList
from gongzhi.supply.policies import check_belongs, check_needed_by
from gongzhi.supply.queries import incident_over, incidents_open

UNCONFIRMED = "unconfirmed"
"""Kept in the place of a reason: nobody confirmed it in time; the page says it in words."""
Text = Annotated[str, Field(min_length=1, max_length=10_000)]


class PartDraft(BaseModel):
    """One line that its place confirms, corrected where something is given; numbers name records.

    A quantity makes the amount known; to say that it is unknown or open give the amount alone.
    """

    list_part: Number
    item: Number | None = None
    kind: ListPart.PartKind | None = None
    amount: Need.Amount | None = None
    quantity: Counted | None = None


@deed()
def hand_in_list(
    *,
    unit: Unit,
    text: Text,
    needed_by: datetime,
    urgency: Urgency = 2,
    facility: Facility | None = None,
    incident: Incident | None = None,
    by: Person,
    now: datetime,
) -> NeedList:
    """Hand in a list as it is written; what is read of it counts only when you confirm it (交清单).

    It may hold needs, stock and offers. What is not understood the supplies desk names first.
    """
    check_may_hand_in(by, unit, now)
    check_needed_by(needed_by, now)
    check_belongs(facility, unit)
    handed = NeedList(
        unit=unit, text=text, urgency=urgency, needed_by=needed_by, stated_by=by, stated_at=now,
        facility=facility or only_facilities([unit]).get(unit.pk),
        incident=incident or incident_over(unit, incidents_open()),
        remind_at=now + timedelta(hours=rule("list_reminder_hours", now).value),
        ends_at=now + timedelta(days=rule("list_days", now).value),
    )  # fmt: skip
    handed.desk = next(iter(governments_holding("match_supply", unit, now)), None)
    parts = read_parts(handed)
    check_parts(parts)
    handed.save()
    for part in parts:
        if part.state == ListPart.State.DROPPED:
            part.ended_by, part.ended_at = by, now
    ListPart.objects.bulk_create(parts)
    _settle(handed, now)
    append(
        verb="supply.hand_in_list", subject=handed, place=unit, by=by, now=now,
        lines=_count(parts, ListPart.State.READ), to_name=_count(parts, ListPart.State.TRIAGE),
        text=handed.commitment(),
    )  # fmt: skip
    return handed


@deed(tells=("public", "official", "personal"))
def read_list(*, need_list: NeedList, by: Person, now: datetime) -> NeedList:
    """Read the whole text of a list; that you looked is written down."""
    check_may_read(by, need_list.unit, now)
    append(verb="supply.read_list", subject=need_list, place=need_list.unit, by=by, now=now)
    return need_list


@deed()
def confirm_list(
    *,
    need_list: NeedList,
    parts: Annotated[list[PartDraft], Field(min_length=1, max_length=500)] | None = None,
    needed_by: datetime | None = None,
    by: Person,
    now: datetime,
) -> NeedList:
    """Confirm what was read: each line becomes a need, a count of stock or an offer (确认清单).

    Without parts all lines that wait are confirmed as they were read. What the place asked for
    before is changed, not asked for twice.
    """
    check_may_hand_in(by, need_list.unit, now)
    check_list_open(need_list)
    if needed_by is not None:
        need_list.change(needed_by=needed_by)
    chosen, corrected = _chosen(need_list, parts, by, now)
    check_has_lines(chosen)
    for part in chosen:
        check_counts(part)
        _bind(part, need_list, by, now)
        part.state, part.ended_by, part.ended_at = ListPart.State.CONFIRMED, by, now
        part.save()
    _settle(need_list, now)
    append(
        verb="supply.confirm_list", subject=need_list, place=need_list.unit, by=by, now=now,
        confirmed=len(chosen), corrected=corrected, parts=[part.pk for part in chosen],
    )  # fmt: skip
    return need_list


def _chosen(
    need_list: NeedList, drafts: list[PartDraft] | None, by: Person, now: datetime
) -> tuple[list[ListPart], int]:
    """The lines to confirm with what was corrected, and how many of them were."""
    waiting = {p.pk: p for p in parts_of(need_list) if p.state == ListPart.State.READ}
    if drafts is None:
        return list(waiting.values()), 0
    own = named(ListPart.objects.select_related("item"), (d.list_part for d in drafts), by, now)
    items = named(Item, (d.item for d in drafts), by, now)
    chosen: dict[int, ListPart] = {}
    corrected = 0
    for draft in drafts:
        check_to_confirm(own[draft.list_part], need_list)
        part = chosen[draft.list_part] = waiting[draft.list_part]
        corrected += _correct(part, draft, items)
    return list(chosen.values()), corrected


def _correct(part: ListPart, draft: PartDraft, items: dict[int, Item]) -> bool:
    """Set what the draft gives; whether anything of the line changed."""
    before = (part.item_id, part.kind, part.amount, part.quantity)
    if draft.item is not None:
        part.item = items[draft.item]
    part.kind = draft.kind or part.kind
    if draft.quantity is not None:
        part.amount, part.quantity = Need.Amount.KNOWN, draft.quantity
    elif draft.amount not in (None, Need.Amount.KNOWN):
        part.amount, part.quantity = str(draft.amount), None
    return before != (part.item_id, part.kind, part.amount, part.quantity)


def _bind(part: ListPart, need_list: NeedList, by: Person, now: datetime) -> None:
    """Make of a line what it says, by the deeds that a person would use."""
    part.need_list = need_list
    given: dict[str, Any] = {"item": part.item, "by": by, "now": now}
    place: dict[str, Any] = {"unit": need_list.unit, "facility": need_list.facility}
    facility, quantity = need_list.facility, part.quantity or 0  # as `check_counts` saw to
    if part.kind == ListPart.PartKind.STOCK and facility is not None:
        part.stock = count_stock(facility=facility, quantity=quantity, **given)
    elif part.kind == ListPart.PartKind.OFFER:
        part.offer = state_offer(quantity=quantity, **place, **given)
    else:
        part.need = _need(part, need_list, {**place, **given})


def _need(part: ListPart, need_list: NeedList, given: dict[str, Any]) -> Need:
    change = change_of(part, asked_for(need_list))
    who = {"by": given["by"], "now": given["now"]}
    if change.need is None:
        return state_need(
            amount=Need.Amount(part.amount), quantity=part.quantity, urgency=need_list.urgency,
            needed_by=need_list.needed_by, incident=need_list.incident, **given,
        )  # fmt: skip
    if change.to is None:
        return change.need
    if change.how == How.AMOUNT:
        return confirm_amount(need=change.need, quantity=change.to, **who)
    reason = _("A later list says so.")
    return change_amount(need=change.need, quantity=change.to, reason=reason, **who)


@deed()
def drop_part(*, list_part: ListPart, reason: Sentence, by: Person, now: datetime) -> ListPart:
    """Drop a line of a list, or say that a piece names nothing, with a reason."""
    check_may_drop(by, list_part, now)
    check_can_drop(list_part)
    list_part.change(state=ListPart.State.DROPPED, reason_dropped=reason, ended_by=by, ended_at=now)
    _settle(list_part.need_list, now)
    append(
        verb="supply.drop_part", subject=list_part, place=list_part.need_list.unit, by=by, now=now,
        need_list=list_part.need_list.ref,
    )  # fmt: skip
    return list_part


@deed()
def name_part(
    *,
    list_part: ListPart,
    item: Item,
    kind: ListPart.PartKind = ListPart.PartKind.NEED,
    quantity: Counted | None = None,
    by: Person,
    now: datetime,
) -> ListPart:
    """Say which item a piece of a list means; its place is asked to confirm it (分拣).

    Without a quantity the amount is unknown.
    """
    check_may_name(by, list_part.need_list.unit, now)
    check_can_name(list_part)
    amount = Need.Amount.UNKNOWN if quantity is None else Need.Amount.KNOWN
    list_part.change(
        item=item, kind=kind, amount=amount, quantity=quantity, state=ListPart.State.READ,
        named_by=by, named_at=now,
    )  # fmt: skip
    append(
        verb="supply.name_part", subject=list_part, place=list_part.need_list.unit, by=by, now=now,
        item=item.code, kind=kind, quantity=quantity, need_list=list_part.need_list.ref,
    )  # fmt: skip
    return list_part


@deed(by_hand=False)
def remind_of_lists(*, by: Person, now: datetime) -> list[NeedList]:
    """Remind the place of every list that waits unconfirmed for long, once."""
    due = take(lists_to_remind, now=now)
    for one in due:
        one.change(reminded_at=now)
        append(
            verb="supply.remind_of_list", subject=one, place=one.unit, by=by, now=now,
            ends_at=one.ends_at,
        )  # fmt: skip
    return due


@deed(by_hand=False)
def end_stale_lists(*, by: Person, now: datetime) -> list[NeedList]:
    """End every list that nobody confirmed in its time; what was confirmed of it stays."""
    due = take(lists_to_end, now=now)
    for one in due:
        left = ListPart.objects.filter(need_list=one, state__in=WAITING)
        count = left.update(
            state=ListPart.State.DROPPED, ended_by=by, ended_at=now, reason_dropped=UNCONFIRMED
        )
        one.change(state=NeedList.State.ENDED, ended_at=now)
        append(
            verb="supply.end_stale_list", subject=one, place=one.unit, by=by, now=now, left=count
        )
    return due


def _settle(need_list: NeedList, now: datetime) -> None:
    """A list of which nothing waits any more is settled."""
    if not ListPart.objects.filter(need_list=need_list, state__in=WAITING).exists():
        need_list.change(state=NeedList.State.SETTLED, ended_at=now)


def _count(parts: Iterable[ListPart], state: ListPart.State) -> int:
    return sum(part.state == state for part in parts)
