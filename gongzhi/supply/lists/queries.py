"""Lists that wait, what they change against the open needs, and whom they ask for what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.actors.models import Person
from gongzhi.actors.queries import Duty, expose, visible
from gongzhi.supply.amounts import Plausible, held_by, most_plausible, plausible, stock_of
from gongzhi.supply.facts import OPEN
from gongzhi.supply.lists.reading import marked as marked
from gongzhi.supply.models import ListPart, Need, NeedList
from gongzhi.supply.words import NO_BASIS, REASONS, capped_sentence, count, estimate_sentence

WAITING = (ListPart.State.READ, ListPart.State.TRIAGE)
Asked = Callable[[Person, str, QuerySet[Any], str, datetime], set[int]]
"""Numbers of the units of some records at which a person is asked and may use a power."""


class How(StrEnum):
    """What a line changes: a new need, more, less, the amount of one, nothing, nothing said."""

    NEW = "new"
    MORE = "more"
    LESS = "less"
    AMOUNT = "amount"
    SAME = "same"
    KEPT = "kept"


@dataclass(frozen=True)
class Change:
    """What confirming a line does to the needs of the place.

    need: the open need it is about; lacking: pieces that all such needs still lack; to: the
    quantity its need gets, None where it stays as it is.
    """

    how: How
    need: Need | None = None
    lacking: int | None = None
    to: int | None = None

    def __str__(self) -> str:
        said = {
            How.NEW: _("A new need."),
            How.MORE: _("More than the open need, which lacks %(lacking)s."),
            How.LESS: _("Less than the open need, which lacks %(lacking)s."),
            How.AMOUNT: _("Gives the open need its amount."),
            How.SAME: _("Asked for already; nothing changes."),
            How.KEPT: _("Asked for already; no amount is said, so the open need stays."),
        }[self.how]
        return said % {"lacking": f"{self.lacking or 0:,}"}


def need_lists(by: Person, now: datetime) -> QuerySet[NeedList]:
    """The lists of one's area, the latest first."""
    lists = visible(NeedList, by, now).select_related("unit", "facility", "incident")
    return lists.order_by("-stated_at", "-id")


def parts_of(need_list: NeedList) -> list[ListPart]:
    """The parts of a list in the order of its text."""
    parts = ListPart.objects.filter(need_list=need_list).select_related("item", "need", "offer")
    return list(parts.order_by("span_start", "id"))


def to_name(by: Person, now: datetime) -> QuerySet[ListPart]:
    """Pieces of lists that nobody understood yet, those of the most urgent lists first."""
    parts = visible(ListPart, by, now).filter(state=ListPart.State.TRIAGE)
    related = parts.select_related("need_list__unit", "need_list__facility")
    return related.order_by("need_list__urgency", "need_list__needed_by", "id")


def asked_for(need_list: NeedList) -> QuerySet[Need]:
    """The open needs that a list may change: those its place stated before, not for an order."""
    needs = Need.objects.filter(
        unit=need_list.unit_id, facility=need_list.facility_id, state__in=OPEN, order=None
    )
    if need_list.incident_id is not None:
        needs = needs.filter(Q(incident=need_list.incident_id) | Q(incident=None))
    own = ListPart.objects.filter(need_list=need_list, need=OuterRef("pk"))
    return needs.exclude(Exists(own)).select_related("item").order_by("id")


def change_of(part: ListPart, needs: Iterable[Need]) -> Change:
    """What confirming a line of needs does, beside the open needs of its place.

    A list says what still lacks when it is handed in: what was received is not asked for again.
    """
    same = [need for need in needs if need.item_id == part.item_id]
    if not same:
        return Change(How.NEW)
    unknown = [need for need in same if need.quantity is None]
    lacking = sum(n.quantity - n.received_quantity for n in same if n.quantity is not None)
    need = (unknown or same)[-1]
    if part.quantity is None:
        return Change(How.KEPT, need, lacking)
    more = part.quantity - lacking
    if unknown:
        if more <= 0:
            return Change(How.KEPT, need, lacking)
        return Change(How.AMOUNT, need, lacking, need.received_quantity + more)
    if not more:
        return Change(How.SAME, need, lacking)
    return Change(How.MORE if more > 0 else How.LESS, need, lacking, (need.quantity or 0) + more)


def changes(need_list: NeedList, parts: Iterable[ListPart]) -> dict[int, Change]:
    """What each line of needs that waits would change, by its number; the first of an item leads.

    A second line of an item adds to the first: it becomes a need of its own.
    """
    needs, found = list(asked_for(need_list)), {}
    for part in parts:
        if part.state == ListPart.State.READ and part.kind == ListPart.PartKind.NEED:
            found[part.pk] = change_of(part, needs)
            needs = [need for need in needs if need.item_id != part.item_id]
    return found


