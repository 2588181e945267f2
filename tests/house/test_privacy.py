"""Every field tells how private it is and how long it is kept; every record says where it lies."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import models
from django.test.utils import isolate_apps

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import LISTINGS
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.records import CLASSES, EVERYONE, Record
from gongzhi.parameters import names

RECORDS = [model for model in apps.get_models() if issubclass(model, Record)]
CLOSED = ("personal", "sensitive")
PATHS = ("path", "unit_path")
"""Fields that hold a unit path: where every lookup of a scope must end."""


def own_fields(model: type[models.Model]) -> list[str]:
    """The fields of a model that hold something, the row number left aside."""
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
    return [field.name for field in fields if not field.primary_key]


def privacy_faults(model: Any) -> list[str]:
    """What is wrong with how a model classifies its fields."""
    privacy = getattr(model, "Privacy", None)
    if privacy is None:
        return ["no Privacy"]
    said = [name for c in CLASSES for name in getattr(privacy, c, ())]
    fields = set(own_fields(model))
    faults = [f"{name} is not classified" for name in sorted(fields - set(said))]
    faults += [f"{name} is no field" for name in sorted(set(said) - fields)]
    faults += [
        f"{name} is classified twice" for name in sorted({n for n in said if said.count(n) > 1})
    ]
    given = {name for name in vars(privacy) if not name.startswith("_")}
    faults += [
        f"{name} is no class" for name in sorted(given - {*CLASSES, "keep", "keep_personal"})
    ]
    return faults + _keep_faults(model, privacy)


def _keep_faults(model: Any, privacy: Any) -> list[str]:
    known = names("retention")
    keep, keep_personal = getattr(privacy, "keep", None), getattr(privacy, "keep_personal", None)
    faults = [] if keep in known else [f"keep {keep} is not in retention.yaml"]
    closed = any(getattr(privacy, c, ()) for c in CLOSED)
    if closed and keep_personal not in known:
        faults.append(f"keep_personal {keep_personal} is not in retention.yaml")
    if not closed and keep_personal is not None:
        faults.append("keep_personal without a personal field")
    return faults


@pytest.mark.parametrize("model", RECORDS, ids=lambda m: m._meta.label)
def test_every_field_is_in_one_class_with_a_term(model: type[Record]) -> None:
    assert privacy_faults(model) == []


def test_no_class_of_the_retention_table_is_left_over() -> None:
    used = {m.Privacy.keep for m in RECORDS}  # type: ignore[attr-defined]
    used |= {getattr(m.Privacy, "keep_personal", None) for m in RECORDS}  # type: ignore[attr-defined]
    assert set(names("retention")) <= used


@isolate_apps("gongzhi.sensing")
def test_a_planted_unclassified_field_is_caught() -> None:
    class Planted(Record):
        SCOPE = EVERYONE
        words = models.TextField()
        phone = models.CharField(max_length=9)
        units = models.ManyToManyField(Unit)

        class Privacy:
            official = ("words",)
            keep = "operational"

        class Meta:
            app_label = "sensing"

    assert privacy_faults(Planted) == ["phone is not classified", "units is not classified"]


@isolate_apps("gongzhi.sensing")
def test_other_planted_faults_of_privacy_are_caught() -> None:
    class Planted(Record):
        SCOPE = EVERYONE
        words = models.TextField()

        class Privacy:
            public = ("words", "gone")
            personal = ("words",)
            secret = ("words",)
            keep = "for ever"

        class Meta:
            app_label = "sensing"

    assert privacy_faults(Planted) == [
        "gone is no field",
        "words is classified twice",
        "secret is no class",
        "keep for ever is not in retention.yaml",
        "keep_personal None is not in retention.yaml",
    ]

    class Bare(Record):
        SCOPE = EVERYONE

        class Meta:
            app_label = "sensing"

    assert privacy_faults(Bare) == ["no Privacy"]


def test_a_person_is_told_apart_by_number_and_not_by_contact() -> None:
    """Free words, names, numbers and places of people never stand in an open class."""
    telling = ("phone", "contact", "reporter", "password", "salt", "address")
    open_fields = [
        f"{m._meta.label}.{name}"
        for m in RECORDS
        for name in m.fields_of("public", "official")
        if any(word in name for word in telling) and not name.startswith("has_")
    ]
    assert open_fields == []


def test_what_is_committed_to_has_a_salt() -> None:
    """A record of people that deeds write down by commitment can only be hidden with a salt."""
    unsalted = {
        m._meta.label for m in RECORDS if m.fields_of(*CLOSED) and "salt" not in own_fields(m)
    }
    assert unsalted <= {
        "ledger.Receipt", "actors.Person", "actors.LogInAttempt", "exchange.Row",
        "command.CallReport", "command.Photo",
    }  # fmt: skip
    for model in RECORDS:
        if "salt" in own_fields(model):
            assert "salt" in model.fields_of("sensitive"), model._meta.label


# Scope --------------------------------------------------------------------------------------------


def scope_faults(model: Any) -> list[str]:
    """What is wrong with how a model says in whose area its records lie."""
    scope = vars(model).get("SCOPE")
    if not isinstance(scope, tuple):
        return ["no SCOPE of its own"]
    faults = []
    for lookup in scope:
        try:
            model._default_manager.filter(**{f"{lookup}__gte": "0", f"{lookup}__lt": "1"})
        except FieldError:
            faults.append(f"{lookup} leads nowhere")
            continue
        if lookup.rpartition("__")[2] not in PATHS:
            faults.append(f"{lookup} ends at no unit path")
    return faults


@pytest.mark.parametrize("model", RECORDS, ids=lambda m: m._meta.label)
def test_every_record_says_in_whose_area_it_lies(model: type[Record]) -> None:
    assert scope_faults(model) == []


def test_only_catalogues_lie_in_everyones_area() -> None:
    open_to_all = {m._meta.label for m in RECORDS if not m.SCOPE}
    assert open_to_all == {
        "ledger.Log", "ledger.Checkpoint", "ledger.Tile", "ledger.Receipt", "exchange.Standard",
        "command.ContingencyPlan", "command.DutiesMatrix", "command.DutyRow", "supply.Item",
        "messages.Bookmark", "messages.DeliveryReport", "actors.Draw",
    }  # fmt: skip


@isolate_apps("gongzhi.sensing")
def test_planted_faults_of_scope_are_caught() -> None:
    class Nowhere(Record):
        SCOPE = ("unit__pathh", "place__name")
        unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
        place = models.ForeignKey(Unit, models.PROTECT, related_name="+")

        class Meta:
            app_label = "sensing"

    class Silent(Record):
        class Meta:
            app_label = "sensing"

    assert scope_faults(Nowhere) == [
        "unit__pathh leads nowhere",
        "place__name ends at no unit path",
    ]
    assert scope_faults(Silent) == ["no SCOPE of its own"]


# Whose words --------------------------------------------------------------------------------------

OF_PEOPLE_ON_DUTY = {"Person", "Contact", "EmergencyAccess"}
"""Listed records whose closed words are those of people with a log-in, or are told otherwise."""


def test_every_listed_record_with_closed_words_says_whether_it_tells_of_residents() -> None:
    """One opened in an emergency owes them a notice on paper: none may be forgotten."""
    load_rooms()
    closed = {m for m in LISTINGS.values() if set(m.fields_of(*CLOSED)) - {"salt", "code_key"}}
    silent = {m for m in closed if m.residents is Record.residents}
    assert {model.__name__ for model in silent} == OF_PEOPLE_ON_DUTY
    assert len(closed - silent) > 3
