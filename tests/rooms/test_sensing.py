"""Reports, the queue, signals: one test for each way a deed can end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.actors.models import Unit
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.sensing.actions import (
    CountDraft,
    ReportDraft,
    acknowledge_warning,
    claim_report,
    climb_silent_warnings,
    climb_unjudged_signals,
    dismiss_report,
    fold_report,
    judge_signal,
    raise_signal,
    read_report,
    receive_report,
    receive_reports,
    record_counts,
    release_report,
    release_stale_claims,
    unfold_report,
)  # fmt: skip
from gongzhi.sensing.models import Count, Report, Signal, SignalClimb, Warning
from gongzhi.sensing.queries import (
    counts_in,
    duties,
    open_signals,
    report_queue,
    reports_held,
    silent_warnings,
    totals_in,
)  # fmt: skip
from tests.rooms.cast import START, City
from tests.rooms.scenes import counted, facts, lines, red_warning, taken_report

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TODAY = START.date()
pytestmark = pytest.mark.usefixtures("in_english")


# Receiving ----------------------------------------------------------------------------------------


def received(city: City, by: str = "g1111-worker", code: str = "G1111", **given: Any) -> Report:
    values = {"stream": "fever", "channel": "form", "text": "A child with fever", **given}
    return receive_report(place=city[code], by=city.person(by), now=START, **values)


def test_a_report_is_taken_in_in_its_own_words(city: City) -> None:
    report = received(city, reporter_name="李四", reporter_phone="13900000000", persons=3)
    report.refresh_from_db()
    assert (report.state, report.text, report.persons) == ("new", "A child with fever", 3)
    assert report.received_by == city.person("g1111-worker") and len(bytes(report.salt)) == 16
    assert facts("sensing.receive_report") == {
        "stream": "fever", "channel": "form", "persons": 3, "commitment": report.commitment(),
    }  # fmt: skip
    [entry] = lines("sensing.receive_report")
    assert (entry.subject, entry.unit_path) == (report.ref, city["G1111"].path)


@pytest.mark.parametrize("channel", list(Report.Channel))
def test_every_channel_leads_into_the_one_queue(city: City, channel: Report.Channel) -> None:
    report = received(city, channel=channel)
    assert list(report_queue(city.person("s11-duty"), START)) == [report]


def test_a_report_from_beyond_ones_area_is_not_taken_in(city: City) -> None:
    with pytest.raises(NotAllowed):
        received(city, code="G1112")
    assert not Report.objects.exists() and lines("sensing.receive_report") == []


def test_what_was_observed_lies_in_the_past(city: City) -> None:
    assert received(city, observed_at=START).observed_at == START
    with pytest.raises(Malformed, match="lies in the future") as refusal:
        received(city, observed_at=START + MINUTE)
    assert "observed_at" in refusal.value.details


def drafts(city: City, *codes: str, **given: Any) -> list[ReportDraft]:
    values = {"stream": "fever", "channel": "clinic", "text": "Fever", **given}
    return [ReportDraft(place=city[code].pk, **values) for code in codes]


def test_a_batch_is_taken_in_with_one_line(city: City) -> None:
    worker = city.person("s11-duty")
    made = receive_reports(reports=drafts(city, "G1111", "G1112", "G1111"), by=worker, now=START)
    assert [report.place.code for report in made] == ["G1111", "G1112", "G1111"]
    assert Report.objects.count() == 3 and {r.received_at for r in made} == {START}
    said = facts("sensing.receive_reports")
    assert said["count"] == 3 and said["first"] == made[0].pk
    assert said["commitments"] == [r.commitment() for r in Report.objects.order_by("id")]
    [entry] = lines("sensing.receive_reports")
    assert entry.unit_path == city["K111"].path, "the lowest unit over all places"


def test_the_largest_batch_fits_one_line(city: City) -> None:
    codes = ["G1111"] * 500
    receive_reports(
        reports=drafts(city, *codes, text="危" * 2000), by=city.person("s11-duty"), now=START
    )
    assert len(facts("sensing.receive_reports")["commitments"]) == 500


def test_a_batch_with_a_place_that_is_not_ones_own_is_refused_whole(city: City) -> None:
    foreign, nowhere = city["G2111"].pk, 10**9
    for place in (foreign, nowhere):
        batch = [*drafts(city, "G1111"), ReportDraft(
            place=place, stream="fever", channel="clinic", text="Fever"
        )]  # fmt: skip
        with pytest.raises(NotFound, match=f"{place}. Nothing was taken in"):
            receive_reports(reports=batch, by=city.person("s11-duty"), now=START)
    assert not Report.objects.exists()


def test_a_batch_with_one_time_in_the_future_is_refused_whole(city: City) -> None:
    batch = drafts(city, "G1111") + drafts(city, "G1111", observed_at=START + MINUTE)
    with pytest.raises(Malformed):
        receive_reports(reports=batch, by=city.person("s11-duty"), now=START)
    assert not Report.objects.exists()


def test_a_batch_needs_the_power_to_receive(city: City) -> None:
    with pytest.raises(NotAllowed):
        receive_reports(reports=drafts(city, "G1111"), by=city.person("auditor"), now=START)


# The queue ----------------------------------------------------------------------------------------


def test_to_read_a_report_is_written_down(city: City) -> None:
    report = received(city)
    assert read_report(report=report, by=city.person("s11-duty"), now=START) == report
    assert [entry.subject for entry in lines("sensing.read_report")] == [report.ref]
    with pytest.raises(NotAllowed):
        read_report(report=report, by=city.person("g1111-worker"), now=START)


def test_a_report_is_taken_by_one_person(city: City) -> None:
    report = received(city)
    as_seen_by_another = Report.objects.get(pk=report.pk)
    taken = claim_report(report=report, by=city.person("s11-duty"), now=START)
    assert (taken.state, taken.claimed_by) == ("claimed", city.person("s11-duty"))
    assert list(report_queue(city.person("s11-duty-2"), START)) == []
    assert list(reports_held(city.person("s11-duty"))) == [report]
    with pytest.raises(NotNow, match="s11-duty先生 took this report at 09:00"):
        claim_report(report=as_seen_by_another, by=city.person("s11-duty-2"), now=START + HOUR)
    assert len(lines("sensing.claim_report")) == 1


@pytest.mark.parametrize("by", ["g1111-worker", "s12-duty", "d2-duty", "h1-clerk"])
def test_a_report_is_taken_only_by_who_works_the_queue_there(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        claim_report(report=received(city), by=city.person(by), now=START)


def test_a_report_that_is_dealt_with_is_not_taken(city: City) -> None:
    report = taken_report(city)
    dismiss_report(report=report, reason="A prank", by=city.person("s11-duty"), now=START)
    with pytest.raises(NotNow, match="dealt with already"):
        claim_report(report=report, by=city.person("s11-duty"), now=START)


def test_a_report_goes_back_into_the_queue(city: City) -> None:
    report = taken_report(city)
    release_report(report=report, reason="End of shift", by=city.person("s11-duty"), now=START)
    report.refresh_from_db()
    assert (report.state, report.claimed_by, report.claimed_at) == ("new", None, None)
    assert report.reason == "End of shift"
    assert claim_report(report=report, by=city.person("s11-duty-2"), now=START).state == "claimed"


def test_a_report_whose_holder_went_home_goes_back_into_the_queue(city: City) -> None:
    report = received(city)
    claim_report(report=report, by=city.person("s11-duty"), now=START)
    clock = city.person("founder")
    assert release_stale_claims(by=clock, now=START + 719 * MINUTE) == []
    assert release_stale_claims(by=clock, now=START + 720 * MINUTE) == [report]
    report.refresh_from_db()
    assert (report.state, report.claimed_by, report.claimed_at) == ("new", None, None)
    assert facts("sensing.release_stale_claim") == {"held_by": city.person("s11-duty").ref}
    assert release_stale_claims(by=clock, now=START + 2000 * MINUTE) == []
    claim_report(report=report, by=city.person("s11-duty-2"), now=START + 13 * HOUR)
    with pytest.raises(NotAllowed, match="has taken this report"):
        dismiss_report(
            report=report, reason="Late", by=city.person("s11-duty"), now=START + 13 * HOUR
        )


def test_a_report_is_dismissed_with_the_reason(city: City) -> None:
    report = taken_report(city)
    dismiss_report(report=report, reason="A prank", by=city.person("s11-duty"), now=START)
    report.refresh_from_db()
    assert (report.state, report.reason) == ("dismissed", "A prank")
    assert len(lines("sensing.dismiss_report")) == 1


def worked(city: City, verb: str, report: Report, by: str) -> Any:
    """Do one of the deeds that only who took a report may do."""
    who = {"by": city.person(by), "now": START}
    signal = Signal.objects.create(
        place=city["S11"], stream="fever", title="t", raised_by=city.person("s11-duty"),
        raised_at=START, judge_by=START,
    )  # fmt: skip
    if verb == "release":
        return release_report(report=report, reason="r", **who)
    if verb == "dismiss":
        return dismiss_report(report=report, reason="r", **who)
    if verb == "raise":
        return raise_signal(reports=[report], title="t", **who)
    return fold_report(report=report, signal=signal, **who)


@pytest.mark.parametrize("verb", ["release", "dismiss", "raise", "fold"])
def test_a_report_another_one_took_is_left_to_them(city: City, verb: str) -> None:
    with pytest.raises(NotAllowed, match="s11-duty先生 has taken this report"):
        worked(city, verb, taken_report(city), "s11-duty-2")


@pytest.mark.parametrize("verb", ["release", "dismiss", "raise", "fold"])
def test_a_report_nobody_took_is_taken_first(city: City, verb: str) -> None:
    with pytest.raises(NotNow, match="Take it first"):
        worked(city, verb, received(city), "s11-duty")


@pytest.mark.parametrize("verb", ["dismiss", "raise", "fold"])
def test_a_report_is_worked_with_the_power_to(city: City, verb: str) -> None:
    """A post that ended between taking a report and working on it leaves nothing to do."""
    report = taken_report(city)
    person = city.person("s11-duty")
    person.posts.update(ends_at=START + timedelta(seconds=0), starts_at=START - DAY)
    with pytest.raises(NotAllowed):
        worked(city, verb, report, "s11-duty")


# Signals ------------------------------------------------------------------------------------------


def raised(city: City, *codes: str, title: str = "Fever in one building") -> Signal:
    reports = [taken_report(city, code) for code in codes or ("G1111",)]
    return raise_signal(reports=reports, title=title, by=city.person("s11-duty"), now=START)


def test_reports_become_one_signal_at_the_lowest_place_over_them(city: City) -> None:
    signal = raised(city, "G1111", "G1112", "K112")
    assert (signal.state, signal.place, signal.stream) == ("open", city["S11"], "fever")
    assert signal.judge_by == START + timedelta(minutes=120)
    assert signal.reports.filter(state="folded").count() == 3
    said = facts("sensing.raise_signal")
    assert said == {"reports": [r.ref for r in signal.reports.order_by("id")]}
    assert raised(city, "G1111", "G1112").place == city["K111"]
    assert raised(city, "G1111").place == city["G1111"]


def test_a_report_more_is_folded_in_and_one_too_many_taken_out(city: City) -> None:
    signal, more = raised(city), taken_report(city, "G1112")
    fold_report(report=more, signal=signal, by=city.person("s11-duty"), now=START)
    assert (more.state, more.signal) == ("folded", signal)
    assert facts("sensing.fold_report") == {"signal": signal.ref}
    later = START + HOUR
    unfold_report(report=more, by=city.person("s11-duty-2"), now=later)
    more.refresh_from_db()
    assert (more.state, more.signal) == ("claimed", None)
    assert (more.claimed_by, more.claimed_at) == (city.person("s11-duty-2"), later)
    assert len(lines("sensing.unfold_report")) == 1


def test_nothing_is_folded_into_or_out_of_a_judged_signal(city: City) -> None:
    signal, more = raised(city), taken_report(city)
    inside = signal.reports.get()
    judge(city, signal)
    with pytest.raises(NotNow, match="judged already"):
        fold_report(report=more, signal=signal, by=city.person("s11-duty"), now=START)
    with pytest.raises(NotNow, match="judged already"):
        unfold_report(report=inside, by=city.person("s11-duty"), now=START)


def test_only_what_is_folded_is_taken_out(city: City) -> None:
    with pytest.raises(NotNow, match="not part of a signal"):
        unfold_report(report=taken_report(city), by=city.person("s11-duty"), now=START)
    with pytest.raises(NotAllowed):
        unfold_report(report=raised(city).reports.get(), by=city.person("s12-duty"), now=START)


def test_a_report_is_not_folded_into_a_signal_of_another_area(city: City) -> None:
    signal = raised(city)
    Signal.objects.filter(pk=signal.pk).update(place=city["S21"])
    with pytest.raises(NotAllowed):
        fold_report(
            report=taken_report(city), signal=Signal.objects.get(pk=signal.pk),
            by=city.person("s11-duty"), now=START,
        )  # fmt: skip


def judge(city: City, signal: Signal, by: str = "s11-duty", verified: bool = True) -> Signal:
    return judge_signal(
        signal=signal, verified=verified, judgement="A doctor was there", by=city.person(by),
        now=START + HOUR,
    )  # fmt: skip


@pytest.mark.parametrize(("verified", "state"), [(True, "verified"), (False, "discarded")])
def test_a_signal_is_judged_with_the_reason(city: City, verified: bool, state: str) -> None:
    signal = judge(city, raised(city), verified=verified)
    signal.refresh_from_db()
    assert (signal.state, signal.judgement) == (state, "A doctor was there")
    assert (signal.judged_by, signal.judged_at) == (city.person("s11-duty"), START + HOUR)
    assert facts("sensing.judge_signal") == {"verified": verified}


def test_a_signal_is_judged_once(city: City) -> None:
    signal = judge(city, raised(city))
    with pytest.raises(NotNow, match=r"judged already \(verified\)"):
        judge(city, signal, verified=False)


@pytest.mark.parametrize("by", ["k111-worker", "g1111-worker", "s12-duty"])
def test_a_signal_is_judged_by_a_street_or_above_in_its_area(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        judge(city, raised(city), by=by)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Report, {"claimed_by": None}),
        (Report, {"claimed_at": None}),
        (Report, {"state": "folded"}),
        (Signal, {"judged_at": START}),
        (Warning, {"acknowledged_at": START}),
    ],
)
def test_the_database_refuses_half_a_fact(city: City, model: Any, values: dict[str, Any]) -> None:
    taken_report(city)
    raised(city)
    Report.objects.filter(state="folded").update(claimed_by=city.person("s11-duty"))
    red_warning(city)
    rows = model.objects.filter(state="claimed") if model is Report else model.objects.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**values)


# Counts -------------------------------------------------------------------------------------------


def draft(city: City, code: str = "K111", value: int = 4, day: Any = TODAY) -> CountDraft:
    return CountDraft(place=city[code].pk, stream="fever", day=day, value=value)


def record(city: City, *counts: CountDraft, by: str = "d1-duty", now: Any = START) -> int:
    return record_counts(source="clinics", counts=list(counts), by=city.person(by), now=now)


def test_counts_are_written_with_a_digest_of_them_all(city: City) -> None:
    assert record(city, draft(city), draft(city, "K112", 2)) == 2
    assert set(Count.objects.values_list("place__code", "value")) == {("K111", 4), ("K112", 2)}
    said = facts("sensing.record_counts")
    assert (said["source"], said["count"], len(said["digest"])) == ("clinics", 2, 64)
    [entry] = lines("sensing.record_counts")
    assert entry.unit_path == city["S11"].path


def test_a_later_figure_replaces_the_earlier_of_the_same_source(city: City) -> None:
    record(city, draft(city, value=4))
    record(city, draft(city, value=7), now=START + HOUR)
    count = Count.objects.get()
    assert (count.value, count.received_at) == (7, START + HOUR)


def test_a_figure_given_twice_in_one_file_counts_once(city: City) -> None:
    """The last one stands; a database that refuses to write a row twice must not stop the file."""
    assert record(city, draft(city, value=4), draft(city, value=5)) == 1
    assert Count.objects.get().value == 5


def test_the_day_of_a_count_is_the_citys_day(city: City) -> None:
    """At 01:00 in Shanghai it is still yesterday in UTC, but today's count is not in the future."""
    after_midnight = START.replace(hour=17)  # 01:00 of the next day in Shanghai
    assert record(city, draft(city, day=TODAY + DAY), now=after_midnight) == 1
    with pytest.raises(Malformed, match="lies in the future"):
        record(city, draft(city), draft(city, day=TODAY + 2 * DAY), now=after_midnight)
    assert Count.objects.count() == 1


