"""What is made fast gives the same as the plain way: reads kept ready, many records at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection
from django.db.models import Model, QuerySet
from django.test.utils import CaptureQueriesContext

from gongzhi.actors.models import Person, Post, Unit
from gongzhi.actors.queries import find, forget_posts, person_acting, posts_of
from gongzhi.errors import NotFound, NotNow
from gongzhi.ledger.bulk import bulk_insert
from gongzhi.ledger.compiled import MOST_READY, CompiledQuery, insert, param, read
from gongzhi.ledger.deeds import hold, one_transaction
from gongzhi.ledger.models import Entry, Receipt
from gongzhi.ledger.records import new_salt
from gongzhi.sensing.actions import claim_report, receive_report
from gongzhi.sensing.models import Report
from tests.rooms.cast import START, City

LATER = START + timedelta(hours=1)


def values_of(record: Model) -> dict[str, Any]:
    return {f.attname: getattr(record, f.attname) for f in record._meta.concrete_fields}


def row(city: City, number: int, **values: Any) -> dict[str, Any]:
    return {
        "place_id": city[("K111", "K112")[number % 2]].pk, "text": f"第{number}个 \"'\\% 😷\n{{}}",
        "salt": new_salt(), "observed_at": START + timedelta(microseconds=number),
        "channel": Report.Channel.SMS, **values,
    }  # fmt: skip


def many(city: City, rows: list[dict[str, Any]]) -> list[Report]:
    by = city.person("s11-duty").pk
    return bulk_insert(Report, rows, stream="fever", received_at=LATER, received_by_id=by)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_many_records_are_written_as_one_by_one(city: City, count: int) -> None:
    rows = [row(city, n) for n in range(count)]
    made = many(city, rows)
    assert [r.text for r in made] == [given_row["text"] for given_row in rows]
    for record, wanted in zip(made, rows, strict=True):
        kept = Report.objects.get(pk=record.pk)
        alone = Report.objects.create(
            **wanted, stream="fever", received_at=LATER, received_by=city.person("s11-duty")
        )
        again = Report.objects.get(pk=alone.pk)
        for stored in (kept, again):
            stored.salt = bytes(stored.salt)
        assert values_of(kept) == {**values_of(again), "id": kept.pk}
        assert values_of(record) == values_of(kept)
        assert record.commitment() == kept.commitment()


def test_a_record_made_with_others_can_be_changed_and_saved(city: City) -> None:
    made = many(city, [row(city, n) for n in range(3)])[1]
    assert made.place == city["K112"] and not made._state.adding
    made.reason = "nothing more to do"
    made.save(update_fields=["reason"])
    assert Report.objects.filter(reason="nothing more to do").count() == 1


def test_many_records_alike_and_none_at_all(city: City) -> None:
    same = row(city, 1)
    assert len({r.pk for r in many(city, [dict(same) for _ in range(4)])}) == 4
    assert many(city, []) == []


def test_each_record_gets_a_salt_of_its_own_where_none_is_given(city: City) -> None:
    rows = [row(city, n) for n in range(5)]
    for one in rows:
        del one["salt"]
    made = many(city, rows)
    assert len({bytes(r.salt) for r in made}) == 5
    assert {bytes(r.salt) for r in Report.objects.all()} == {bytes(r.salt) for r in made}


def test_many_records_take_one_statement(city: City) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        many(city, [row(city, n) for n in range(20)])
    assert len([q for q in asked if "INSERT" in q["sql"]]) == 1


def test_what_the_database_refuses_in_one_record_is_refused_for_all(city: City) -> None:
    rows = [row(city, 0, persons=1), row(city, 1, persons=-1)]
    with pytest.raises((IntegrityError, DataError)):
        many(city, rows)


def test_one_record_written_by_a_ready_statement_is_the_one_that_create_writes(city: City) -> None:
    wanted = row(city, 1, stream="fever", received_at=LATER, received_by=city.person("s11-duty"))
    made = insert(Report(**wanted))
    alone = Report.objects.create(**wanted)
    kept, again = (Report.objects.get(pk=one.pk) for one in (made, alone))
    for stored in (kept, again):
        stored.salt = bytes(stored.salt)
    assert values_of(kept) == {**values_of(again), "id": made.pk}
    assert values_of(made) == values_of(kept)
    made.change(reason="nothing more to do")
    assert list(Report.objects.filter(reason="nothing more to do")) == [made]
    with pytest.raises((IntegrityError, DataError)):
        insert(Report(**{**wanted, "persons": -1}))


def test_a_record_held_by_a_deed_is_read_again_whole(city: City) -> None:
    """As `refresh_from_db` does it: every field, and nothing that was read along before."""
    held, plain = (Report.objects.get(pk=number) for number in [_reported(city)] * 2)
    assert held.place == plain.place == city["K111"]
    Report.objects.filter(pk=held.pk).update(
        place=city["K112"], persons=7, text="另一个", observed_at=START
    )
    Unit.objects.filter(pk=city["K112"].pk).update(name="另一个")
    with one_transaction():
        hold([held, "a word", [None]])
    plain.refresh_from_db()
    for record in (held, plain):
        record.salt = bytes(record.salt)
    assert values_of(held) == values_of(plain) and held.persons == 7
    assert held.place.name == "另一个"
    Unit.objects.filter(pk=city["K112"].pk).update(name="又一个")
    with one_transaction():
        hold([held])
    assert held.place.name == "又一个"
    Report.objects.filter(pk=held.pk).delete()
    with one_transaction(), pytest.raises(Report.DoesNotExist):
        hold([held])


def _reported(city: City) -> int:
    return receive_report(**report(city)).pk


def test_a_read_kept_ready_sees_every_change(city: City) -> None:
    ready = CompiledQuery(lambda: Unit.objects.filter(code=param("code")).select_related("parent"))
    assert ready.ask(code="nowhere") == []
    (unit,) = ready.ask(code="K111")
    assert values_of(unit) == values_of(Unit.objects.get(code="K111"))
    assert unit.parent == city["S11"]
    Unit.objects.filter(code="K111").update(name="另一个")
    assert [u.name for u in ready.ask(code="K111")] == ["另一个"]


def test_posts_kept_ready_are_those_of_the_moment(city: City) -> None:
    for login in ("mayor", "city-health", "founder"):
        person = Person.objects.get(login=login)
        plain = Post.objects.filter(person=person).order_by("id")
        assert list(map(values_of, posts_of(person, LATER))) == list(map(values_of, plain))
        assert posts_of(Person.objects.get(pk=person.pk), START - timedelta(seconds=1)) == []
    Post.objects.filter(person=city.person("mayor")).update(ends_at=LATER)
    forget_posts()
    assert posts_of(city.person("mayor"), LATER) == []
    assert len(posts_of(city.person("mayor"), LATER - timedelta(seconds=1))) == 1


def test_who_acts_is_read_with_the_posts_and_only_while_active(city: City) -> None:
    mayor = city.person("mayor")
    with CaptureQueriesContext(connection) as asked:
        acting = person_acting(mayor.pk, LATER)
        assert acting is not None and values_of(acting) == values_of(
            Person.objects.get(pk=mayor.pk)
        )
        assert [post.unit for post in posts_of(acting, LATER)] == [city["C"]]
    assert len(asked) == 2
    Post.objects.filter(person=mayor).update(ends_at=LATER)
    assert person_acting(mayor.pk, LATER) == mayor
    Person.objects.filter(pk=mayor.pk).update(is_active=False)
    assert person_acting(mayor.pk, START) is None and person_acting(10**9, START) is None


@pytest.mark.parametrize("number", [0, -1, 10**9, 2**63, 10**30])
def test_a_unit_that_is_not_there_is_not_found(city: City, number: int) -> None:
    with pytest.raises(NotFound):
        find(Unit, number, city.person("mayor"), LATER)


def test_a_unit_is_found_in_the_own_area_only(city: City) -> None:
    duty = city.person("s11-duty")
    assert find(Unit, city["G1111"].pk, duty, LATER) == city["G1111"]
    for code in ("S12", "D1", "C", "G2111"):
        with pytest.raises(NotFound):
            find(Unit, city[code].pk, duty, LATER)


def report(city: City) -> dict[str, Any]:
    return {"place": city["K111"], "stream": "fever", "channel": Report.Channel.SMS, "text": "热",
            "by": city.person("s11-duty"), "now": LATER}  # fmt: skip


def test_a_deed_and_what_goes_with_it_stand_or_fall_together(city: City) -> None:
    lines = Entry.objects.count()
    with pytest.raises(RuntimeError), one_transaction():
        receive_report(**report(city))
        raise RuntimeError("the receipt could not be kept")
    assert Report.objects.count() == 0 and Entry.objects.count() == lines
    with one_transaction():
        made = receive_report(**report(city))
    assert list(Report.objects.all()) == [made] and Entry.objects.count() == lines + 1


def test_a_deed_refused_takes_all_along_and_leaves_the_connection_usable(city: City) -> None:
    made = receive_report(**report(city))
    claim_report(report=made, by=city.person("s11-duty"), now=LATER)
    with pytest.raises(NotNow), one_transaction():
        Receipt.objects.create(by_ref="x", key="k", request_digest="", status=201, at=LATER)
        claim_report(report=made, by=city.person("s11-duty-2"), now=LATER)
    assert Receipt.objects.count() == 0 and Report.objects.count() == 1


def reports_at(places: set[int], since: datetime) -> QuerySet[Report]:
    at = Report.objects.filter(place__in=places, observed_at__gte=since)
    return at.select_related("place").prefetch_related("place__posts").order_by("id")[:5]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, MOST_READY + 1])
def test_a_read_kept_ready_finds_what_the_query_set_finds(city: City, size: int) -> None:
    many(city, [row(city, n) for n in range(8)])
    here = [city["K111"].pk, city["K112"].pk, city["C"].pk][:size]
    places = {*here, *range(10**6, 10**6 + size - len(here))}
    for since in (START, START + timedelta(microseconds=4)):
        plain = list(reports_at(places, since))
        assert bool(plain) is bool(here)
        assert [values_of(r) for r in read(reports_at, places=places, since=since)] == [
            values_of(r) for r in plain
        ]


def test_a_read_kept_ready_fetches_ahead_and_is_written_once(
    city: City, django_assert_num_queries: Any
) -> None:
    many(city, [row(city, n) for n in range(8)])
    places = [city["K111"].pk, city["K112"].pk]
    assert Post.objects.filter(unit__in=places).exists()
    with django_assert_num_queries(2):
        found = read(reports_at, places=places, since=START)
        ahead = [list(report.place.posts.all()) for report in found]
    assert len(found) == 5 and any(ahead)
    with django_assert_num_queries(1):
        assert read(reports_at, places=[city["C"].pk, city["D1"].pk], since=START) == []
