"""One's own subtree and nothing else: every model, every list, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps

from gongzhi.actors.models import Person, Post, Unit
from gongzhi.actors.queries import LISTINGS, areas_of, find, visible
from gongzhi.command.models import CallAnswer, StreetCall
from gongzhi.errors import NotFound
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.records import Record
from gongzhi.sensing.models import Report
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import Branch, all_records

pytestmark = pytest.mark.usefixtures("in_english")
SCOPED = [m for m in apps.get_models() if issubclass(m, Record) and m.SCOPE]
OPEN = [m for m in apps.get_models() if issubclass(m, Record) and not m.SCOPE]


@once
def branches(city: City) -> tuple[Branch, Branch]:
    """One record of every model in each of two districts."""
    both = Branch(city, 1), Branch(city, 2)
    for branch in both:
        for model in all_records():
            branch.of(model)
    return both


def paths_of(record: Any, lookup: str) -> set[str]:
    """The unit paths that one lookup of a scope leads to, walked by hand."""
    found = [record]
    for step in lookup.split("__"):
        found = [value for one in found for value in _step(one, step)]
    return set(found)


def _step(record: Any, name: str) -> Iterable[Any]:
    value = getattr(record, name)
    if value is None:
        return []
    return value.all() if hasattr(value, "all") else [value]


def lies_in(record: Record, area: Unit) -> bool:
    """Whether a record lies in an area by its scope, without a query of the product."""
    return any(
        path.startswith(area.path)
        for lookup in type(record).SCOPE
        for path in paths_of(record, lookup)
    )


def test_a_person_sees_the_own_district_and_nothing_of_the_other(
    branches: tuple[Branch, Branch],
) -> None:
    wrong = []
    for model in SCOPED:
        for own, foreign in (branches, branches[::-1]):
            seen = list(visible(model, own.officer, START))
            fine = (
                own.of(model) in seen
                and foreign.of(model) not in seen
                and all(lies_in(record, own.district) for record in seen)
                and len(seen) == len({record.pk for record in seen})
            )
            wrong += [] if fine else [f"{model._meta.label} for {own.officer.login}"]
    assert wrong == []


def test_the_city_sees_both_and_nobody_without_a_post_sees_any(
    city: City, branches: tuple[Branch, Branch]
) -> None:
    nobody = Person.objects.create(login="nobody", name="无岗", password="!")
    mayor, wrong = city.person("mayor"), []
    for model in SCOPED:
        seen = [record.pk for record in visible(model, mayor, START)]
        both = {branch.of(model).pk for branch in branches}
        fine = (
            both <= set(seen)
            and len(seen) == len(set(seen))
            and not visible(model, nobody, START).exists()
            and not visible(model, mayor, START - timedelta(days=1)).exists()
        )
        wrong += [] if fine else [model._meta.label]
    assert wrong == []


def test_a_foreign_record_is_refused_like_one_that_does_not_exist(
    branches: tuple[Branch, Branch],
) -> None:
    own, foreign = branches
    told_apart = []
    for model in SCOPED:
        sentences = set()
        for pk in (foreign.of(model).pk, foreign.of(model).pk + 10**6):
            with pytest.raises(NotFound) as refusal:
                find(model, pk, own.officer, START)
            sentences.add(str(refusal.value).replace(str(pk), "N"))
        told_apart += [model._meta.label] if len(sentences) > 1 else []
        assert find(model, own.of(model).pk, own.officer, START) == own.of(model)
    assert told_apart == []


def test_a_filtered_list_stays_inside_too(branches: tuple[Branch, Branch]) -> None:
    own, foreign = branches
    for model in SCOPED:
        both = model._default_manager.filter(pk__in=[own.of(model).pk, foreign.of(model).pk])
        seen = list(visible(both.order_by("-pk"), own.officer, START))
        assert seen == [own.of(model)], model._meta.label


def test_every_list_that_interfaces_may_show_is_tested_here(city: City) -> None:
    load_rooms()
    assert len(LISTINGS) >= 20
    for (room, name), model in LISTINGS.items():
        assert model in SCOPED or model in OPEN, f"{room}/{name} lists something unknown"
        assert model._meta.app_label == room, f"{room}/{name} lists another room's records"


def test_what_everyone_may_list_tells_nothing_about_a_person() -> None:
    load_rooms()
    listed = [model for model in OPEN if model in LISTINGS.values()]
    assert [m for m in listed if m.fields_of("personal", "sensitive")] == []


def test_everyone_sees_the_catalogues(city: City, branches: tuple[Branch, Branch]) -> None:
    for model in OPEN:
        total = model._default_manager.count()
        assert visible(model, city.person("g1111-worker"), START).count() == total > 0


def test_deeper_posts_see_less_and_never_the_other_district(
    city: City, branches: tuple[Branch, Branch]
) -> None:
    for login in ("d1-duty", "s11-duty", "k111-worker", "g1111-worker", "water", "h1-clerk"):
        person = city.person(login)
        [area] = [Unit.objects.get(path=path) for path in areas_of(person, START)]
        for model in SCOPED:
            for record in visible(model, person, START):
                assert lies_in(record, area), f"{login} sees {record.ref}"
                assert branches[1].made.get(model) != record, f"{login} sees {record.ref}"


def test_a_neighbour_grid_is_foreign(city: City) -> None:
    for code in ("G1111", "G1112"):
        Report.objects.create(
            place=city[code], stream="fever", channel="visit", text=code, received_at=START,
            received_by=city.person("s11-duty"),
        )  # fmt: skip
    seen = visible(Report, city.person("g1111-worker"), START)
    assert [report.text for report in seen] == ["G1111"]


def test_a_call_with_many_answers_is_listed_once(city: City) -> None:
    """The street that called and the departments it called see it, and no other."""
    call = StreetCall.objects.create(
        caller=city["S11"], subject="water", text="A burst pipe", power="raise_call",
        legal_basis="Law", raised_by=city.person("s11-duty"), raised_at=START,
    )  # fmt: skip
    for code in ("WATER", "POWER", "HEALTH1"):
        CallAnswer.objects.create(
            call=call, department=city[code], answer_by=START + timedelta(minutes=30)
        )
    for login in ("mayor", "d1-duty", "s11-duty", "water", "power"):
        assert list(visible(StreetCall, city.person(login), START)) == [call]
    for login in ("d2-duty", "s12-duty", "h1-clerk"):
        assert list(visible(StreetCall, city.person(login), START)) == []


def test_a_second_post_widens_the_view_and_its_end_narrows_it(city: City) -> None:
    person = city.person("s11-duty")
    post = Post.objects.create(
        person=person, unit=city["HEALTH2"], area=city["D2"], role="officer", starts_at=START
    )
    seen = set(visible(Unit, person, START))
    assert {city["S21"], city["S11"], city["HEALTH2"]} <= seen
    assert not {city["S12"], city["D1"], city["C"]} & seen
    post.ends_at = START + timedelta(hours=1)
    post.save()
    assert city["S21"] not in visible(Unit, person, START + timedelta(hours=1))


def test_the_walk_by_hand_follows_many_and_one(city: City) -> None:
    """The check itself: it reads every kind of lookup that scopes use."""
    person = city.person("s11-duty")
    assert paths_of(person, "posts__unit__path") == {city["S11"].path}
    assert lies_in(person, city["D1"]) and not lies_in(person, city["D2"])


def test_who_holds_no_post_finds_nothing_that_lies_somewhere(city: City) -> None:
    stranger = Person.objects.create(login="stranger", name="路人", password="!")
    with pytest.raises(NotFound):
        find(Unit, city["C"].pk, stranger, START)


def test_a_number_too_large_for_any_database_is_not_there(city: City) -> None:
    with pytest.raises(NotFound):
        find(Unit, 2**70, city.person("mayor"), START)