def test_counts_of_places_that_are_not_ones_own_are_refused_whole(city: City) -> None:
    with pytest.raises(NotFound, match="Nothing was taken in"):
        record(city, draft(city), draft(city, "K211"))
    assert not Count.objects.exists()
    with pytest.raises(NotAllowed):
        record(city, draft(city), by="auditor")


def test_of_two_sources_the_larger_figure_of_a_day_is_read(city: City) -> None:
    counted(city["K111"], [3, 9], TODAY, source="clinics")
    counted(city["K111"], [5, 2], TODAY, source="schools")
    path = city["K111"].path
    assert counts_in(city["D1"], TODAY - DAY, TODAY) == [
        (path, "fever", TODAY - DAY, 5), (path, "fever", TODAY, 9),
    ]  # fmt: skip
    assert counts_in(city["D2"], TODAY - DAY, TODAY) == []


def test_a_total_counts_nobody_twice(city: City) -> None:
    """A street's own figure stands for the communities below it."""
    counted(city["K111"], [3], TODAY)
    counted(city["K112"], [4], TODAY)
    counted(city["K211"], [5], TODAY)
    assert totals_in(city["C"], TODAY, TODAY) == [("fever", TODAY, 12)]
    counted(city["S11"], [8], TODAY)
    assert totals_in(city["C"], TODAY, TODAY) == [("fever", TODAY, 13)]
    assert totals_in(city["S11"], TODAY, TODAY) == [("fever", TODAY, 8)]
    counted(city["C"], [40], TODAY)
    assert totals_in(city["C"], TODAY, TODAY) == [("fever", TODAY, 40)]
    assert totals_in(city["D1"], TODAY, TODAY) == [("fever", TODAY, 8)]


