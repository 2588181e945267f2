"""Lists as people write them: read, confirmed line by line, triaged, compared, ended by a clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.messages.models import Message
from gongzhi.rounds.walk import walk
from gongzhi.supply.actions import (
    PartDraft,
    change_amount,
    confirm_list,
    drop_part,
    end_stale_lists,
    hand_in_list,
    name_part,
    read_list,
    remind_of_lists,
)
from gongzhi.supply.lists.queries import changes, marked, not_named, parts_of
from gongzhi.supply.models import ListPart, Need, NeedList, Offer, Stock
from gongzhi.supply.queries import duties
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.goods import SOON, STATED_BY, ask, mask, stocked_city
from tests.rooms.scenes import facts, lines, open_incident

pytestmark = pytest.mark.usefixtures("in_english")

LATER = START + timedelta(hours=1)
TEXT = "需要：N95口罩2000个、防护服（300）、护目镜若干；安宁贴布20包。库存：医用外科口罩500只。"
CALLING = "医用外科口罩100只；联系人：张三，13800138000"


@once
def city() -> City:
    return stocked_city()


def hand_in(city: City, text: str = TEXT, unit: str = "H1", **values: Any) -> NeedList:
    given = {"unit": city[unit], "text": text, "needed_by": SOON, "now": START}
    given["by"] = city.person({**STATED_BY, "SUP": "sup-clerk"}[unit])
    return hand_in_list(**{**given, **values})


def part(need_list: NeedList, code: str) -> ListPart:
    return ListPart.objects.get(need_list=need_list, item__code=code)


def confirm(city: City, need_list: NeedList, login: str = "h1-clerk", **values: Any) -> NeedList:
    return confirm_list(need_list=need_list, **{"by": city.person(login), "now": LATER, **values})


# Reading


@pytest.mark.feature(35)
def test_a_list_is_read_and_nothing_of_it_binds(city: City) -> None:
    incident = open_incident(city, "C")
    handed = hand_in(city)
    assert (handed.facility, handed.incident) == (city.facilities["H1"], incident)
    read = [(p.item.code, p.kind, p.amount, p.quantity) for p in parts_of(handed) if p.item]
    assert read == [
        ("mask-n95", "need", "known", 2000), ("coverall", "need", "known", 300),
        ("goggles", "need", "unknown", None), ("mask-surgical", "stock", "known", 500),
    ]  # fmt: skip
    [left] = [p for p in parts_of(handed) if p.item is None]
    assert (left.state, left.why_left) == (ListPart.State.TRIAGE, ListPart.Left.NO_ITEM)
    assert "安宁贴布" in left.words
    assert not Need.objects.exists() and not Stock.objects.exists()
    told = facts("supply.hand_in_list")
    assert (told["lines"], told["to_name"]) == (4, 1)


def test_the_marked_text_is_the_text(city: City) -> None:
    handed = hand_in(city)
    marks = marked(handed, parts_of(handed))
    assert "".join(mark.words for mark in marks) == TEXT
    assert [mark.what for mark in marks if mark.part] == ["line", "line", "line", "left", "line"]


def test_the_text_is_closed_and_who_looks_is_written_down(city: City) -> None:
    handed = hand_in(city, CALLING)
    shown = "".join(mark.words for mark in marked(handed, parts_of(handed)))
    words = " ".join(p.words for p in parts_of(handed))
    for secret in ("张三", "13800138000"):
        assert secret not in shown + words
        assert secret not in lines("supply.hand_in_list")[0].body
        assert secret in handed.residents()
    assert "医用外科口罩100只" in shown
    assert read_list(need_list=handed, by=city.person("city-duty"), now=LATER).text == CALLING
    assert len(lines("supply.read_list")) == 1
    with pytest.raises(NotAllowed):
        read_list(need_list=handed, by=city.person("sup-clerk"), now=LATER)


def test_packs_are_counted_out_by_the_catalogue_and_other_units_are_asked_for(city: City) -> None:
    handed = hand_in(city, "医用外科口罩20盒，N95口罩3车")
    assert (part(handed, "mask-surgical").quantity, part(handed, "mask-surgical").notes) == (
        1000, ["usual_pack"]
    )  # fmt: skip
    assert part(handed, "mask-n95").quantity is None


def test_a_text_that_says_nothing_is_refused(city: City) -> None:
    with pytest.raises(Malformed, match="Nothing was read"):
        hand_in(city, " 。\n")
    assert not NeedList.objects.exists()


def test_what_the_text_does_not_want_needs_nobody(city: City) -> None:
    handed = hand_in(city, "N95口罩10个；已配送医用外科口罩1000只")
    [gone] = ListPart.objects.filter(need_list=handed, state=ListPart.State.DROPPED)
    assert gone.why_left == ListPart.Left.DELIVERED
    assert duties(city.person("city-duty"), START, {"name_part"}) == []


# Confirming


@pytest.mark.feature(35)
def test_confirmed_lines_become_needs_stock_and_offers(city: City) -> None:
    handed = confirm(city, hand_in(city))
    needs = Need.objects.order_by("id").values_list("item__code", "amount", "quantity")
    assert list(needs) == [
        ("mask-n95", "known", 2000), ("coverall", "known", 300), ("goggles", "unknown", None),
    ]  # fmt: skip
    assert Stock.objects.get().quantity == 500
    assert {n.needed_by for n in Need.objects.all()} == {SOON}
    assert handed.state == NeedList.State.OPEN, "a piece is still to be named"
    offered = hand_in(city, "可提供一次性医用外科口罩3000只", "SUP")
    confirm(city, offered, "sup-clerk")
    assert (Offer.objects.get().quantity, offered.state) == (3000, NeedList.State.SETTLED)


def test_a_line_is_corrected_and_the_others_wait(city: City) -> None:
    handed = hand_in(city)
    goggles, suits = part(handed, "goggles"), part(handed, "coverall")
    confirm(city, handed, parts=[
        PartDraft(list_part=goggles.pk, quantity=40),
        PartDraft(list_part=suits.pk, amount=Need.Amount.OPEN),
    ])  # fmt: skip
    assert list(Need.objects.order_by("item__code").values_list("item__code", "quantity")) == [
        ("coverall", None), ("goggles", 40)
    ]  # fmt: skip
    assert facts("supply.confirm_list")["corrected"] == 2
    assert part(handed, "mask-n95").state == ListPart.State.READ
    with pytest.raises(NotNow, match="does not wait for you"):
        confirm(city, handed, parts=[PartDraft(list_part=goggles.pk)])


def test_stock_and_offers_need_a_number_and_a_need_more_than_none(city: City) -> None:
    handed = hand_in(city, "库存：护目镜若干")
    with pytest.raises(Malformed, match="Count how much"):
        confirm(city, handed)
    handed = hand_in(city, "N95口罩10个")
    with pytest.raises(Malformed, match="drop the line"):
        confirm(city, handed, parts=[PartDraft(list_part=parts_of(handed)[0].pk, quantity=0)])
    assert not Need.objects.exists()


def test_only_its_place_confirms_a_list(city: City) -> None:
    handed = hand_in(city)
    with pytest.raises(NotAllowed):
        confirm(city, handed, "h2-clerk")
    other = hand_in(city, "N95口罩10个", "H2")
    with pytest.raises(NotFound):
        confirm(city, handed, parts=[PartDraft(list_part=parts_of(other)[0].pk)])


def test_a_list_whose_time_has_passed_is_confirmed_with_a_new_one(city: City) -> None:
    handed = hand_in(city, "N95口罩10个", needed_by=LATER)
    late = LATER + timedelta(hours=1)
    with pytest.raises(Malformed, match="later time"):
        confirm(city, handed, now=late)
    confirm(city, handed, now=late, needed_by=SOON)
    assert Need.objects.get().needed_by == SOON


# Triage


@pytest.mark.feature(35)
def test_the_desk_names_a_piece_and_it_comes_back(city: City) -> None:
    handed = confirm(city, hand_in(city))
    [piece] = handed.parts.filter(state=ListPart.State.TRIAGE)
    desk = city.person("d1-duty")
    assert [d.subject for d in duties(desk, LATER, {"name_part"})] == [piece.ref]
    name_part(list_part=piece, item=mask("alcohol-75"), quantity=20, by=desk, now=LATER)
    assert Need.objects.count() == 3, "it binds when its place confirms it, not before"
    asked = duties(city.person("h1-clerk"), LATER, {"confirm_list"})
    assert [d.subject for d in asked] == [handed.ref]
    confirm(city, handed)
    assert Need.objects.get(item__code="alcohol-75").quantity == 20
    handed.refresh_from_db()
    assert handed.state == NeedList.State.SETTLED


def test_a_piece_that_names_nothing_is_dropped_with_a_reason(city: City) -> None:
    handed = hand_in(city, "N95口罩10个；安宁贴布20包")
    [piece] = handed.parts.filter(state=ListPart.State.TRIAGE)
    desk = city.person("d1-duty")
    drop_part(list_part=piece, reason="not an item of relief", by=desk, now=LATER)
    with pytest.raises(NotAllowed):
        stranger = city.person("h2-clerk")
        drop_part(list_part=part(handed, "mask-n95"), reason="x", by=stranger, now=LATER)
    with pytest.raises(NotNow):
        name_part(list_part=piece, item=mask(), by=desk, now=LATER)
    mine = {"reason": "twice", "by": city.person("h1-clerk"), "now": LATER}
    drop_part(list_part=part(handed, "mask-n95"), **mine)
    handed.refresh_from_db()
    assert handed.state == NeedList.State.SETTLED
    with pytest.raises(NotNow, match="over"):
        confirm(city, handed)


# A second list


@pytest.mark.feature(35)
@pytest.mark.parametrize(
    ("said", "how", "quantity"),
    [("100只", "same", 100), ("150只", "more", 150), ("60只", "less", 60), ("若干", "kept", 100)],
)
def test_a_second_list_changes_the_open_need(
    city: City, said: str, how: str, quantity: int
) -> None:
    need = ask(city, quantity=100)
    handed = hand_in(city, f"医用外科口罩{said}")
    parts = parts_of(handed)
    assert [change.how for change in changes(handed, parts).values()] == [how]
    confirm(city, handed)
    assert Need.objects.get() == need
    assert Need.objects.get().quantity == quantity
    assert part(handed, "mask-surgical").need == need


def test_a_second_list_gives_an_unknown_amount_its_number(city: City) -> None:
    need = ask(city, quantity=None)
    confirm(city, hand_in(city, "医用外科口罩70只"))
    need.refresh_from_db()
    assert (need.amount, need.quantity) == (Need.Amount.KNOWN, 70)


def test_what_arrived_is_not_asked_for_again(city: City) -> None:
    need = ask(city, quantity=100)
    Need.objects.filter(pk=need.pk).update(received_quantity=40, state=Need.State.PART_MET)
    confirm(city, hand_in(city, "医用外科口罩80只"))
    need.refresh_from_db()
    assert (need.quantity, need.received_quantity) == (120, 40)


def test_two_lines_of_an_item_in_one_list_add_up(city: City) -> None:
    ask(city, quantity=100)
    confirm(city, hand_in(city, "门诊：医用外科口罩60只\n病房：医用外科口罩40只"))
    assert sorted(Need.objects.values_list("quantity", flat=True)) == [40, 60]


def test_what_a_second_list_leaves_out_stays_and_is_shown(city: City) -> None:
    need = ask(city, quantity=100)
    handed = hand_in(city, "N95口罩10个")
    assert not_named(handed, parts_of(handed)) == [need]
    confirm(city, handed)
    assert Need.objects.count() == 2


def test_an_amount_is_not_changed_below_what_has_arrived(city: City) -> None:
    need = ask(city, quantity=100)
    Need.objects.filter(pk=need.pk).update(received_quantity=40, state=Need.State.PART_MET)
    given = {"need": need, "reason": "counted again", "by": city.person("h1-clerk"), "now": LATER}
    with pytest.raises(NotNow, match="40 have arrived"):
        change_amount(quantity=39, **given)
    with pytest.raises(NotNow, match="nothing changes"):
        change_amount(quantity=100, **given)
    assert change_amount(quantity=40, **given).state == Need.State.MET
    assert facts("supply.change_amount")["before"] == 100


# The clock


def test_a_list_that_nobody_confirms_is_reminded_of_once_and_ends(city: City) -> None:
    handed, clock = hand_in(city), city.person("founder")
    assert remind_of_lists(by=clock, now=LATER) == []
    walk(by=clock, now=handed.remind_at)
    assert Message.objects.filter(verb="supply.remind_of_list", unit=city["H1"]).count() == 1
    assert remind_of_lists(by=clock, now=handed.remind_at) == []
    [ended] = end_stale_lists(by=clock, now=handed.ends_at)
    assert (ended.state, facts("supply.end_stale_list")["left"]) == (NeedList.State.ENDED, 5)
    assert {p.reason_dropped for p in parts_of(handed)} == {"unconfirmed"}
    assert end_stale_lists(by=clock, now=handed.ends_at) == []
    with pytest.raises(NotNow, match="Hand in a new one"):
        confirm(city, handed, now=handed.ends_at)
