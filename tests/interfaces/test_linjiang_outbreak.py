"""The outbreak: it grows without measures, shrinks with them, and shows in what people count."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from gongzhi.interfaces.cli.linjiang import (
    STREAMS,
    City,
    DayResult,
    Disease,
    FreeReport,
    Outbreak,
    build_city,
    outbreak,
)
from gongzhi.interfaces.cli.linjiang.observed import Stream
from gongzhi.interfaces.cli.linjiang.spread import Spread, mixing

START = date(2024, 3, 4)  # a Monday
SEEDS = range(3)


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(2020)


@pytest.fixture(scope="module")
def plans(city: City) -> list[Outbreak]:
    return [outbreak(city, seed, START) for seed in SEEDS]


@pytest.fixture(scope="module")
def free(plans: list[Outbreak]) -> list[tuple[DayResult, ...]]:
    return [plan.run(lambda day: 1.0) for plan in plans]


@pytest.fixture(scope="module")
def small() -> Outbreak:
    return outbreak(build_city(7, 0.05), 3, START, days=12)


def infected(days: tuple[DayResult, ...], first: int, last: int) -> int:
    return sum(day.truth.newly_infected for day in days[first:last])


def count(day: DayResult, stream: str, street: str | None = None) -> int:
    return sum(r.count for r in day.counts if r.stream == stream and street in (None, r.street))


def test_the_same_seed_plays_the_same_outbreak(small: Outbreak) -> None:
    again = outbreak(build_city(7, 0.05), 3, START, days=12)
    assert again.history == small.history
    assert again.run(lambda day: 0.8) == small.run(lambda day: 0.8)
    other = outbreak(small.city, 4, START, days=12)
    assert other.run(lambda day: 0.8) != small.run(lambda day: 0.8)


def test_without_measures_the_outbreak_grows(free: list[tuple[DayResult, ...]]) -> None:
    for days in free:
        assert infected(days, 20, 30) > 3 * infected(days, 10, 20) > 3 * infected(days, 0, 10)
        assert days[-1].truth.ever_infected < 60_000
        late = sum(day.confirmed_total for day in days[20:])
        assert late > 3 * sum(day.confirmed_total for day in days[10:20])
        assert count(days[-1], "fever_clinic") > 1.5 * count(days[1], "fever_clinic")


def test_measures_from_a_day_on_make_it_shrink(
    plans: list[Outbreak], free: list[tuple[DayResult, ...]]
) -> None:
    for plan, days in zip(plans, free, strict=True):
        curbed = plan.run(lambda day: 1.0 if day < 10 else 0.2)
        assert curbed[:10] == days[:10]
        assert infected(curbed, 20, 30) < 0.6 * infected(curbed, 10, 20)
        assert infected(curbed, 20, 30) < 0.1 * infected(days, 20, 30)


def test_measures_in_one_district_protect_that_district(
    plans: list[Outbreak], free: list[tuple[DayResult, ...]]
) -> None:
    plan, days = plans[0], free[0]
    district = plan.city.market_community[:6]
    local = plan.run(lambda day: {district: 0.2} if day >= 6 else {})

    def total(course: tuple[DayResult, ...], code: str) -> int:
        return sum(dict(day.truth.newly_infected_by_district)[code] for day in course[12:])

    assert total(local, district) < 0.3 * total(days, district)
    elsewhere = sum(
        total(local, area.code) for area in plan.city.of_tier("district") if area.code != district
    )
    assert elsewhere > total(local, district)


def test_nothing_spreads_at_factor_zero(small: Outbreak) -> None:
    days = small.run(lambda day: 0.0)
    assert sum(day.truth.newly_infected for day in days) == 0
    assert days[-1].truth.ever_infected == small.disease.first_infected


def test_it_starts_around_the_market(free: list[tuple[DayResult, ...]], city: City) -> None:
    street = city.market_community[:9]
    for days in free:
        early = Counter[str]()
        for day in days[:8]:
            for community, cases in day.confirmed:
                early[community[:9]] += cases
        assert early.most_common(1)[0][0] == street


def test_every_resident_is_in_one_state(city: City) -> None:
    communities = city.of_tier("community")
    residents = np.array([a.residents for a in communities], dtype=np.int64)
    contacts = mixing(communities, Disease())
    assert np.allclose(contacts.sum(axis=1), 1) and contacts.min() > 0
    rng = np.random.default_rng(5)
    spread = Spread(residents, contacts, Disease(), 3, rng)
    for _ in range(30):
        spread.step(np.ones(len(residents)), rng)
        living = spread.living_stages
        assert min(living.min(), spread.susceptible.min(), spread.recovered.min()) >= 0
        assert (spread.susceptible + living.sum(axis=0) + spread.recovered == residents).all()


def test_history_is_long_complete_and_weekly(plans: list[Outbreak], city: City) -> None:
    history = plans[0].history
    assert len(history) >= 28
    assert [d.on for d in history] == [
        START - timedelta(days=n) for n in range(len(history), 0, -1)
    ]
    wanted = {(s.code, stream) for s in city.of_tier("street") for stream in STREAMS}
    assert all({(r.street, r.stream) for r in day.counts} == wanted for day in history)
    by_weekday = Counter[int]()
    for day in history[-28:]:
        school = [r.count for r in day.counts if r.stream == "ili_school"]
        by_weekday[day.on.weekday()] += sum(school)
    assert by_weekday[5] == by_weekday[6] == 0
    assert by_weekday[0] > by_weekday[3] > 0


def test_counts_cover_every_street_and_stream_each_day(
    free: list[tuple[DayResult, ...]], city: City
) -> None:
    wanted = Counter((s.code, stream) for s in city.of_tier("street") for stream in STREAMS)
    for day in free[0]:
        assert Counter((r.street, r.stream) for r in day.counts) == wanted
        assert min(r.count for r in day.counts) >= 0
        assert day.on == START + timedelta(days=day.day)


def test_the_market_street_stands_out_within_two_weeks(
    plans: list[Outbreak], free: list[tuple[DayResult, ...]], city: City
) -> None:
    """Some stream passes mean + 3 standard deviations of its four weeks of history."""
    street = city.market_community[:9]
    for plan, days in zip(plans, free, strict=True):
        usual = [
            sum(r.count for r in d.counts if r.street == street and r.stream == "fever_clinic")
            for d in plan.history[-28:]
        ]
        bound = np.mean(usual) + 3 * np.std(usual, ddof=1)
        assert any(count(day, "fever_clinic", street) > bound for day in days[:14])


def test_three_grid_workers_and_a_caller_tell_of_the_first_cluster(
    free: list[tuple[DayResult, ...]], city: City
) -> None:
    for days in free:
        told = [report for day in days for report in day.reports if report.cluster]
        first = next(r.cluster for r in told if r.place.startswith(city.market_community))
        group = [report for report in told if report.cluster == first]
        assert Counter(r.channel for r in group) == {"grid_worker": 3, "hotline": 1}
        assert len({r.text for r in group}) == 4
        assert all(r.place.startswith(city.market_community) for r in group)
        assert first is not None and int(first.split("/")[1]) <= 5


def test_reports_are_few_in_order_and_mixed(free: list[tuple[DayResult, ...]], city: City) -> None:
    for days in free:
        subjects = Counter(r.subject for day in days for r in day.reports)
        assert {"cluster", "rumour", "noise", "supply"} == set(subjects)
        for day in days:
            assert 1 <= len(day.reports) <= 20
            assert [r.minute for r in day.reports] == sorted(r.minute for r in day.reports)
            for report in day.reports:
                assert report.place in city.area_of
                assert "{" not in report.text
                assert (report.subject == "cluster") == (report.cluster is not None)


def test_patients_use_up_supplies(free: list[tuple[DayResult, ...]]) -> None:
    days = free[0]

    def wanted(day: DayResult, item: str) -> int:
        return sum(row.wanted for row in day.supplies if row.item == item)

    for item in ("n95_mask", "coverall", "goggles", "antiviral"):
        assert wanted(days[-1], item) > 1.5 * wanted(days[2], item)
    for day in days:
        assert all(0 <= row.used <= row.wanted and row.stock >= 0 for row in day.supplies)
        assert len(day.supplies) == 40 * 6
    low = {row.facility for row in days[20].supplies if row.days_left < 3}
    assert 3 <= len(low) < 40


def test_the_loud_ask_ten_times_the_quiet_ask_nothing(
    free: list[tuple[DayResult, ...]], city: City
) -> None:
    asking = {f.code: f.asking for f in city.facilities}
    asks = [(day, ask) for days in free for day in days for ask in day.asks]
    assert not [ask for _, ask in asks if asking[ask.facility] == "quiet"]
    for day, ask in asks:
        row = next(r for r in day.supplies if (r.facility, r.item) == (ask.facility, ask.item))
        if asking[ask.facility] == "loud":
            assert ask.quantity == 10 * 7 * row.wanted
        elif asking[ask.facility] == "vague":
            assert ask.quantity is None
        else:
            assert ask.quantity == 7 * row.wanted - row.stock > 0
    assert {asking[ask.facility] for _, ask in asks} == {"loud", "vague", "steady"}
    quiet = {code for code, way in asking.items() if way == "quiet"}
    short = {r.facility for day in free[0] for r in day.supplies if r.used < r.wanted}
    assert quiet & short


def test_a_delivery_lengthens_the_stock(small: Outbreak) -> None:
    facility = small.city.facilities[0].code
    with_delivery, without = small.begin(), small.begin()
    with_delivery.receive(facility, "n95_mask", 5000)
    with_delivery.receive(facility, "rice", 10)

    def stock(day: DayResult) -> int:
        return next(r.stock for r in day.supplies if (r.facility, r.item) == (facility, "n95_mask"))

    assert stock(with_delivery.step(0)) == stock(without.step(0)) + 5000
    with pytest.raises(ValueError, match="negative"):
        without.receive(facility, "n95_mask", -1)
    with pytest.raises(KeyError):
        without.receive("H999", "n95_mask", 1)


def test_patients_are_neither_lost_nor_doubled(free: list[tuple[DayResult, ...]]) -> None:
    for days in free:
        before = {row.facility: 0 for row in days[0].facilities}
        for day in days:
            for row in day.facilities:
                assert row.in_patients == before[row.facility] + row.admitted - row.discharged
                assert 0 <= row.in_patients <= row.isolation_beds
                assert row.severe <= row.in_patients
                before[row.facility] = row.in_patients
            visits = sum(row.fever_visits for row in day.facilities)
            assert visits == count(day, "fever_clinic")


def test_a_full_city_makes_patients_wait() -> None:
    city = build_city(7, 0.05)
    wild = Disease(reproduction_number=15, first_infected=3000)
    days = outbreak(city, 1, START, days=25, disease=wild).run(lambda day: 1.0)
    assert days[-1].waiting > 0
    full = [row.in_patients == row.isolation_beds for row in days[-1].facilities]
    assert sum(full) > len(full) / 2


def test_steps_come_in_order_and_factors_make_sense(small: Outbreak) -> None:
    state = small.begin()
    assert state.next_day == 0
    with pytest.raises(ValueError, match="is next"):
        state.step(1)
    with pytest.raises(ValueError, match="no district"):
        state.step(0, {"110000": 0.5})
    with pytest.raises(ValueError, match="factor"):
        state.step(0, -0.1)
    with pytest.raises(ValueError, match="factor"):
        state.step(0, float("nan"))
    assert state.next_day == 0
    for day in range(small.days):
        state.step(day)
    with pytest.raises(ValueError, match="is next"):
        state.step(small.days)


def test_a_result_reads_well(small: Outbreak) -> None:
    text = str(small.begin().step(0))
    assert text.startswith("Day 0 (2024-03-04): ") and "fever visits" in text


def test_wrong_values_cannot_be_made(small: Outbreak) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        outbreak(small.city, 1, START, days=0)
    with pytest.raises(ValueError, match="add up"):
        Stream(1.0, (1.0,) * 7, 5, 0.5, (0.5, 0.4))
    with pytest.raises(ValueError, match="Shares"):
        Disease(symptomatic_share=1.5)
    with pytest.raises(ValueError, match="channel"):
        FreeReport(5, "pigeon", "noise", "990100", 0, "…", None)
    with pytest.raises(ValueError, match="minute"):
        FreeReport(1440, "web", "noise", "990100", 0, "…", None)