# Warnings -----------------------------------------------------------------------------------------


def acknowledge(city: City, warning: Warning, by: str = "d1-duty", now: Any = START) -> Warning:
    return acknowledge_warning(warning=warning, note="On my way", by=city.person(by), now=now)


def test_a_warning_is_acknowledged_by_name(city: City) -> None:
    warning = acknowledge(city, red_warning(city), now=START + 12 * MINUTE)
    warning.refresh_from_db()
    assert (warning.state, warning.acknowledged_by) == ("acknowledged", city.person("d1-duty"))
    assert warning.note == "On my way"
    assert facts("sensing.acknowledge_warning") == {"minutes": 12}


def test_a_warning_is_acknowledged_once(city: City) -> None:
    warning = acknowledge(city, red_warning(city))
    with pytest.raises(NotNow, match="d1-duty先生 acknowledged this warning already"):
        acknowledge(city, warning, by="d1-chief")


def test_a_warning_that_has_ended_is_not_acknowledged(city: City) -> None:
    warning = red_warning(city, state="ended", ended_at=START)
    with pytest.raises(NotNow, match="has ended"):
        acknowledge(city, warning)


@pytest.mark.parametrize("by", ["g1111-worker", "s11-duty", "d2-duty", "h1-clerk", "auditor"])
def test_a_warning_is_acknowledged_by_the_officers_of_its_area(city: City, by: str) -> None:
    with pytest.raises(NotAllowed):
        acknowledge(city, red_warning(city), by=by)


