"""A price leaps: seen by comparison, proven by invoices, judged by a person, acted on together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.command.models import CallAnswer
from gongzhi.rounds.walk import walk
from gongzhi.supply.models import PriceFlag, PriceLook, PriceReport
from gongzhi.supply.prices.queries import computation, flag_sentence
from gongzhi.supply.queries import duties
from tests.rooms.priced import (
    BEFORE,
    LATER,
    NOW_ON,
    market,
    priced_city,
    record,
)
from tests.stories.telling import do

pytestmark = pytest.mark.usefixtures("in_english")

HOUR = timedelta(hours=1)


@pytest.mark.begun(40)
def test_a_leap_becomes_a_case_only_through_invoices_and_a_person(db: None) -> None:
    city = priced_city()
    clock, duty, mayor = (city.person(p) for p in ("founder", "city-duty", "mayor"))
    seller = city.person("sup-clerk")

    # Seven pharmacies asked 1.00 before the crisis. Six ask 1.20 now. One still asks 1.20, but
    # 2.60 for bringing two of them.
    record(city, market(city, now_cents=120, delivery_cents=260, packs=2))
    walk(by=clock, now=LATER)
    walk(by=clock, now=LATER + HOUR)
    flag = PriceFlag.objects.get()
    assert "A piece costs 2.50 with delivery" in flag_sentence(flag)
    assert "no finding" in flag_sentence(flag)
    assert PriceLook.objects.get().summary["mask-surgical"]["flagged"] == 1

    # The duty officer asks for invoices; the seller finds that on its page Now, with the reason.
    do(duty, "supply.ask_invoices", LATER + HOUR, flag=flag)
    [mine] = [d for d in duties(seller, LATER + HOUR) if d.subject == flag.ref]
    assert (mine.verb, mine.due_at) == ("hand_in_invoices", LATER + 49 * HOUR)
    papers = [
        {"cost_cents": 60, "bought_on": BEFORE.isoformat(), "proof": "发票一"},
        {"cost_cents": 100, "bought_on": NOW_ON.isoformat(), "proof": "发票二"},
    ]
    do(seller, "supply.hand_in_invoices", LATER + 2 * HOUR, flag=flag, invoices=papers,
       answer="运费涨了。")  # fmt: skip

    # Before anything is judged the computation stands there, line by line, with its rule.
    flag.refresh_from_db()
    said = computation(flag=flag, now=LATER + 2 * HOUR)
    assert "Margin now: price less cost: 2.50 − 1.00 = 1.50" in said
    assert "Margin then: price less cost: 1.00 − 0.60 = 0.40" in said
    assert said[-2] == "outside the rule"
    do(duty, "supply.judge_price", LATER + 3 * HOUR, flag=flag, verdict="reported",
       reason="购销差价扩大。")  # fmt: skip

    # The seller appeals; nobody acts until somebody other than the officer has decided.
    report = PriceReport.objects.get()
    do(
        seller,
        "supply.appeal_price_report",
        LATER + 4 * HOUR,
        report=report,
        words="运费不是我收的。",
    )
    do(mayor, "supply.decide_price_appeal", LATER + 5 * HOUR, report=report, upheld=True,
       reason="运费计入售价。")  # fmt: skip

    # Then departments are called together, by the one kind of call there is.
    do(duty, "supply.call_on_price_report", LATER + 6 * HOUR, report=report, caller=city["C"],
       departments=[city["HEALTH"], city["LOG"]], text="请依职责处理，平台下架。")  # fmt: skip
    report.refresh_from_db()
    answers = CallAnswer.objects.filter(call=report.call)
    assert {answer.department.code for answer in answers} == {"HEALTH", "LOG"}
