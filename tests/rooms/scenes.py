"""Records of every kind in a branch of the small city, and the deeds' own trace in the log.

A `Branch` makes one record of any model inside one district, filling what a model demands and
building what it refers to; a model that comes later is made the same way, without a line here.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import models

from gongzhi.actors.lent import sign
from gongzhi.actors.models import (
    AccessClimb,
    Boundary,
    Delegation,
    Draw,
    EmergencyAccess,
    Facility,
    NoticeClimb,
    Person,
    Post,
    PowerRequest,
    RequestClimb,
    ReviewClimb,
    Unit,
)  # fmt: skip
from gongzhi.assessment.models import Assessment, Incident
from gongzhi.command.models import CallAnswer, Climb, Order, Proof, WindDown
from gongzhi.decision.models import Decision, Measure, TaskForce, TeamMember
from gongzhi.evaluation.models import CapabilityResult
from gongzhi.fieldwork.models import HelpOffer, HelpWanted, Task, TaskClimb
from gongzhi.ledger.models import Entry, Log
from gongzhi.ledger.records import Record
from gongzhi.messages.models import Bookmark, Contact, Message, PhoneCall
from gongzhi.sensing.models import Count, Report, Signal, SignalClimb, Warning
from gongzhi.supply.models import (
    Donation,
    DonationClimb,
    ListPart,
    Need,
    NeedList,
    PriceAppealClimb,
    PriceLook,
    TransportPass,
)
from tests.rooms.cast import START, City

R = TypeVar("R", bound=Record)


class Branch:
    """One district of the small city, its units and an officer, and records made there."""

    def __init__(self, city: City, number: int, now: datetime = START) -> None:
        self.city, self.number, self.now = city, number, now
        self.district = city[f"D{number}"]
        self.street = city[f"S{number}1"]
        self.grid = city[f"G{number}111"]
        self.department = city[f"HEALTH{number}"]
        self.chief = city.person(f"d{number}-chief")
        self.officer = city.person(f"d{number}-duty")
        self.stranger = city.person(f"d{3 - number}-duty")
        self.made: dict[type[Record], Record] = {
            Unit: self.street,
            Person: self.officer,
            Post: self.officer.posts.get(),
            Facility: city.facilities[f"H{number}"],
        }

    def of(self, model: type[R]) -> R:
        """The record of a model in this branch, made once."""
        if model not in self.made:
            self.made[model] = self.new(model)
        return self.made[model]  # type: ignore[return-value]

    def new(self, model: type[R], **values: Any) -> R:
        """One more record of a model; what is not given is filled in."""
        if model in (Log, Bookmark):  # there is one row of it
            return model._default_manager.get_or_create(id=1)[0]
        given = {**self._special(model), **values}
        for field in model._meta.concrete_fields:
            if field.name not in given and field.attname not in given and _demanded(field):
                given[field.name] = self._filling(field)
        return model._default_manager.create(**given)

    def _special(self, model: type[Record]) -> dict[str, Any]:
        """What a constraint of the model asks for beyond the types of its fields."""
        later = self.now + timedelta(days=1)
        special: dict[type[Record], dict[str, Any]] = {
            Boundary: {"unit": self.street},
            Delegation: {"borrower": self.street, "ends_at": later},
            Entry: {"unit_path": self.street.path},
            Measure: {"ends_at": later},
            WindDown: {"state": "done", "done_by": self.officer, "done_at": START},
            Contact: {"unit": self.street},
            Message: {"unit": self.street},
            PhoneCall: {"unit": self.street},
            Proof: {"lon": 118.22, "lat": 30.9},
            CallAnswer: {"department": self.department},
            TaskForce: {
                "ends_at": later,
                "unit": self.city[f"H{self.number}"],
                "firm": self.city[f"H{self.number}"],
                "for_firm": self.officer,
            },
            TeamMember: {"unit": self.street},
            PriceLook: {"baseline_on": self.now.date() - timedelta(days=1)},
            HelpOffer: {"place": self.street},
            HelpWanted: {"ends_at": later, "urgency": 2},
            TaskClimb: {"silent": self.street},
            SignalClimb: {"silent": self.street},
            PowerRequest: {
                "deed": "decision.decide",
                "power": "decide",
                "beyond": {},
                "extent": {},
            },
            EmergencyAccess: {
                "opened_by": self.officer,
                "ends_at": later,
                "record": f"actors.Unit:{self.street.pk}",
            },
            AccessClimb: {"silent": self.street},
            NoticeClimb: {"silent": self.street},
            Draw: {"upto": self.number + 1, "deciding_size": self.number + 2, "drawn": self.number},
            RequestClimb: {"silent": self.street},
            ReviewClimb: {"silent": self.street},
            PriceAppealClimb: {"silent": self.street},
            TransportPass: {"ends_at": later},
            Donation: {"quantity": 10, "words": "masks"},
            DonationClimb: {"silent": self.street},
            Order: {"state": "issued", "due_at": later, "unit": self.department},
            CapabilityResult: {"shown_at": START},
            NeedList: {"ends_at": later},
            ListPart: {"span_end": self.number + 1, "state": "triage"},
            Need: {"amount": "known", "quantity": 10, "unit": self.city[f"H{self.number}"]},
        }
        if model is Incident:
            return {"warning": self.of(Warning)}
        if model is Task:
            return {"worker": self.stranger, "incident": self.of(Incident)}
        if model is Climb:
            return {"order": self.of(Order)}
        return special.get(model, {})

    def _filling(self, field: models.Field[Any, Any]) -> Any:
        if isinstance(field, models.ForeignKey):
            return self._related(field)
        if field.choices:
            return field.choices[0][0]
        if field.name == "unit_path":
            return self.street.path
        for kind, value in (
            (models.DateTimeField, self.now),
            (models.DateField, self.now.date()),
            (models.JSONField, {}),
            (models.BooleanField, True),
            (models.BinaryField, b""),
            (models.IntegerField, self.number),
            (models.FloatField, float(self.number)),
        ):
            if isinstance(field, kind):
                return value
        return f"{field.name} {self.number}"[: field.max_length]

    def _related(self, field: models.ForeignKey[Any, Any]) -> Record:
        related = field.related_model
        if related is Person:  # who did something says nothing of where it lies
            return self.stranger
        if related is Unit:
            named = {"grid": self.grid, "street": self.street, "department": self.department}
            return named.get(field.name, self.district)
        return self.of(related)


def _demanded(field: models.Field[Any, Any]) -> bool:
    optional = field.primary_key or field.null or field.has_default() or field.blank
    return field.name == "unit_path" or not optional


def all_records() -> list[type[Record]]:
    """Every model of every room."""
    from django.apps import apps

    return [model for model in apps.get_models() if issubclass(model, Record)]


def lent_power(**values: Any) -> Delegation:
    """A lent power with these terms, signed as the deed signs it."""
    delegation = Delegation.objects.create(**values)
    sign(delegation)
    delegation.save(update_fields=["signed"])
    return delegation


def red_warning(city: City, code: str = "D1", now: datetime = START, **values: Any) -> Warning:
    """A red warning at a place, acknowledged by nobody yet."""
    given = {
        "place": city[code], "stream": "fever", "level": "red", "day": now.date(),
        "numbers": {"looks": []}, "parameters_version": "early-warning@test", "issued_at": now,
        "acknowledge_by": now + timedelta(minutes=20),
    }  # fmt: skip
    return Warning.objects.create(**{**given, **values})


def verified_signal(city: City, code: str = "S11", now: datetime = START) -> Signal:
    """A signal that was judged to be real."""
    return Signal.objects.create(
        place=city[code], stream="fever", title="Fever in one building", state="verified",
        raised_by=city.person("s11-duty"), raised_at=now, judge_by=now + timedelta(hours=2),
        judged_by=city.person("s11-duty"), judged_at=now, judgement="Seen by a doctor",
    )  # fmt: skip


def open_incident(city: City, code: str = "D1", now: datetime = START) -> Incident:
    """An incident declared in an area because of a red warning there."""
    return Incident.objects.create(
        area=city[code], hazard="epidemic", title=f"Fever in {code}",
        warning=red_warning(city, code, now), legal_basis="Law, art. 1", power="declare_incident",
        commander=city.person("mayor"), declared_by=city.person("mayor"), declared_at=now,
    )  # fmt: skip


def assessed(city: City, incident: Incident, now: datetime = START) -> Assessment:
    """What an expert made of an incident."""
    return Assessment.objects.create(
        incident=incident, risk="high", findings="It spreads", snapshot={},
        snapshot_digest="0" * 64,
        assessed_by=city.person("expert"), assessed_at=now,
    )  # fmt: skip


def decided(city: City, incident: Incident, now: datetime = START) -> Decision:
    """A decision on an incident."""
    return Decision.objects.create(
        incident=incident, assessment=assessed(city, incident, now), title="Act",
        reason="It spreads",
        power="decide", legal_basis="Law, art. 2", commander=city.person("mayor"), snapshot={},
        snapshot_digest="0" * 64, decided_by=city.person("mayor"), decided_at=now,
    )  # fmt: skip


def taken_report(city: City, code: str = "G1111", by: str = "s11-duty") -> Report:
    """A report that an officer has taken from the queue."""
    return Report.objects.create(
        place=city[code], stream="fever", channel="hotline", text="Two children with fever",
        received_at=START, received_by=city.person(by), state="claimed",
        claimed_by=city.person(by), claimed_at=START,
    )  # fmt: skip


def counted(place: Unit, values: list[int], last: date, stream: str = "fever", **more: Any) -> None:
    """Daily counts at a place, the last one on `last`."""
    first = last - timedelta(days=len(values) - 1)
    given = {"source": "clinics", "received_at": START, **more}
    Count.objects.bulk_create(
        Count(place=place, stream=stream, day=first + timedelta(days=n), value=value, **given)
        for n, value in enumerate(values)
    )


def lines(verb: str = "") -> list[Entry]:
    """The lines of the log, of one verb or of all, in the order written."""
    entries = Entry.objects.order_by("id")
    return list(entries.filter(verb=verb) if verb else entries)


def facts(verb: str) -> dict[str, Any]:
    """The facts in the one line of a verb; an error when there is none or more than one."""
    [entry] = lines(verb)
    said: dict[str, Any] = json.loads(entry.body)["facts"]
    return said