def climb(city: City, now: Any) -> list[Warning]:
    return climb_silent_warnings(by=city.person("founder"), now=now)


def test_a_silent_warning_climbs_one_tier_once(city: City) -> None:
    warning = red_warning(city, "S11")
    assert climb(city, START + timedelta(minutes=19, seconds=59)) == []
    due = START + 20 * MINUTE
    assert climb(city, due) == [warning]
    warning.refresh_from_db()
    assert (warning.climbed_to, warning.climbed_at, warning.state) == (city["D1"], due, "issued")
    said = facts("sensing.climb_warning")
    assert said == {"silent": city["S11"].path, "due_at": due.isoformat()}
    [entry] = lines("sensing.climb_warning")
    assert entry.unit_path == city["D1"].path
    for later in (due, due + HOUR, due + 9 * DAY):
        assert climb(city, later) == []
    assert len(lines("sensing.climb_warning")) == 1


def test_an_answered_warning_does_not_climb(city: City) -> None:
    acknowledge(city, red_warning(city))
    red_warning(city, "S11", state="ended", ended_at=START)
    assert climb(city, START + DAY) == []
    assert not silent_warnings(START + DAY).exists()


def test_a_warning_of_the_whole_city_has_nowhere_to_climb_and_says_so_once(city: City) -> None:
    warning = red_warning(city, "C")
    assert climb(city, START + HOUR) == [warning]
    warning.refresh_from_db()
    assert warning.climbed_to == city["C"]
    assert climb(city, START + 2 * HOUR) == []