def counted_as(need_list: NeedList, parts: Iterable[ListPart], now: datetime) -> dict[int, str]:
    """What a plan will count of each line of needs that waits, where that is not what it says.

    By its number: the estimate of an unknown amount, or less than an amount beyond what is
    plausible there; each with its reason.
    """
    lines = [
        (part.pk, Need(unit=need_list.unit, facility=need_list.facility, item=part.item,
                       quantity=part.quantity))
        for part in parts
        if part.state == ListPart.State.READ and part.kind == ListPart.PartKind.NEED
    ]  # fmt: skip
    stocks = stock_of(need for _pk, need in lines)
    return {pk: _counted(need, plausible(need, held_by(need, stocks), now), now)
            for pk, need in lines}  # fmt: skip


def _counted(need: Need, lack: Plausible | None, now: datetime) -> str:
    if lack is None:
        return "" if need.quantity is not None else str(REASONS[NO_BASIS])
    if need.quantity is None:
        said = _("estimate %(n)s") % {"n": count(lack.lacks(0))}
        return f"{said} · {estimate_sentence(lack.facts())}"
    most = most_plausible(lack, 0, now)
    capped = {"stated": need.quantity, "capped_at": most, "basis": lack.facts()}
    return capped_sentence(capped) if most < need.quantity else ""


def not_named(need_list: NeedList, parts: Iterable[ListPart]) -> list[Need]:
    """Open needs of the place that the list does not name; they stay until withdrawn."""
    named = {part.item_id for part in parts if part.kind == ListPart.PartKind.NEED}
    return [need for need in asked_for(need_list) if need.item_id not in named]


def lists_to_remind(now: datetime) -> QuerySet[NeedList]:
    """Lists that are unconfirmed for so long that their place is reminded, once."""
    open_ones = NeedList.objects.filter(state=NeedList.State.OPEN, reminded_at=None)
    return open_ones.filter(remind_at__lte=now).order_by("pk")


def lists_to_end(now: datetime) -> QuerySet[NeedList]:
    """Lists whose time is over unconfirmed."""
    open_ones = NeedList.objects.filter(state=NeedList.State.OPEN)
    return open_ones.filter(ends_at__lte=now).order_by("pk")


def list_duties(
    by: Person, now: datetime, asked: Asked, wanted: Callable[[str], bool]
) -> list[Duty]:
    """What lists ask: their place to confirm what was read, the desk to name the rest."""
    found: list[Duty] = []
    if wanted("confirm_list"):
        found += _to_confirm(by, now, asked)
    if wanted("name_part"):
        found += _to_name(by, now, asked)
    return found


def lists_to_confirm() -> QuerySet[NeedList]:
    """Open lists with a line that waits for their place."""
    read = ListPart.objects.filter(need_list=OuterRef("pk"), state=ListPart.State.READ)
    return NeedList.objects.filter(Exists(read), state=NeedList.State.OPEN)


def _to_confirm(by: Person, now: datetime, asked: Asked) -> list[Duty]:
    lists = visible(NeedList, by, now).filter(pk__in=lists_to_confirm().values("pk"))
    units = {
        unit for power in ("state_need", "state_offer")
        for unit in asked(by, power, lists, "unit", now)
    }  # fmt: skip
    rows = lists.filter(unit__in=units).select_related("unit", "facility")
    return [
        Duty(
            title=_("Confirm what was read of a list"), where=str(one.facility or one.unit),
            due_at=one.ends_at, why=_("Nothing of it counts before; then it ends by itself."),
            room="supply", verb="confirm_list", inputs={"need_list": one.pk}, subject=one.ref,
        )
        for one in rows.order_by("ends_at", "id")[:100]
    ]  # fmt: skip


def _to_name(by: Person, now: datetime, asked: Asked) -> list[Duty]:
    parts = to_name(by, now)
    units = asked(by, "match_supply", parts, "need_list__desk", now)
    rows = parts.filter(need_list__desk__in=units)
    return [
        Duty(
            title=_("Name what was not understood: %(words)s") % {"words": part},
            where=str(part.need_list.facility or part.need_list.unit),
            due_at=part.need_list.ends_at, why=str(part.get_why_left_display()),
            room="supply", verb="name_part", inputs={"list_part": part.pk}, subject=part.ref,
        )
        for part in rows[:100]
    ]  # fmt: skip


def waits_in_words(need_list: NeedList) -> str:
    """How many lines and pieces of a list still wait, and for whom."""
    states = list(need_list.parts.values_list("state", flat=True))
    read, triage = states.count(ListPart.State.READ), states.count(ListPart.State.TRIAGE)
    lines = ngettext("%(n)s line to confirm", "%(n)s lines to confirm", read) % {"n": read}
    pieces = ngettext("%(n)s piece to be named", "%(n)s pieces to be named", triage)
    return " · ".join([lines] * bool(read) + [pieces % {"n": triage}] * bool(triage))


expose("supply", need_lists=NeedList, list_parts=ListPart)
