"""Help is offered, asked for, planned, answered, done and certified; each exit of each deed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.fieldwork.actions import (
    TimeDraft,
    accept_call_up,
    approve_call_ups,
    cancel_hands,
    certify_hours,
    check_in,
    decline_call_up,
    drop_out,
    end_help_offers,
    record_hours,
    withdraw_help,
)
from gongzhi.fieldwork.hands_queries import (
    hours_of,
    lines_said,
    staffed,
    summary_said,
    uncalled_said,
)
from gongzhi.fieldwork.models import CallUp, CallUpPlan, HelpOffer, HelpWanted, Skill
from gongzhi.fieldwork.queries import duties
from gongzhi.ledger.queries import text_signed
from tests.rooms.cast import START, City
from tests.rooms.helping import (
    EVENING,
    HOUR,
    MORNING,
    NOON,
    call_up_of,
    called,
    helping_city,
    offered,
    planned,
    wanted,
)
from tests.rooms.scenes import facts

pytestmark = pytest.mark.usefixtures("in_english")
STATE = CallUp.State


@pytest.fixture
def city(db: None) -> City:
    return helping_city()


def two_called(city: City) -> CallUpPlan:
    for who in ("hua", "lin"):
        offered(city, who)
    wanted(city, headcount=2, skill=Skill.NURSE)
    return called(city)


def states(city: City) -> dict[str, str]:
    rows = CallUp.objects.values_list("offer__helper__login", "state")
    return dict(rows.order_by("id"))


# A plan -------------------------------------------------------------------------------------------


def test_nobody_is_called_up_before_a_person_approves(city: City) -> None:
    offered(city, "hua")
    task = wanted(city)
    plan = planned(city)
    assert states(city) == {"hua": STATE.PROPOSED}
    assert duties(city.person("hua"), START) == []
    [asked] = [d for d in duties(city.person("mayor"), START) if d.verb == "approve_call_ups"]
    assert asked.subject == plan.ref
    approve_call_ups(plan=plan, by=city.person("mayor"), now=START)
    assert states(city) == {"hua": STATE.CALLED}
    [mine] = duties(city.person("hua"), START)
    assert (mine.verb, mine.due_at) == ("accept_call_up", MORNING)
    assert staffed([task]) == {task.pk: 1}
    assert facts("fieldwork.approve_call_ups") == {"count": 1, "released": 0}


def test_a_plan_says_of_each_task_why_it_is_short(city: City) -> None:
    offered(city, "hua", people=2)
    wanted(city, "护理", headcount=3, skill=Skill.NURSE, wants_leader=True)
    wanted(city, "开车", skill=Skill.DRIVE)
    wanted(city, "远处", place=city["S12"], skill=Skill.NURSE, starts_at=EVENING,
           ends_at=EVENING + HOUR)  # fmt: skip
    plan = planned(city)
    assert lines_said(plan).splitlines() == [
        "护理: 2 of 3. All who can come are called up; there is nobody else. "
        "Nobody leads it: Nobody who can lead has the skill.",
        "开车: 0 of 1. Nobody who offers help has the skill.",
        "远处: 0 of 1. Only teams larger than the places left are free.",
    ]
    assert summary_said(plan) == "Urgency 2: 2 of 5 people in 3 tasks."


def test_an_offer_that_is_not_called_up_is_told_why(city: City) -> None:
    offered(city, "hua", skills=[Skill.COOK])
    wanted(city, skill=Skill.NURSE)
    assert uncalled_said(planned(city)) == "1 × The tasks at these times need other skills."


def test_rest_is_kept_after_a_shift_that_is_done(city: City) -> None:
    offered(city, "hua")
    wanted(city, "早班")
    called(city)
    call_up = call_up_of(city, "hua")
    accept_call_up(call_up=call_up, by=city.person("hua"), now=START)
    record_hours(call_up=call_up, minutes=240, by=city.person("d1-duty"), now=NOON)
    wanted(city, "晚班", starts_at=EVENING, ends_at=EVENING + HOUR, now=NOON)
    assert "晚班: 0 of 1. Most who could come work in a shift too close" in lines_said(
        planned(city, NOON + HOUR)
    )


def test_a_new_plan_takes_the_place_of_one_that_waits(city: City) -> None:
    offered(city, "hua")
    wanted(city)
    first = planned(city)
    second = planned(city, START + HOUR / 2)
    first.refresh_from_db()
    assert first.state == CallUpPlan.State.SUPERSEDED
    with pytest.raises(NotNow, match="Plan the call-ups again"):
        approve_call_ups(plan=first, by=city.person("mayor"), now=START + HOUR / 2)
    approve_call_ups(plan=second, by=city.person("mayor"), now=START + HOUR / 2)
    assert [c.state for c in CallUp.objects.order_by("id")] == [STATE.RELEASED, STATE.CALLED]


def test_whose_offer_is_gone_is_left_out_of_an_approval(city: City) -> None:
    offer = offered(city, "hua")
    wanted(city)
    plan = planned(city)
    withdraw_help(offer=offer, reason="有事", by=city.person("hua"), now=START)
    approve_call_ups(plan=plan, by=city.person("mayor"), now=START)
    assert states(city) == {"hua": STATE.DROPPED_OUT}


def test_a_more_urgent_task_takes_who_has_not_answered_and_approval_releases_them(
    city: City,
) -> None:
    offered(city, "hua")
    wanted(city, "平常", urgency=3)
    called(city)
    wanted(city, "要紧", urgency=1)
    plan = planned(city)
    assert plan.released == [call_up_of(city, "hua", wanted__title="平常").pk]
    approve_call_ups(plan=plan, by=city.person("mayor"), now=START)
    assert call_up_of(city, "hua", state=STATE.CALLED).wanted.title == "要紧"


def test_who_has_accepted_stays(city: City) -> None:
    offered(city, "hua")
    wanted(city, "平常", urgency=3)
    called(city)
    accept_call_up(call_up=call_up_of(city, "hua"), by=city.person("hua"), now=START)
    wanted(city, "要紧", urgency=1)
    plan = planned(city)
    assert plan.released == [] and plan.summary["kept"] == 1
    assert "要紧: 0 of 1. Most who could come were called up elsewhere before." in lines_said(plan)


# A drop-out -------------------------------------------------------------------------------------


def test_a_drop_out_opens_one_place_and_moves_nobody_else(city: City) -> None:
    two_called(city)
    offered(city, "wen")
    drop_out(call_up=call_up_of(city, "lin"), reason="病了", by=city.person("lin"), now=START)
    called(city, START + HOUR / 2)
    assert states(city) == {
        "hua": STATE.CALLED, "lin": STATE.DROPPED_OUT, "wen": STATE.CALLED,
    }  # fmt: skip


def test_who_declines_is_not_asked_for_that_task_again(city: City) -> None:
    offered(city, "hua")
    wanted(city)
    called(city)
    decline_call_up(
        call_up=call_up_of(city, "hua"), reason="太远", by=city.person("hua"), now=START
    )
    assert "Those near enough have declined it." in lines_said(planned(city))


def test_a_cancelled_task_lets_its_people_go(city: City) -> None:
    two_called(city)
    task = HelpWanted.objects.get()
    cancel_hands(wanted=task, reason="不用了", by=city.person("d1-duty"), now=START)
    assert set(states(city).values()) == {STATE.RELEASED}
    with pytest.raises(NotNow, match="This task was cancelled"):
        cancel_hands(wanted=task, reason="不用了", by=city.person("d1-duty"), now=START)


# Nothing is kept that is not needed ---------------------------------------------------------------


def test_a_withdrawn_offer_tells_nothing_any_more(city: City) -> None:
    two_called(city)
    offer = HelpOffer.objects.get(helper=city.person("hua"))
    withdraw_help(offer=offer, reason="有事", by=city.person("hua"), now=START)
    row = HelpOffer.objects.get(pk=offer.pk)
    assert (row.place, row.skills, row.times, row.reach_km) == (None, [], [], 0)
    assert states(city)["hua"] == STATE.DROPPED_OUT


def test_an_offer_whose_times_have_passed_ends_by_itself_once(city: City) -> None:
    offered(city, "hua")
    clock, later = city.person("founder"), START + timedelta(days=2)
    assert end_help_offers(by=clock, now=START) == []
    [over] = end_help_offers(by=clock, now=later)
    assert (over.state, over.times, over.place) == (HelpOffer.State.ENDED, [], None)
    assert end_help_offers(by=clock, now=later) == []


def test_the_ledger_says_nothing_of_skills_or_places(city: City) -> None:
    offered(city, "hua")
    assert facts("fieldwork.offer_help") == {"people": 1}


# Hours --------------------------------------------------------------------------------------------


def test_hours_are_confirmed_and_certified_with_a_signature(city: City) -> None:
    two_called(city)
    mine = call_up_of(city, "hua")
    accept_call_up(call_up=mine, by=city.person("hua"), now=START)
    check_in(call_up=mine, by=city.person("hua"), now=MORNING)
    record_hours(call_up=mine, minutes=210, by=city.person("d1-duty"), now=NOON)
    assert hours_of(city.person("hua")) == 210
    paper = certify_hours(
        offer=mine.offer, thanks="辛苦了", by=city.person("d1-duty"), now=NOON + HOUR
    )
    said = text_signed(paper.signed)
    assert said.startswith("gongzhi certificate of help 1\n")
    assert '"minutes":210' in said and "hua" not in said


def test_without_hours_there_is_no_certificate(city: City) -> None:
    two_called(city)
    with pytest.raises(NotNow, match="No hours of hua"):
        certify_hours(
            offer=call_up_of(city, "hua").offer, thanks="谢谢", by=city.person("city-duty"),
            now=NOON,
        )  # fmt: skip


def test_a_team_is_one_offer_and_counts_its_people(city: City) -> None:
    offered(city, "hua", people=3)
    task = wanted(city, headcount=3)
    called(city)
    assert staffed([task]) == {task.pk: 3}


# Refusals -----------------------------------------------------------------------------------------


def _offer(**values: Any) -> Callable[[City], Any]:
    return lambda city: offered(city, "hua", **values)


def _ask(**values: Any) -> Callable[[City], Any]:
    return lambda city: wanted(city, **values)


def _times(start: Any, end: Any) -> dict[str, Any]:
    return {"times": [TimeDraft(starts_at=start, ends_at=end)]}


MALFORMED: list[tuple[str, Callable[[City], Any]]] = [
    ("ends before it begins", _offer(**_times(NOON, MORNING))),
    ("has passed already", _offer(**_times(START - 2 * HOUR, START - HOUR))),
    ("where 临江市 lies", lambda city: offered(city, "hua", place=city["C"])),
    ("end after it begins", _ask(starts_at=NOON, ends_at=MORNING)),
    ("more than 12 hours", _ask(ends_at=MORNING + 13 * HOUR)),
]


@pytest.mark.parametrize(("sentence", "do"), MALFORMED, ids=[s for s, _ in MALFORMED])
def test_what_makes_no_sense_is_refused(
    city: City, sentence: str, do: Callable[[City], Any]
) -> None:
    with pytest.raises(Malformed, match=sentence):
        do(city)


def test_one_offer_at_a_time(city: City) -> None:
    offered(city, "hua")
    with pytest.raises(NotNow, match="You offer help already"):
        offered(city, "hua")


@pytest.mark.parametrize("deed", [accept_call_up, check_in])
def test_only_who_is_called_up_answers_and_comes(city: City, deed: Any) -> None:
    two_called(city)
    with pytest.raises(NotAllowed, match="another person's"):
        deed(call_up=call_up_of(city, "hua"), by=city.person("lin"), now=START)


def test_only_who_offers_withdraws(city: City) -> None:
    offer = offered(city, "hua")
    with pytest.raises(NotAllowed, match="another person's"):
        withdraw_help(offer=offer, reason="?", by=city.person("lin"), now=START)


def test_who_is_at_work_has_the_hours_confirmed_before_withdrawing(city: City) -> None:
    two_called(city)
    mine = call_up_of(city, "hua")
    accept_call_up(call_up=mine, by=city.person("hua"), now=START)
    check_in(call_up=mine, by=city.person("hua"), now=MORNING)
    with pytest.raises(NotNow, match="Have your hours confirmed first"):
        withdraw_help(offer=mine.offer, reason="累了", by=city.person("hua"), now=MORNING)
    with pytest.raises(NotNow, match="at work"):
        drop_out(call_up=mine, reason="累了", by=city.person("hua"), now=MORNING)


def test_one_checks_in_about_when_the_shift_begins(city: City) -> None:
    offered(city, "hua")
    wanted(city, starts_at=EVENING, ends_at=EVENING + HOUR)
    called(city)
    mine = call_up_of(city, "hua")
    accept_call_up(call_up=mine, by=city.person("hua"), now=START)
    with pytest.raises(NotNow, match="Check in when you are there"):
        check_in(call_up=mine, by=city.person("hua"), now=START)
    with pytest.raises(NotNow, match="has not begun"):
        record_hours(call_up=mine, minutes=60, by=city.person("d1-duty"), now=START)
    with pytest.raises(Malformed, match="12 hours at most"):
        record_hours(call_up=mine, minutes=800, by=city.person("d1-duty"), now=EVENING)


def test_an_offer_that_is_over_stays_so(city: City) -> None:
    offer = offered(city, "hua")
    withdraw_help(offer=offer, reason="有事", by=city.person("hua"), now=START)
    with pytest.raises(NotNow, match="Make a new one"):
        withdraw_help(offer=offer, reason="有事", by=city.person("hua"), now=START)


@pytest.mark.parametrize("who", ["hua", "sup-clerk"])
def test_who_coordinates_nothing_plans_nobody(city: City, who: str) -> None:
    plan = two_called(city)
    with pytest.raises(NotAllowed):
        approve_call_ups(plan=plan, by=city.person(who), now=START)