def test_what_climbed_can_still_be_answered(city: City) -> None:
    warning = red_warning(city, "S11")
    climb(city, START + HOUR)
    assert acknowledge(city, warning, by="d1-duty", now=START + 2 * HOUR).state == "acknowledged"


def test_a_stream_of_a_place_has_one_open_warning(city: City) -> None:
    red_warning(city)
    with pytest.raises(IntegrityError), transaction.atomic():
        red_warning(city)
    red_warning(city, stream="cough")
    red_warning(city, state="ended", ended_at=START)


# Signals that nobody judges -----------------------------------------------------------------------


def climb_signals(city: City, now: Any) -> list[tuple[Unit, Unit]]:
    made = climb_unjudged_signals(by=city.person("founder"), now=now)
    return [(climb.silent, climb.to_unit) for climb in made]


def test_a_signal_climbs_one_tier_after_each_interval_and_each_tier_once(city: City) -> None:
    signal = raised(city)
    late, street, district = signal.judge_by, city["S11"], city["D1"]
    assert climb_signals(city, late - MINUTE) == []
    assert climb_signals(city, late) == [(street, district)]
    for now in (late, late + 59 * MINUTE):
        assert climb_signals(city, now) == []
    assert climb_signals(city, late + HOUR) == [(district, city["C"])]
    for now in (late + HOUR, late + 2 * HOUR, late + 30 * DAY):
        assert climb_signals(city, now) == []
    said = [json.loads(line.body) for line in lines("sensing.climb_signal")]
    assert [s["facts"] for s in said] == [
        {"silent": street.path, "due_at": late.isoformat()},
        {"silent": district.path, "due_at": late.isoformat()},
    ]
    assert [s["unit"] for s in said] == [district.path, city["C"].path]
    assert {s["subject"] for s in said} == {signal.ref}


