"""The pages of lists: paste one, see what was read in the text and the table, confirm, triage."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.interfaces import clock
from gongzhi.supply.actions import hand_in_list
from gongzhi.supply.models import ListPart, Need, NeedList
from tests.interfaces.api_world import cheap_passwords
from tests.interfaces.console_scene import words
from tests.interfaces.pages import NOW, browser
from tests.once import once
from tests.rooms.cast import City
from tests.rooms.goods import ask, hold, stocked_city

TEXT = (
    "需要：N95口罩2000个、护目镜若干；安宁贴布20包。库存：医用外科口罩500只；"
    "联系人：张三，13800138000"
)
SOON = NOW + timedelta(days=3)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def city() -> City:
    with cheap_passwords():
        return stocked_city()


def handed(city: City, text: str = TEXT) -> NeedList:
    clerk = city.person("h1-clerk")
    return hand_in_list(unit=city["H1"], text=text, needed_by=SOON, by=clerk, now=NOW)


def ticked(need_list: NeedList, **more: str) -> dict[str, str]:
    """The form as it stands, every line ticked, with what was changed in it."""
    form = {}
    for part in need_list.parts.filter(state=ListPart.State.READ).select_related("item"):
        quantity = "" if part.quantity is None else str(part.quantity)
        form |= {
            f"take-{part.pk}": "1", f"item-{part.pk}": str(part.item),
            f"kind-{part.pk}": part.kind, f"quantity-{part.pk}": quantity,
        }  # fmt: skip
    return form | more


def test_a_pasted_list_is_read_and_leads_to_its_page(city: City) -> None:
    clerk = browser(city, "h1-clerk")
    assert "Paste a list" in words(clerk.get("/supplies/lists"))
    sent = {
        "text": TEXT,
        "unit": city["H1"].pk,
        "needed_by": f"{SOON:%Y-%m-%dT%H:%M}",
        "urgency": "1",
    }
    answer = clerk.post("/supplies/lists", sent)
    made = NeedList.objects.get()
    assert answer.headers["Location"] == f"/supplies/lists/{made.pk}"
    assert (made.urgency, made.text) == (1, TEXT)
    assert "3 lines to confirm" in words(clerk.get("/supplies/lists"))


def test_a_list_that_says_nothing_keeps_what_was_typed(city: City) -> None:
    clerk = browser(city, "h1-clerk")
    sent = {"text": "。。。", "unit": city["H1"].pk, "needed_by": f"{SOON:%Y-%m-%dT%H:%M}"}
    answer = clerk.post("/supplies/lists", sent)
    assert answer.status_code == 422
    assert "Nothing was read in this text" in words(answer)
    assert "。。。" in words(answer)


def test_the_page_marks_the_text_and_hides_who_is_named(city: City) -> None:
    page = words(browser(city, "h1-clerk").get(f"/supplies/lists/{handed(city).pk}"))
    assert 'class="taken-as mark-need">N95口罩2000个</a>' in page
    assert 'class="taken-as mark-stock">医用外科口罩500只</a>' in page
    assert 'class="taken-as mark-left">' in page
    assert "张三" not in page and "13800138000" not in page
    assert "A new need." in page


def test_what_a_plan_will_count_is_said_before_anything_is_confirmed(city: City) -> None:
    hold(city, "H1", 200, 100, now=NOW)
    clerk = browser(city, "h1-clerk")
    page = words(clerk.get(f"/supplies/lists/{handed(city, '医用外科口罩50000只').pk}"))
    assert "You asked for 50,000 more; 1,200 is plausible." in page
    page = words(clerk.get(f"/supplies/lists/{handed(city, '医用外科口罩1200只').pk}"))
    assert "plausible" not in page
    page = words(clerk.get(f"/supplies/lists/{handed(city, '医用外科口罩若干').pk}"))
    assert "estimate 1,200 · Use of 100 a day for 14 days, less 200 in stock." in page


def test_one_press_confirms_with_what_was_corrected(city: City) -> None:
    made = handed(city)
    goggles = made.parts.get(item__code="goggles")
    form = ticked(made, **{f"quantity-{goggles.pk}": "1,500"})
    answer = browser(city, "h1-clerk").post(f"/supplies/lists/{made.pk}", form)
    assert answer.status_code == 302
    assert Need.objects.get(item__code="goggles").quantity == 1500
    assert Need.objects.get(item__code="mask-n95").quantity == 2000


def test_an_emptied_quantity_is_an_unknown_amount_and_an_item_can_be_another(city: City) -> None:
    made = handed(city, "N95口罩2000个")
    [part] = made.parts.all()
    form = ticked(made, **{f"quantity-{part.pk}": "", f"item-{part.pk}": "Surgical mask"})
    browser(city, "h1-clerk").post(f"/supplies/lists/{made.pk}", form)
    need = Need.objects.get()
    assert (need.item.code, need.amount) == ("mask-surgical", Need.Amount.UNKNOWN)


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [("item", "moonstone", "no item “moonstone”"), ("quantity", "many", "correct")],
)
def test_what_cannot_be_read_is_refused_and_stays_typed(
    city: City, name: str, typed: str, said: str
) -> None:
    made = handed(city, "N95口罩2000个")
    [part] = made.parts.all()
    form = ticked(made, **{f"{name}-{part.pk}": typed})
    answer = browser(city, "h1-clerk").post(f"/supplies/lists/{made.pk}", form)
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{typed}"' in words(answer)
    assert not Need.objects.exists()


def test_a_stock_without_a_number_does_not_hold_up_the_others(city: City) -> None:
    made = handed(city, "需要：N95口罩10个。库存：护目镜若干")
    page = words(browser(city, "h1-clerk").get(f"/supplies/lists/{made.pk}"))
    need, stock = made.parts.get(kind="need"), made.parts.get(kind="stock")
    assert f'name="take-{need.pk}" value="1" checked' in page
    assert f'name="take-{stock.pk}" value="1" checked' not in page


def test_nothing_ticked_confirms_nothing(city: City) -> None:
    made = handed(city)
    answer = browser(city, "h1-clerk").post(f"/supplies/lists/{made.pk}", {})
    assert "No line is ticked" in words(answer)


def test_a_second_list_says_what_it_changes_and_what_it_leaves_out(city: City) -> None:
    ask(city, quantity=100, needed_by=SOON)
    made = handed(city, "医用外科口罩150只")
    page = words(browser(city, "h1-clerk").get(f"/supplies/lists/{made.pk}"))
    assert "More than the open need, which lacks 100." in page
    made = handed(city, "N95口罩10个")
    page = words(browser(city, "h1-clerk").get(f"/supplies/lists/{made.pk}"))
    assert "Asked for before and not in this list" in page


def test_the_desk_names_a_piece_on_its_page_or_drops_it(city: City) -> None:
    made = handed(city, "安宁贴布20包；N95口罩10个；丁香贴膏10盒")
    desk = browser(city, "d1-duty")
    pieces = list(made.parts.filter(state=ListPart.State.TRIAGE))
    assert len(pieces) == 2
    page = words(desk.get("/supplies/triage"))
    assert "安宁贴布" in page
    first, second = pieces
    wrong = desk.post("/supplies/triage", {"list_part": first.pk, "item": "moonstone"})
    assert "no item “moonstone”" in words(wrong)
    sent = {"list_part": first.pk, "item": "Goggles", "kind": "need", "quantity": "20"}
    desk.post("/supplies/triage", sent)
    desk.post("/supplies/triage", {"list_part": second.pk, "reason": "a drug", "drop": "1"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.quantity) == (ListPart.State.READ, 20)
    assert (second.state, second.reason_dropped) == (ListPart.State.DROPPED, "a drug")
    assert "Every list in your area was understood" in words(desk.get("/supplies/triage"))
    assert "a drug" in words(browser(city, "h1-clerk").get(f"/supplies/lists/{made.pk}"))


def test_a_list_of_another_area_is_not_there(city: City) -> None:
    made = handed(city)
    assert browser(city, "h2-clerk").get(f"/supplies/lists/{made.pk}").status_code == 404
    assert "安宁贴布" not in words(browser(city, "d2-duty").get("/supplies/triage"))
