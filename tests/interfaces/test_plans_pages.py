"""The pages of plans: text by line, diagram, what would happen now, mistakes of a draft."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from gongzhi.command.actions import activate_plan, adopt_plan
from gongzhi.command.models import ContingencyPlan, Order
from gongzhi.command.plan_file import check_plan
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.pages.plans import text_lines
from gongzhi.interfaces.plan_drawing import LINE, WIDE, drawing_of, wrapped
from gongzhi.ledger.models import Entry
from tests.interfaces.console_scene import seen, words
from tests.interfaces.pages import NOW, browser
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import decided, open_incident

TEXT = (Path(settings.ROOT) / "parameters/plans/respiratory-epidemic.yaml").read_text("utf-8")


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked for at this moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@once
def plan(city: City) -> ContingencyPlan:
    return adopt_plan(document=TEXT, by=city.person("mayor"), now=START)


def test_the_page_shows_every_line_as_written(city: City, plan: ContingencyPlan) -> None:
    answer = browser(city, "mayor").get(f"/plans/{plan.pk}")
    page = words(answer)
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert page.count('<li id="line-') == len(TEXT.splitlines())


def test_the_diagram_has_a_box_for_each_order_and_a_curve_for_each_prerequisite(
    city: City, plan: ContingencyPlan
) -> None:
    read = check_plan(TEXT).plan
    assert read is not None
    drawing = drawing_of(read)
    boxes = {box.key: box for box in drawing.boxes}
    assert set(boxes) == {order.key for order in read.orders}
    assert len(drawing.curves) == sum(len(order.after) for order in read.orders)
    assert len({(box.x, box.y) for box in drawing.boxes}) == len(drawing.boxes)
    bands = sorted((f.y, f.height) for f in drawing.frames if f.style == "plan-band")
    for phase, (top, height) in zip(read.phases, bands, strict=False):
        inside = {key for key, box in boxes.items() if top < box.y < top + height}
        assert inside == {order.key for order in read.orders if order.phase == phase.phase}
    for order in read.orders:
        for before in order.after:
            same_phase = read.order(before).phase == order.phase
            first, then = boxes[before], boxes[order.key]
            assert first.x < then.x if same_phase else first.y < then.y
    for curve in drawing.curves:
        for box in drawing.boxes:
            assert not crosses(curve, box.x, box.y, drawing.box_height)
    page = words(browser(city, "mayor").get(f"/plans/{plan.pk}"))
    assert page.count('class="plan-box"') == len(read.orders)


def crosses(curve: str, x: int, y: int, high: int) -> bool:
    """Whether an arrow of straight lines runs through the inside of a box."""
    points: list[tuple[int, int]] = []
    for step, first, second in re.findall(r"([MHV])(-?\d+)(?: (-?\d+))?", curve):
        last = points[-1] if points else (0, 0)
        ends = {"M": (first, second), "H": (first, last[1]), "V": (last[0], first)}[step]
        points.append((int(ends[0]), int(ends[1])))
    for (x1, y1), (x2, y2) in pairwise(points):
        across = max(x1, x2) > x and min(x1, x2) < x + WIDE
        if across and max(y1, y2) > y and min(y1, y2) < y + high:
            return True
    return False


def test_the_ladder_the_measures_and_the_end_stand_in_the_diagram() -> None:
    read = check_plan(TEXT).plan
    assert read is not None
    with translation.override("en"):
        drawing = drawing_of(read)
        texts = [label.text for label in drawing.labels]
    assert "district +0 min" in texts and "city +1 h" in texts and "street +0 min" in texts
    assert "begins with: 1 or more warnings" in texts and "all other orders" in texts
    assert any(text.startswith("Masks in public places indoors · 14 d") for text in texts)
    assert all(words.en in texts for words in read.wind_down)
    assert all(f.x + f.width <= drawing.width for f in drawing.frames)
    assert all(f.y + f.height <= drawing.height for f in drawing.frames)


@pytest.mark.parametrize(
    "text", ["设立街道联合值守点并公布值守人员的联系方式和地址", "One two three " * 9, "x"]
)
def test_a_title_fits_into_its_box(text: str) -> None:
    lines = wrapped(text)
    assert 1 <= len(lines) <= 2
    widths = [sum(2 if ord(c) > 0x2E80 else 1 for c in line.rstrip("…")) for line in lines]
    assert max(widths) <= LINE
    joined = "".join(lines).replace(" ", "")
    assert joined.endswith("…") or joined == text.replace(" ", "")


def test_what_would_happen_is_shown_and_nothing_is_written(
    city: City, plan: ContingencyPlan
) -> None:
    incident = open_incident(city, "C")
    decided(city, incident)
    before = Entry.objects.count()
    page = words(browser(city, "mayor").get(f"/plans/{plan.pk}?incident={incident.pk}"))
    assert "What would happen if it were activated now" in page
    assert "at once" in page
    assert "The trigger is reached" in page
    assert "Powers it uses" in page and "activate plan" in page
    assert "mask-n95 × " in page, "What all orders need together; no catalogue is loaded here."
    assert f"/do/command/activate_plan?plan={plan.pk}&amp;incident={incident.pk}" in page
    assert not Order.objects.exists()
    assert Entry.objects.count() == before


def test_a_plan_in_force_for_the_incident_says_so_before_anybody_presses(
    city: City, plan: ContingencyPlan
) -> None:
    incident = open_incident(city, "C")
    decision = decided(city, incident)
    activate_plan(
        plan=plan, incident=incident, decision=decision, with_measures=False,
        by=city.person("mayor"), now=NOW,
    )  # fmt: skip
    page = words(browser(city, "mayor").get(f"/plans/{plan.pk}?incident={incident.pk}"))
    assert "is in force here since" in page
    assert f"/do/command/activate_plan?plan={plan.pk}&amp;incident={incident.pk}" not in page


def test_a_form_that_is_filled_in_says_what_it_would_do(city: City, plan: ContingencyPlan) -> None:
    incident = open_incident(city, "C")
    decision = decided(city, incident)
    chief, before = browser(city, "mayor"), Entry.objects.count()
    address = f"/do/command/activate_plan?plan={plan.pk}&incident={incident.pk}"
    assert "Done now, it concerns" not in words(chief.get(address)), "The decision is missing."
    page = words(chief.get(f"{address}&decision={decision.pk}"))
    assert "Done now, it concerns" in page and "orders" in page and "measure" in page
    switch = f"/do/decision/switch_mode?decision={decision.pk}&area={city['D1'].pk}&mode=normal"
    assert "Done now, it concerns 1,000 people, 0 measures." in words(chief.get(switch))
    assert Entry.objects.count() == before and not Order.objects.exists()


def test_an_incident_of_a_foreign_branch_cannot_be_chosen(
    city: City, plan: ContingencyPlan
) -> None:
    incident = open_incident(city, "D1")
    answer = browser(city, "d2-duty").get(f"/plans/{plan.pk}?incident={incident.pk}")
    assert answer.status_code == 404
    assert incident.title not in words(answer)
    assert incident.title not in words(browser(city, "d2-duty").get(f"/plans/{plan.pk}"))


def test_a_plan_is_listed_with_its_orders_and_where_it_is_in_force(
    city: City, plan: ContingencyPlan
) -> None:
    answer = browser(city, "mayor").get("/plans")
    assert seen(answer).blocked == []
    assert f'href="/plans/{plan.pk}"' in words(answer)
    assert "not in force" in words(answer)


def test_a_draft_without_mistakes_can_be_adopted_and_is_not_by_checking(city: City) -> None:
    answer = browser(city, "mayor").post("/plans/check", {"document": TEXT})
    page = words(answer)
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert "The draft has no mistakes" in page
    assert "Adopt this plan" in page
    assert 'class="plan-box"' in page
    assert not ContingencyPlan.objects.exists()


def test_each_mistake_stands_at_its_line(city: City) -> None:
    wrong = TEXT.replace("minutes: 180", "minutes: soon", 1)
    line = next(n for n, text in enumerate(wrong.splitlines(), 1) if "minutes: soon" in text)
    answer = browser(city, "mayor").post("/plans/check", {"document": wrong})
    page = words(answer)
    assert answer.status_code == 200
    assert "1 mistake" in page
    assert f'<li id="line-{line}" class="has-problem">' in page
    assert f'href="#line-{line}"' in page
    assert "Adopt this plan" not in page
    assert wrong.splitlines()[0] in page.split("<textarea")[1]


@pytest.mark.parametrize("text", ["", ":", "\t- [", "a" * 60_001, "plan: &a x\nb: *a"])
def test_what_is_no_plan_is_told_and_never_breaks_the_page(city: City, text: str) -> None:
    answer = browser(city, "mayor").post("/plans/check", {"document": text})
    assert answer.status_code == 200
    assert 'role="alert"' in words(answer)


def test_a_mistake_beyond_the_last_line_stands_at_the_last(city: City) -> None:
    lines = text_lines("a\nb", [(9, "missing"), (1, "wrong")])
    assert [line.problems for line in lines] == [("wrong",), ("missing",)]


def test_whoever_may_not_activate_sees_why(city: City, plan: ContingencyPlan) -> None:
    incident = open_incident(city, "D1")
    decided(city, incident)
    page = words(browser(city, "d1-duty").get(f"/plans/{plan.pk}?incident={incident.pk}"))
    assert "You do not hold the power" in page