def test_a_signal_of_the_whole_city_has_nowhere_to_climb(city: City) -> None:
    Signal.objects.create(
        place=city["C"], stream="fever", title="Everywhere", raised_by=city.person("mayor"),
        raised_at=START, judge_by=START,
    )  # fmt: skip
    assert climb_signals(city, START + DAY) == []
    assert not lines("sensing.climb_signal")


@pytest.mark.parametrize("verified", [True, False])
def test_a_judged_signal_does_not_climb(city: City, verified: bool) -> None:
    signal = raised(city)
    judge(city, signal, verified=verified)
    assert climb_signals(city, signal.judge_by + DAY) == []


def test_the_tier_it_climbed_to_is_told_why_and_may_judge_it(city: City) -> None:
    signal = raised(city)
    climb_signals(city, signal.judge_by)
    now = signal.judge_by + MINUTE

    def why(login: str) -> list[str]:
        asked_of = duties(city.person(login), now)
        return [duty.why for duty in asked_of if duty.subject == signal.ref]

    street = city["S11"]
    assert why("d1-duty") == [
        f"It was not judged in time in {street}; it has climbed to you.",
    ]
    assert why("s11-duty") == ["A signal must be judged before its time is over."]
    assert why("mayor") == why("d2-duty") == why("k111-worker") == []
    judged = judge_signal(
        signal=signal, verified=True, judgement="Seen", by=city.person("d1-duty"), now=now
    )
    assert judged.state == "verified" and why("d1-duty") == why("s11-duty") == []
    assert climb_signals(city, now + DAY) == []


