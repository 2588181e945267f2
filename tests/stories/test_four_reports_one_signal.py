"""Story 1. Three grid workers and a hotline caller report the same thing in different words.

One officer takes it, the other sees it is taken; it becomes one signal with four reports.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongzhi.errors import NotAllowed, NotFound, NotNow
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.actions import seal
from gongzhi.ledger.queries import entries_of, verify
from gongzhi.sensing.models import Report
from gongzhi.sensing.queries import report_queue
from tests.rooms.cast import START, City
from tests.stories.telling import do

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("in_english")
IN_THEIR_WORDS = [
    ("g1111-worker", "visit", "三号楼有两个孩子发烧", "G1111"),
    ("g1112-worker", "form", "隔壁楼好几家在咳嗽、体温高", "G1112"),
    ("k111-worker", "paper", "社区诊所今天收了五个发热的", "K111"),
    ("s11-duty-2", "hotline", "居民来电：小区里都在发烧，没人管吗？", "S11"),
]


@pytest.mark.feature(17, 21)
def test_four_reports_become_one_signal(city: City) -> None:
    officer, colleague = city.person("s11-duty"), city.person("s11-duty-2")

    # Four people tell of the same thing, each in another way and in other words.
    for minute, (who, channel, words, place) in enumerate(IN_THEIR_WORDS):
        do(
            city.person(who), "sensing.receive_report", START + minute * MINUTE, place=city[place],
            stream="fever", channel=channel, text=words, reporter_phone="13900000000",
        )  # fmt: skip
    now = START + 10 * MINUTE
    assert report_queue(officer, now).count() == report_queue(colleague, now).count() == 4

    # One officer takes the first; the other sees at once that it is taken, and by whom.
    first = report_queue(officer, now)[0]
    do(officer, "sensing.claim_report", now, report=first)
    assert report_queue(colleague, now).count() == 3
    with pytest.raises(NotNow, match=r"s11-duty先生 took this report at 09:10. Take the next one"):
        do(colleague, "sensing.claim_report", now + MINUTE, report=first)
    with pytest.raises(NotAllowed, match="s11-duty先生 has taken this report"):
        do(colleague, "sensing.dismiss_report", now + MINUTE, report=first, reason="A prank")

    # The officer takes the rest too and makes one signal of all four.
    for report in list(report_queue(officer, now)):
        do(officer, "sensing.claim_report", now + 2 * MINUTE, report=report)
    assert report_queue(colleague, now).count() == 0
    mine = list(Report.objects.filter(claimed_by=officer).order_by("id"))
    signal = do(
        officer, "sensing.raise_signal", now + 3 * MINUTE, reports=mine,
        title="Fever in the first community of Bridgehead street",
    )  # fmt: skip
    assert signal.reports.count() == 4
    assert signal.place == city["S11"], "the lowest place over all four"

    # Nothing is left in the queue; what is asked for now is the judgement, within two hours.
    asked = duties_of(colleague, now + 3 * MINUTE)
    assert [(duty.verb, duty.due_at) for duty in asked] == [
        ("judge_signal", now + 3 * MINUTE + timedelta(hours=2))
    ]

    # One of the four was something else: it is taken out again, and the signal keeps three.
    other = mine[-1]
    do(officer, "sensing.unfold_report", now + 5 * MINUTE, report=other)
    do(officer, "sensing.dismiss_report", now + 6 * MINUTE, report=other, reason="Another matter")
    assert signal.reports.count() == 3

    # Who is not of this street sees nothing of it, and the log holds the whole way of a report.
    with pytest.raises(NotFound):
        do(city.person("s12-duty"), "sensing.read_report", now, report=first)
    assert [entry.verb.partition(".")[2] for entry in entries_of(other.ref)] == [
        "receive_report", "claim_report", "unfold_report", "dismiss_report",
    ]  # fmt: skip
    seal(now=now + 7 * MINUTE)
    assert verify().holds
