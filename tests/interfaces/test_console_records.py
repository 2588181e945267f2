"""Records and lists: what is seen, by whom, what followed, what can be done next and why not."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

from gongzhi.actors.queries import LISTINGS
from gongzhi.errors import Refused
from gongzhi.interfaces.console.checks import CHECKS
from gongzhi.interfaces.console.fetching import with_names
from gongzhi.interfaces.console.forms.asking import asks_of
from gongzhi.interfaces.inputs import deeds_by_hand
from gongzhi.ledger.records import Record
from gongzhi.sensing.actions import acknowledge_warning
from gongzhi.sensing.models import Report, Warning
from tests.interfaces.console_scene import (
    NOW,
    Scene,
    words,
)
from tests.rooms.cast import START
from tests.rooms.scenes import red_warning


def test_a_record_tells_its_causes_its_fields_and_its_proof(scene: Scene) -> None:
    answer = scene.browser("mayor").get(f"/r/command/orders/{scene.order.pk}")
    kinds = [cause.kind for cause in answer.context["why"].chain]
    assert kinds == ["warning", "incident", "assessment", "decision", "order"]
    facts = {fact.label: fact.value.content for fact in answer.context["facts"]}
    assert facts["Unit"] == "桥头街道"
    assert facts["Power"] == "give order · by post"
    assert "2 h late · since 10:00" in words(answer)
    proven = answer.context["proven"]
    assert [item.line.sentence for item in proven] == [
        "s11-duty先生 accepted an order.", "mayor先生 gave an order.",
    ]  # fmt: skip
    assert all(item.proof.holds for item in proven)


def test_a_record_of_a_batch_shows_the_line_of_its_cause(scene: Scene) -> None:
    run = scene.run
    line = run.lines.get()
    answer = scene.browser("mayor").get(f"/r/supply/need_lines/{line.pk}")
    assert answer.context["why"].inherited
    assert answer.context["proven"][0].line.sentence == "h1-clerk先生 stated a need."


def test_the_next_act_is_the_duty_and_others_say_why_not(scene: Scene) -> None:
    browser = scene.browser("s11-duty")
    answer = browser.get(f"/r/sensing/signals/{scene.signal.pk}")
    assert answer.context["first"].name == "Judge the signal"
    assert f"/do/sensing/judge_signal?signal={scene.signal.pk}" in words(answer)
    order = browser.get(f"/r/command/orders/{scene.order.pk}")
    refused = {o.name: o.refusal for o in order.context["others"] if o.refusal}
    assert refused["Accept the order"].startswith("s11-duty先生 accepted this order on")
    assert refused["Withdraw the order"].startswith("You do not hold the power “give order”")
    page = words(order)
    assert 'aria-disabled="true"' in page
    assert "Ask 临江市 (commander) to do it" in page


def test_a_record_that_is_over_offers_no_first_act(scene: Scene) -> None:
    scene.order.state = "done"
    scene.order.ended_by, scene.order.ended_at = scene.city.person("mayor"), NOW
    scene.order.save()
    answer = scene.browser("mayor").get(f"/r/command/orders/{scene.order.pk}")
    assert answer.context["first"] is None


def test_the_form_is_filled_in_from_the_record(scene: Scene) -> None:
    decision = scene.upstream.decision
    browser = scene.browser("mayor")
    offers = browser.get(f"/r/decision/decisions/{decision.pk}").context["others"]
    by_name = {offer.name: offer.href for offer in offers}
    assert f"decision={decision.pk}" in by_name["Set a measure"]
    assert f"area={scene.city['C'].pk}" in by_name["Set a measure"]
    page = words(browser.get(by_name["Set a measure"]))
    assert f'<option value="{decision.pk}" selected>' in page


def test_a_list_is_narrowed_searched_and_paged(scene: Scene) -> None:
    city, browser = scene.city, scene.browser("mayor")
    Report.objects.bulk_create(
        Report(place=city["S12"], stream="fever", channel="form", text="x", received_at=START,
               received_by=city.person("city-duty"))
        for _n in range(60)
    )  # fmt: skip
    first = browser.get("/r/sensing/reports/")
    assert first.context["total"] == 62
    assert len(first.context["rows"]) == 50
    second = browser.get(f"/r/sensing/reports/?before={first.context['older']}")
    assert len(second.context["rows"]) == 12
    assert second.context["older"] is None
    numbers = {row.number for page in (first, second) for row in page.context["rows"]}
    assert len(numbers) == 62
    assert browser.get("/r/sensing/reports/?state=folded").context["total"] == 1
    assert browser.get("/r/sensing/reports/?q=钟楼").context["total"] == 60
    assert browser.get(f"/r/sensing/reports/?q={scene.report.pk}").context["total"] == 1
    assert browser.get("/r/sensing/reports/?q=%00&state=nonsense&before=x").status_code == 200
    assert "Nothing in your area fits this." in words(browser.get("/r/sensing/reports/?q=nobody"))


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 40])
def test_numbers_of_nothing_lead_nowhere(scene: Scene, number: str) -> None:
    browser = scene.browser("mayor")
    for path in ("/r/command/orders/", "/incidents/", "/ledger/entries/"):
        assert browser.get(f"{path}{number}").status_code == 404


# What a page says beforehand is what the deed asks ---------------------------------------------


def _asked(room: str, verb: str) -> tuple[set[str], set[str]]:
    """(powers named, policies called) in the text of a deed and of what it calls beside it."""
    deed = next(d for d in deeds_by_hand() if (d.room, d.verb) == (room, verb))
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(deed.function))))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {getattr(call.func, "id", "") for call in calls}
    powers = {
        arg.value
        for call in calls
        if getattr(call.func, "id", "") == "check_may"
        for arg in call.args
        if isinstance(arg, ast.Constant)
    }
    return powers, names


def test_every_check_is_about_an_input_of_its_deed() -> None:
    deeds = {(d.room, d.verb): d for d in deeds_by_hand()}
    for room, verb, name in CHECKS:
        asked = {ask.name: ask for ask in asks_of(deeds[room, verb])}
        assert name in asked, (room, verb, name)
        assert asked[name].model is not None


def test_every_power_asked_beforehand_is_one_the_deed_asks(scene: Scene) -> None:
    """The refusal of a person without any power names the power that the deed itself names."""
    found = 0
    for (room, verb, name), checks in CHECKS.items():
        powers, _names = _asked(room, verb)
        shown = [c.__closure__ for c in checks if c.__qualname__.startswith("power.")]
        named = {cell.cell_contents for cells in shown for cell in cells or ()}
        asked = {text for text in named if isinstance(text, str)} & _all_powers()
        if powers and asked:
            assert asked <= powers, (room, verb, name)
            found += 1
    assert found > 30


def _all_powers() -> set[str]:
    from gongzhi.parameters import names

    return set(names("powers"))


def test_what_is_said_beforehand_is_what_the_deed_says(scene: Scene) -> None:
    """The same sentence under the button and from the deed itself."""
    city = scene.city
    warning = red_warning(city, "D2")
    browser = scene.browser("d2-duty")
    acknowledge_warning(warning=warning, note="知道了", by=city.person("d2-chief"), now=NOW)
    page = browser.get(f"/r/sensing/warnings/{warning.pk}")
    said = {offer.name: offer.refusal for offer in page.context["others"]}
    with pytest.raises(Refused) as refused:
        acknowledge_warning(
            warning=Warning.objects.get(pk=warning.pk), note="我也", by=city.person("d2-duty"),
            now=NOW,
        )  # fmt: skip
    assert said["Acknowledge the warning"]
    assert str(refused.value).split(" ")[0] == said["Acknowledge the warning"].split(" ")[0]


def test_every_listed_class_has_an_address() -> None:
    from gongzhi.interfaces.console.reading import listing_of

    for key, model in LISTINGS.items():
        assert issubclass(model, Record)
        assert listing_of(model) == key


FEW = 8
"""PostgreSQL plans up to so many tables in every order (join_collapse_limit)."""


@pytest.mark.parametrize("model", LISTINGS.values(), ids=lambda model: model.__name__)
def test_no_list_takes_more_than_a_few_joins_in_one_query(model: type[Record]) -> None:
    """With everything a name follows in one query, a form took twenty seconds."""
    assert str(with_names(model._default_manager.all()).query).count(" JOIN ") <= FEW