@pytest.mark.parametrize("values", [{"to_unit": "D1"}, {"to_unit": "S11"}])
def test_the_database_keeps_one_climb_of_a_tier_and_none_to_itself(
    city: City, values: dict[str, str]
) -> None:
    signal = raised(city)
    climb_signals(city, signal.judge_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignalClimb.objects.create(
            signal=signal, silent=city["S11"], to_unit=city[values["to_unit"]], climbed_at=START
        )


# Duties -------------------------------------------------------------------------------------------


def asked(city: City, login: str, now: Any = START) -> list[tuple[str, str]]:
    return [(duty.verb, duty.subject) for duty in duties(city.person(login), now)]


def test_a_warning_asks_its_own_place_first_and_the_tier_above_when_it_climbed(city: City) -> None:
    warning = red_warning(city, "S11")
    wanted = ("acknowledge_warning", warning.ref)
    assert wanted in asked(city, "s11-duty")
    assert wanted not in asked(city, "d1-duty")
    climb(city, START + HOUR)
    assert wanted in asked(city, "d1-duty")
    assert wanted not in asked(city, "mayor") + asked(city, "d2-duty") + asked(city, "auditor")
    acknowledge(city, warning, by="d1-duty")
    assert wanted not in asked(city, "d1-duty") + asked(city, "s11-duty")


def test_the_queue_asks_the_street_at_once_and_the_district_when_it_waits(city: City) -> None:
    report = received(city)
    wanted = ("claim_report", report.ref)
    assert wanted in asked(city, "s11-duty") and wanted not in asked(city, "d1-duty")
    assert wanted in asked(city, "d1-duty", START + 60 * MINUTE)
    assert wanted not in asked(city, "s12-duty") + asked(city, "g1111-worker")
    claim_report(report=report, by=city.person("s11-duty"), now=START)
    assert asked(city, "s11-duty") == [("raise_signal", report.ref)]
    assert asked(city, "s11-duty-2") == []


def test_a_signal_asks_to_be_judged(city: City) -> None:
    signal = raised(city)
    wanted = ("judge_signal", signal.ref)
    assert wanted in asked(city, "s11-duty")
    assert wanted not in asked(city, "d1-duty")
    assert wanted not in asked(city, "d1-duty", signal.judge_by)
    climb_signals(city, signal.judge_by)
    assert wanted in asked(city, "d1-duty", signal.judge_by)
    assert list(open_signals(city.person("d1-duty"), START)) == [signal]
    judge(city, signal)
    assert wanted not in asked(city, "s11-duty") + asked(city, "d1-duty", signal.judge_by)


def test_a_duty_names_the_deed_that_answers_it(city: City) -> None:
    """What the console's button does with a duty is accepted by the deed."""
    from gongzhi.interfaces.inputs import perform
    from gongzhi.ledger.deeds import CATALOGUE

    warning = red_warning(city)
    [duty] = [d for d in duties(city.person("d1-duty"), START) if d.subject == warning.ref]
    deed = CATALOGUE[duty.room, duty.verb]
    perform(deed, {**duty.inputs, "note": "On my way"}, city.person("d1-duty"), START)
    warning.refresh_from_db()
    assert warning.state == "acknowledged" and duty.level == "red"
    assert duty.due_at == warning.acknowledge_by


def test_no_words_of_a_report_stand_in_its_line(city: City) -> None:
    received(city, text="病人王五住三号楼", reporter_name="赵六", reporter_phone="13800001111")
    body = lines("sensing.receive_report")[0].body
    assert not any(word in body for word in ("王五", "赵六", "13800001111"))
    assert set(json.loads(body)["facts"]) == {"stream", "channel", "persons", "commitment"}
